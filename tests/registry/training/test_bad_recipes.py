"""Recipes that cannot be run: each is a code, a sentence and a remedy, and leaves nothing half-written."""

from __future__ import annotations

import pytest

from mrm.access.models import Entry
from mrm.evidence.models import Evidence
from mrm.jobs import leases
from mrm.kernel.errors import BadInput
from registry.training import verbs
from registry.training.models import Recipe, Run, RunResult
from registry.versions.models import Version
from tests.registry.making import released, rows
from tests.registry.training.conftest import LOGISTIC, SCORECARD, Shop, text
from tests.workers import run_jobs

SCALED = "preprocess: [{{columns: numbers, steps: [{{use: {use}{given}}}]}}]\ntrain: {{use: sklearn.linear_model.LogisticRegression}}"


def step(use: str, given: str = "") -> str:
    """A recipe's lines with one step before a logistic regression."""
    return SCALED.format(use=use, given=f", parameters: {given}" if given else "")


DECLARED = {
    "a class outside the list": (step("subprocess.Popen"), {}, "recipe_not_allowed", "subprocess.Popen"),
    "a module of ours": (
        "train: {use: registry.training.allowed.Number}",
        {},
        "recipe_not_allowed",
        "list of allowed estimators",
    ),
    "a step as estimator": (
        "train: {use: sklearn.preprocessing.StandardScaler}",
        {},
        "recipe_not_allowed",
        "list of allowed estimators",
    ),
    "a class that takes functions": (
        step("sklearn.preprocessing.FunctionTransformer", "{func: numpy.log}"),
        {},
        "recipe_not_allowed",
        "FunctionTransformer",
    ),
    "a function as parameter": (
        step("sklearn.feature_selection.SelectKBest", "{score_func: os.system}"),
        {},
        "recipe_callable",
        "takes a function",
    ),
    "an object of a program": (
        "train: {use: lightgbm, parameters: {rounds: !!python/name:os.system }}",
        {},
        "recipe_callable",
        "asks for an object of a program",
    ),
    "an objective of one's own": (
        "train: {use: lightgbm, parameters: {fobj: mean}}",
        {},
        "recipe_callable",
        "takes a function",
    ),
    "a parameter nobody listed": (
        "train: {use: lightgbm, parameters: {num_threads: 8}}",
        {},
        "recipe_parameter",
        "no allowed parameter “num_threads”",
    ),
    "a value out of bounds": (
        "train: {use: lightgbm, parameters: {rounds: 1000000}}",
        {},
        "recipe_parameter",
        "must be a whole number from 1 to 5000",
    ),
    "steps that would be lost": (
        LOGISTIC.replace("sklearn.linear_model.LogisticRegression, parameters: {C: 0.5}", "lightgbm"),
        {},
        "recipe_steps_lost",
        "would be lost",
    ),
    "a test that needs a model": (
        SCORECARD,
        {"evaluate": "{metrics: [explain.shap_global]}"},
        "recipe_metric",
        "",
    ),
    "a test that is none": (SCORECARD, {"evaluate": "{metrics: [disc.luck]}"}, "recipe_metric", "disc.luck"),
    "a protected attribute as input": (
        SCORECARD,
        {"inputs": "[income, age]", "protected": "[{column: age}]"},
        "recipe_protected",
        "does not say why",
    ),
    "a package that is not installed": (
        "package: {entry_point: bank.trees}",
        {},
        "recipe_package",
        "No installed package offers “bank.trees”",
    ),
    "a share beyond all rows": (SCORECARD, {"split": "{kind: random, share: 1.5}"}, "recipe_shape", "split"),
    "a key twice": ("train: {use: scorecard, use: lightgbm}", {}, "recipe_unreadable", "stands twice"),
    "an anchor": ("train: {use: &a scorecard, parameters: *a}", {}, "recipe_unreadable", "anchors"),
    "no YAML": ("train: {use: ", {}, "recipe_unreadable", "line"),
}


