"""Versions side by side: lines from evidence and records, what differs marked, two to four, nothing for strangers."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from mrm.access.actors import Actor, robot
from mrm.access.acts import Act, Verb
from mrm.access.models import User
from mrm.access.policy_table import POLICIES, Policy
from mrm.access.rules import Robot, Role
from mrm.access.vocabulary import ROLES
from mrm.evidence.effects import record
from mrm.evidence.models import Evidence
from mrm.evidence.rules import EvidenceKind
from mrm.kernel.errors import BadInput
from registry.versions.comparing import Comparison, Line, chosen, compare
from registry.versions.measured import Measured, measures
from registry.versions.models import Version
from tests.mrm.policy.people import person
from tests.registry.versions.conftest import Shop

pytestmark = pytest.mark.django_db
ACT = "test.measure"


def client(actor: Actor) -> Client:
    browser = Client()
    account = User.objects.get(pk=actor.account_id)
    browser.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def put(act: Act, *, version: Version, test_id: str, statistic: float, data: str) -> Evidence:
    """Evidence of one test, with a curve."""
    curve = [{"fpr": 0.0, "tpr": 0.0}, {"fpr": 0.2, "tpr": statistic}, {"fpr": 1.0, "tpr": 1.0}]
    drawn = {"name": "roc", "title": "seen", "subtitle": "drawn", "kind": "roc", "data": curve, "options": {}}
    return record(
        act,
        scope=version.scope,
        kind=EvidenceKind.TEST,
        test_id=test_id,
        title="AUC",
        inputs={"data": data, "artefact": version.artefact},
        parameters={"version": version.number},
        method={"test": test_id, "version": 1},
        seed=None,
        results={"defined": True, "statistic": statistic, "ci": [statistic - 0.03, statistic + 0.03]},
        charts=[drawn],
        sample={"n": 300},
        light="green",
    )


@pytest.fixture
def pair(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> tuple[Version, Version]:
    """Two versions with the same test measured on different rows."""
    monkeypatch.setitem(ROLES, ACT, frozenset({Robot.WORKER.value}))
    monkeypatch.setitem(POLICIES, ACT, Policy(ACT, lambda arguments: arguments["version"]))
    verb = Verb(ACT, put)
    first = shop.admitted(parameters={"depth": 3, "seed": 7}, title="first")
    second = shop.admitted(parameters={"depth": 5, "seed": 7}, title="second")
    kept = {
        item.pk: verb(robot(Robot.WORKER), version=item, test_id="disc.auc", statistic=value, data=data)
        for item, value, data in ((first, 0.71, "a" * 64), (second, 0.78, "b" * 64))
    }
    monkeypatch.setattr(
        measures,
        "items",
        lambda: [
            (
                "test",
                lambda version: [
                    Measured(found, "test sample", "", "validation V-1AAAA", "/")
                    for key, found in kept.items()
                    if key == version.pk and not hasattr(found, "voids")
                ],
            )
        ],
    )
    return first, second


def line(comparison: Comparison, group: str, name: str) -> Line:
    """One line by its group and name."""
    lines = next(item for item in comparison.groups if item.key == group).lines
    return next(item for item in lines if item.name == name)


def test_what_differs_is_marked_and_what_is_alike_is_not(pair: tuple[Version, Version]) -> None:
    found = compare(pair)
    assert line(found, "parameters", "depth").differs
    assert not line(found, "parameters", "seed").differs
    assert [cell.text for cell in line(found, "parameters", "depth").cells] == ["3", "5"]
    assert line(found, "facts", "Title").differs
    assert not line(found, "lineage", "Training data").differs
    assert not line(found, "signature", "debt").differs
    assert next(item for item in found.groups if item.key == "features").lines == []


def test_metrics_carry_their_evidence_and_say_that_rows_differ(pair: tuple[Version, Version]) -> None:
    auc = line(compare(pair), "metrics", "AUC")
    assert [cell.text for cell in auc.cells] == [".710", ".780"]
    assert "interval" in auc.cells[0].note
    assert "n 300" in auc.cells[0].note
    assert auc.cells[0].link.startswith("ev:")
    assert auc.note == "test sample, measured on different rows"


def test_a_test_that_nobody_ran_is_no_difference(shop: Shop, pair: tuple[Version, Version]) -> None:
    third = shop.admitted(title="third")
    auc = line(compare([pair[0], third]), "metrics", "AUC")
    assert [cell.text for cell in auc.cells] == [".710", "not measured"]
    assert not auc.differs


def test_curves_of_the_same_test_are_one_picture(pair: tuple[Version, Version]) -> None:
    (curves,) = compare(pair).curves
    assert curves.together
    assert {row["series"] for row in curves.charts[0]["data"]} == {"v1", "v2"}
    assert curves.charts[0]["title"] == "AUC .710 of v1, .780 of v2"


@pytest.mark.parametrize("asked", [["1"], ["1", "1"], ["1", "2", "3", "4", "5"], ["1", "two"], []])
def test_fewer_than_two_or_more_than_four_are_refused(asked: list[str]) -> None:
    with pytest.raises(BadInput) as refused:
        chosen(asked)
    assert refused.value.code == "compare_wrong"


def test_the_page_and_the_api_say_the_same(shop: Shop, pair: tuple[Version, Version]) -> None:
    browser, model = client(shop.developer), shop.model.reference
    page = browser.get(f"/models/{model}/versions/compare/?version=1&version=v2")
    text = page.content.decode()
    assert page.status_code == 200
    assert "differs" in text
    assert "<svg" in text
    answer = browser.get(f"/api/v1/models/{model}/versions/compare/?version=1&version=2").json()
    metrics = next(item for item in answer["groups"] if item["key"] == "metrics")
    (auc,) = metrics["lines"]
    assert auc["differs"]
    assert [value["statistic"] for value in auc["values"]] == [0.71, 0.78]
    for value in auc["values"]:
        assert f"ev:{value['evidence'][:10]}" in text
    assert answer["versions"] == [item.number for item in pair]


def test_the_choice_comes_from_the_model_and_a_wrong_one_is_told(
    shop: Shop, pair: tuple[Version, Version]
) -> None:
    assert len(pair) == 2
    browser, model = client(shop.developer), shop.model.reference
    ticks = browser.get(f"/models/{model}/").content.decode()
    assert f'action="/models/{model}/versions/compare/"' in ticks
    assert ticks.count('name="version"') == 2
    assert browser.get(f"/models/{model}/versions/compare/").status_code == 200
    wrong = browser.get(f"/models/{model}/versions/compare/?version=1")
    assert wrong.status_code == 422
    assert "compare_wrong" in wrong.content.decode()
    assert browser.get(f"/models/{model}/versions/compare/?version=1&version=9").status_code == 404
    api: Any = browser.get(f"/api/v1/models/{model}/versions/compare/?version=1")
    assert (api.status_code, api.json()["code"]) == (422, "compare_wrong")


def test_a_stranger_finds_nothing(shop: Shop, pair: tuple[Version, Version]) -> None:
    assert len(pair) == 2
    stranger, model = client(person("Sam Stranger", Role.VALIDATOR)), shop.model.reference
    for prefix in ("", "/api/v1"):
        for query in ("", "?version=1", "?version=1&version=2"):
            found = stranger.get(f"{prefix}/models/{model}/versions/compare/{query}")
            assert found.status_code == 404, (prefix, query)
            assert shop.model.name not in found.content.decode()
