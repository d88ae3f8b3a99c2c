"""The tier by points and table: the shipped rubric, worked by hand."""

from __future__ import annotations

import pytest

from mrm.access.rules import Role
from mrm.kernel.errors import BadInput, Denied, NotFound, RuleRefused
from mrm.policy import pack
from registry.inventory import queries, verbs
from registry.inventory.models import Tiering
from registry.inventory.rules import tier_of
from tests.mrm.policy.people import person
from tests.registry.inventory.making import LARGE, SMALL, FirstLine

RUBRIC = next(item.body for item in pack.shipped() if item.kind == "rubric")
AXES = {
    axis: [[option["id"] for option in question["options"]] for question in part["questions"]]
    for axis, part in RUBRIC["axes"].items()
}
NAMES = [question["id"] for part in RUBRIC["axes"].values() for question in part["questions"]]


def answers(*points: int) -> dict[str, str]:
    """The answers that are worth these points, in the order of the questions."""
    offered = [*AXES["materiality"], *AXES["complexity"]]
    return {name: options[worth] for name, options, worth in zip(NAMES, offered, points, strict=True)}


# materiality points, band; complexity points, band; tier: sums and look-ups done on paper
GOLDEN = [
    ((0, 0, 0, 0, 0, 0, 0, 0), (0, "low"), (0, "low"), 3),
    ((1, 1, 1, 0, 0, 0, 0, 0), (3, "low"), (0, "low"), 3),
    ((1, 1, 1, 0, 1, 1, 1, 1), (3, "low"), (4, "medium"), 3),
    ((1, 1, 1, 0, 2, 2, 2, 2), (3, "low"), (8, "high"), 2),
    ((1, 1, 1, 1, 0, 0, 0, 0), (4, "medium"), (0, "low"), 2),
    ((2, 2, 2, 1, 1, 2, 1, 0), (7, "medium"), (4, "medium"), 2),
    ((2, 2, 2, 1, 3, 3, 2, 0), (7, "medium"), (8, "high"), 1),
    ((2, 2, 3, 1, 0, 0, 0, 0), (8, "high"), (0, "low"), 1),
    ((2, 2, 3, 2, 1, 0, 0, 1), (9, "high"), (2, "low"), 1),
    ((3, 3, 3, 3, 3, 3, 3, 3), (12, "high"), (12, "high"), 1),
]


@pytest.mark.parametrize(("points", "materiality", "complexity", "tier"), GOLDEN)
def test_golden_tiers(points: tuple[int, ...], materiality: object, complexity: object, tier: int) -> None:
    score = tier_of(RUBRIC, answers(*points))
    assert (score.materiality.points, score.materiality.band) == materiality
    assert (score.complexity.points, score.complexity.band) == complexity
    assert (score.materiality.most, score.complexity.most, score.tier) == (12, 12, tier)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"exposure": ""}, "Not answered"),
        ({"colour": "red"}, "does not ask"),
        ({"data": "gut"}, "is no answer"),
    ],
)
def test_answers_off_the_rubric_are_refused(change: dict[str, str], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        tier_of(RUBRIC, {**LARGE, **change})


def test_answers_set_the_tier_and_keep_the_policy_and_the_history(bank_line: FirstLine) -> None:
    model = bank_line.candidate()
    first = verbs.answer_rubric(bank_line.owner, model=model, answers=SMALL)
    second = verbs.answer_rubric(bank_line.owner, model=model, answers=LARGE)
    model.refresh_from_db()
    assert (first.tier, second.tier, model.tier) == (3, 1, 1)
    assert [row.tier for row in queries.tier_history(model)] == [1, 3]
    assert second.policy_digest == next(item.digest for item in pack.shipped() if item.kind == "rubric")
    assert second.scores["materiality"] == {"points": 9, "most": 12, "band": "high"}


def test_an_override_needs_an_officer_who_does_not_own_it_and_a_reason(bank_line: FirstLine) -> None:
    model = bank_line.registered(answers=SMALL)
    with pytest.raises(Denied, match="risk officer"):
        verbs.override_tier(bank_line.owner, model=model, tier=2, reason="mine")
    with pytest.raises(BadInput, match="reason"):
        verbs.override_tier(bank_line.officer, model=model, tier=2, reason=" ")
    with pytest.raises(BadInput, match="already"):
        verbs.override_tier(bank_line.officer, model=model, tier=3, reason="as it is")
    verbs.override_tier(bank_line.officer, model=model, tier=2, reason="the press watches it")
    model.refresh_from_db()
    assert model.tier == 2
    now = queries.tier_now(model)
    assert now is not None
    assert (now.computed, now.override, now.reason) == (3, 2, "the press watches it")


def test_an_owner_cannot_compute_an_override_away_and_an_officer_lifts_it(bank_line: FirstLine) -> None:
    model = bank_line.registered(answers=SMALL)
    verbs.override_tier(bank_line.officer, model=model, tier=1, reason="watched")
    assert verbs.compute_tier(bank_line.owner, model=model).tier == 1
    assert verbs.answer_rubric(bank_line.owner, model=model, answers=SMALL).tier == 1
    lifted = verbs.override_tier(bank_line.officer, model=model, tier=3, reason="no longer watched")
    assert (lifted.tier, lifted.override) == (3, None)
    assert Tiering.objects.filter(model=model).count() == 5


def test_who_owns_a_model_does_not_set_its_rubric_aside(bank_line: FirstLine) -> None:
    both = person("Otto Both", Role.MODEL_OWNER, Role.RISK_OFFICER, on=bank_line.entity.scope)
    model = verbs.propose(
        both, entity=bank_line.entity, name="Both", responsible=both.person, owner=both.person
    )
    verbs.answer_rubric(both, model=model, answers=LARGE)
    with pytest.raises(Denied, match="another risk officer"):
        verbs.override_tier(both, model=model, tier=3, reason="it is harmless")


def test_a_tier_needs_answers_and_a_stranger_sees_no_model(bank_line: FirstLine) -> None:
    model = bank_line.candidate()
    with pytest.raises(RuleRefused, match="not answered"):
        verbs.compute_tier(bank_line.officer, model=model)
    with pytest.raises(NotFound):
        verbs.compute_tier(person("Stranger", Role.RISK_OFFICER), model=model)