@pytest.mark.parametrize("case", DECLARED)
def test_what_is_refused_when_it_is_declared(shop: Shop, case: str) -> None:
    train, changes, code, words = DECLARED[case]
    before = Entry.objects.count()
    with pytest.raises(BadInput) as refused:
        verbs.declare(shop.developer, model=shop.model, text=text(shop.snapshot.reference, train, **changes))
    assert refused.value.code == code
    assert words in refused.value.detail
    assert refused.value.remedy.endswith(".")
    assert not Recipe.objects.exists()
    assert Entry.objects.count() == before, "a refusal of input is no act"


POWERS = "preprocess: [{columns: [income], steps: [{use: sklearn.preprocessing.PolynomialFeatures, parameters: {degree: 3}}]}]"
LOGARITHM = "preprocess: [{columns: [income], steps: [{use: sklearn.preprocessing.PowerTransformer, parameters: {method: box-cox}}]}]"

STARTED = {
    "an unknown input": (SCORECARD, {"inputs": "[income, wage]"}, "recipe_columns", "no column wage"),
    "an unknown column of a step": (
        step("sklearn.preprocessing.StandardScaler").replace("columns: numbers", "columns: [wage]"),
        {},
        "recipe_columns",
        "preprocess.0.columns: wage",
    ),
    "an unknown column of the split": (
        SCORECARD,
        {"split": "{kind: by_entity, column: household, share: 0.5}"},
        "recipe_columns",
        "no column “household”",
    ),
    "a column of dates that is none": (
        SCORECARD,
        {"split": "{kind: out_of_time, column: region, from: '2026-01-01'}"},
        "recipe_columns",
        "is no date in 240 of 240 rows",
    ),
    "an unknown target": (SCORECARD, {"target": "{column: default, event: 1}"}, "recipe_target", "“default”"),
    "a target of many values": (
        SCORECARD,
        {"target": "{column: region, event: west}"},
        "recipe_target",
        "region",
    ),
    "an event that never occurs": (SCORECARD, {"target": "{column: bad, event: 2}"}, "recipe_target", "“2”"),
    "an empty training side": (
        SCORECARD,
        {"split": "{kind: out_of_time, column: id, from: '1960-01-01'}"},
        "training_too_small",
        "The training rows hold 0 events and 0 others",
    ),
    "an empty held-out side": (
        SCORECARD,
        {"split": "{kind: out_of_time, column: id, from: '2060-01-01'}"},
        "training_too_small",
        "The held-out rows hold 0 events and 0 others",
    ),
    "codes that nothing encodes": (
        "train: {use: sklearn.linear_model.LogisticRegression}",
        {"inputs": "[income, region]"},
        "training_failed",
        "region still holds text",
    ),
    "a logarithm of less than nought": (
        LOGARITHM + "\ntrain: {use: sklearn.linear_model.LogisticRegression}",
        {"inputs": "[income]"},
        "training_failed",
        "positive",
    ),
    "no finite number": (
        POWERS + "\ntrain: {use: sklearn.linear_model.LogisticRegression}",
        {"inputs": "[income]"},
        "training_not_finite",
        "income^3",
    ),
}


ODD = {"a logarithm of less than nought": "-5", "no finite number": "1e160"}
"""The income of the first row, in the cases that need one of their own."""


@pytest.mark.parametrize("case", STARTED)
def test_what_fails_when_it_runs(shop: Shop, case: str) -> None:
    train, changes, code, words = STARTED[case]
    if case in ODD:
        header, first, *rest = rows().splitlines()
        number, _, others = first.split(",", 2)
        lines = [header, f"{number},{ODD[case]},{others}", *rest]
        shop.snapshot = released(shop.developer, shop.dataset, "\n".join(lines) + "\n")
    recipe = shop.recipe(train, **changes)
    run = shop.start(recipe)
    failed(run, code, words)


def failed(run: Run, code: str, words: str) -> None:
    """The run's job ends with code, sentence and remedy; nothing of a result is there, and the page can say so."""
    versions, evidence = Version.objects.count(), Evidence.objects.count()
    (job,) = run_jobs()
    assert (job.state, job.error_code) == ("failed", code)
    assert words in job.error_detail
    assert job.error_remedy.endswith(".")
    assert Run.objects.with_facts().get(pk=run.pk).state == "failed"
    assert not RunResult.objects.exists()
    assert (Version.objects.count(), Evidence.objects.count()) == (versions, evidence)
    assert not leases.waiting().exists(), "what a person must mend is not tried again"
