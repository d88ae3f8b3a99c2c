"""A retrain by an approved envelope: judged, bound by bound, against the version of the last full validation."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from mrm.access.actors import Actor, robot
from mrm.access.acts import Act, Verb
from mrm.access.policy_table import POLICIES, Policy
from mrm.access.rules import Robot, Role
from mrm.access.vocabulary import ROLES
from mrm.kernel.errors import BadInput, CountersignError, Denied, RuleRefused
from mrm.kernel.ids import uuid7
from registry.inventory.queries import uses
from registry.training import judging, verbs
from registry.training.judging import Seen
from registry.training.models import Envelope, EnvelopeJudgement, Recipe, Run
from registry.versions import effects
from registry.versions.models import Version
from tests.mrm.policy.people import person
from tests.registry.making import released, rows, work
from tests.registry.training.conftest import Shop

TREES = "train: {use: lightgbm, parameters: {rounds: 12, num_leaves: 5, learning_rate: 0.2}}"
BOUNDS: dict[str, Any] = {
    "parameters": {"learning_rate": {"min": 0.1, "max": 0.3}},
    "performance": {"disc.auc": {"least": 0.4, "most_loss": 0.3}},
    "drift": {"mean_p": 0.2, "psi": 20},
}
LATER = date.today() + timedelta(days=200)  # noqa: DTZ011 - a day to come, not of a record
GRANT = "test.grant"


def last_approval(act: Act, *, version: Version) -> Any:
    """What a case does when its last approver has signed."""
    terms = [effects.Terms(use, LATER, []) for use in uses(version.model)]
    return effects.grant_uses(
        act, version=version, terms=terms, validation=uuid7(), validation_reference="V-1AAAA"
    )


@pytest.fixture
def base(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run whose version was granted its uses."""
    monkeypatch.setitem(ROLES, GRANT, frozenset({Robot.WORKER.value}))
    monkeypatch.setitem(POLICIES, GRANT, Policy(GRANT, lambda arguments: arguments["version"]))
    run = shop.run(TREES)
    work(run.made.version.job)
    Verb(GRANT, last_approval)(robot(Robot.WORKER), version=Version.objects.get(pk=run.made.version.pk))
    return run


@pytest.fixture
def officer(shop: Shop) -> Actor:
    """A risk officer who has no part in the model."""
    return person("Rosa Officer", Role.RISK_OFFICER, on=shop.line.entity.scope)


def proposed(shop: Shop, base: Run, recipe: Recipe | None = None, **bounds: Any) -> Envelope:
    """An envelope on the base's version."""
    return verbs.propose_envelope(
        shop.line.owner,
        recipe=recipe or base.recipe,
        base=base.made.version,
        bounds={**BOUNDS, **bounds},
        expires=LATER,
    )


def approved(shop: Shop, officer: Actor, base: Run, **bounds: Any) -> Envelope:
    """An envelope in force."""
    envelope = proposed(shop, base, **bounds)
    return verbs.decide_envelope(officer, envelope=envelope, agree=True, reason="The bounds are narrow.")


def judged(run: Run) -> tuple[bool, dict[str, bool]]:
    """Inside or not, and each bound."""
    row = EnvelopeJudgement.objects.get(version=run.made.version)
    return row.inside, {line["what"]: line["inside"] for line in row.lines}


@pytest.mark.services
def test_a_retrain_inside_and_one_outside(shop: Shop, base: Run, officer: Actor) -> None:
    approved(shop, officer, base)
    shop.snapshot = released(shop.developer, shop.dataset, rows(seed=8))
    inside, lines = judged(shop.run(TREES.replace("0.2", "0.25")))
    assert inside
    assert lines == dict.fromkeys(
        [
            "expiry",
            "recipe",
            "learning_rate",
            "disc.auc",
            "disc.auc against the base",
            "mean prediction",
            "PSI of predictions",
        ],
        True,
    )
    inside, lines = judged(shop.run(TREES.replace("0.2", "0.5").replace("num_leaves: 5", "num_leaves: 6")))
    assert not inside
    assert [name for name, held in lines.items() if not held] == ["learning_rate", "num_leaves"]


def test_another_recipe_is_outside(shop: Shop, base: Run, officer: Actor) -> None:
    approved(shop, officer, base)
    inside, lines = judged(shop.run(TREES, inputs="[income, debt]"))
    assert (inside, lines["recipe"]) == (False, False)


def test_scores_that_moved_are_outside_by_figure(shop: Shop, base: Run, officer: Actor) -> None:
    """Drift is counted from the version of the last full validation, however many retrains lie between."""
    approved(shop, officer, base, drift={"mean_p": 0.0001, "psi": 0.0001})
    shop.snapshot = released(shop.developer, shop.dataset, rows(seed=8))
    inside, lines = judged(shop.run(TREES))
    assert not inside
    assert [name for name, held in lines.items() if not held] == ["mean prediction", "PSI of predictions"]


def test_the_version_page_says_what_the_envelope_found(shop: Shop, base: Run, officer: Actor) -> None:
    from registry.training.providers import panel

    envelope = approved(shop, officer, base)
    run = shop.run(TREES.replace("0.2", "0.25"))
    shown = panel(shop.developer, run.made.version)
    assert shown.context["judged"].envelope == envelope
    assert shown.context["judged"].inside


def test_without_an_envelope_in_force_nothing_is_judged(shop: Shop, base: Run, officer: Actor) -> None:
    proposed(shop, base)
    ended = approved(shop, officer, base)
    verbs.end_envelope(shop.line.owner, envelope=ended, reason="The trees are replaced.")
    run = shop.run(TREES.replace("0.2", "0.25"))
    assert not EnvelopeJudgement.objects.filter(version=run.made.version).exists()


def test_who_may_decide(shop: Shop, base: Run, officer: Actor) -> None:
    envelope = proposed(shop, base)
    with pytest.raises(Denied):
        verbs.decide_envelope(shop.line.owner, envelope=envelope, agree=True, reason="Mine.")
    with pytest.raises(BadInput) as silent:
        verbs.decide_envelope(officer, envelope=envelope, agree=True, reason=" ")
    assert silent.value.code == "reason_missing"
    refused = verbs.decide_envelope(officer, envelope=envelope, agree=False, reason="Too wide.")
    assert refused.state == "refused"
    with pytest.raises(RuleRefused):
        verbs.decide_envelope(officer, envelope=refused, agree=True, reason="After all.")


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ({"performance": {}}, "bounds performance and drift"),
        ({"drift": {}}, "bounds performance and drift"),
        ({"drift": {"ks": 0.1}}, "takes numbers for mean_p, psi"),
        ({"performance": {"disc.auc": {"least": "high"}}}, "takes numbers for least, most_loss"),
        ({"parameters": {"learning_rate": {"min": 0.3, "max": 0.1}}}, "larger than the most"),
        ({"colour": {"least": 1}}, "no bounds “colour”"),
    ],
)
def test_bounds_that_hold_nothing(bounds: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput) as refused:
        judging.checked({**BOUNDS, **bounds})
    assert refused.value.code == "envelope_wrong"
    assert words in refused.value.detail
    assert refused.value.remedy


def test_what_cannot_be_the_base(shop: Shop, base: Run) -> None:
    fresh = shop.run(TREES.replace("0.2", "0.25"))
    for facts in ({"base": fresh.made.version}, {"expires": date(2026, 1, 1)}):
        asked = {
            "recipe": base.recipe,
            "base": base.made.version,
            "bounds": BOUNDS,
            "expires": LATER,
            **facts,
        }
        with pytest.raises(CountersignError) as refused:
            verbs.propose_envelope(shop.line.owner, **asked)
        assert refused.value.code == "envelope_wrong"
    assert not Envelope.objects.exists()


SEEN = Seen("core", {"C": 0.5}, {"disc.auc": 0.8}, 0.3)


@pytest.mark.parametrize(
    ("now", "psi", "outside"),
    [
        (SEEN, 0.01, []),
        (Seen("core", {"C": 0.5}, {"disc.auc": 0.74}, 0.3), 0.01, ["disc.auc against the base"]),
        (Seen("core", {"C": 0.5}, {"disc.auc": 0.69}, 0.3), 0.01, ["disc.auc", "disc.auc against the base"]),
        (Seen("core", {"C": 0.5}, {"disc.auc": None}, 0.3), 0.01, ["disc.auc"]),
        (Seen("core", {"C": True}, {"disc.auc": 0.8}, 0.3), 0.01, ["C"]),
        (Seen("core", {}, {"disc.auc": 0.8}, 0.3), 0.01, ["C"]),
        (Seen("core", {"C": 0.5, "tol": 0.1}, {"disc.auc": 0.8}, 0.3), 0.01, ["tol"]),
        (Seen("core", {"C": 0.5}, {"disc.auc": 0.8}, 0.36), 0.01, ["mean prediction"]),
        (SEEN, None, ["PSI of predictions"]),
        (SEEN, 0.2, ["PSI of predictions"]),
    ],
)
def test_each_bound_by_hand(now: Seen, psi: float | None, outside: list[str]) -> None:
    bounds = {
        "parameters": {"C": {"min": 0.1, "max": 1}},
        "performance": {"disc.auc": {"least": 0.7, "most_loss": 0.05}},
        "drift": {"mean_p": 0.05, "psi": 0.1},
    }
    day = date(2026, 5, 1)
    lines = judging.judge(bounds, expires=day, on=day, base=SEEN, now=now, psi=psi)
    assert [line["what"] for line in lines if not line["inside"]] == outside
    late = judging.judge(bounds, expires=day, on=day + timedelta(days=1), base=SEEN, now=now, psi=psi)
    assert not late[0]["inside"]
