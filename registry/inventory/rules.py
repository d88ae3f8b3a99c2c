"""Words and pure decisions of the inventory: states of a model, names that count as one, the tier of answers."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices

from mrm.kernel.errors import BadInput, declare
from mrm.kernel.transitions import Transitions

declare(
    "name_taken", "another model of the legal entity has the same name, letter case and look-alikes aside"
)
declare("registration_incomplete", "a model lacks an owner, a purpose, a use or answers to the rubric")
declare("person_unfit", "the person named is inactive or holds no account with the role needed")
declare("rubric_answer", "an answer is missing or is not among the answers the rubric offers")
declare("bad_use", "the facts of a use do not hold together: dates, money or country")
declare("claim_open", "a second claim that a candidate is no model, while the first waits for its decision")
declare("rationale_missing", "a claim, decision or return of a non-model comes without its reason")
declare("override_pointless", "an override sets the tier that the rubric gives anyway, or has no reason")


class State(TextChoices):
    """How far a model is; in this order."""

    CANDIDATE = "candidate", "candidate"
    REGISTERED = "registered", "registered"
    IN_DEVELOPMENT = "in_development", "in development"
    IN_VALIDATION = "in_validation", "in validation"
    APPROVED = "approved", "approved"
    IN_USE = "in_use", "in use"
    RUN_OFF = "run_off", "run-off"
    DECOMMISSIONED = "decommissioned", "decommissioned"
    NON_MODEL = "non_model", "non-model"


class ModelClass(TextChoices):
    """What a model estimates; chooses the scope template and which gate requirements apply."""

    PD = "pd", "PD, probability of default"
    LGD = "lgd", "LGD, loss given default"
    EAD = "ead", "EAD and CCF"
    FRAUD = "fraud", "fraud"
    AML = "aml", "anti-money laundering"
    PROPENSITY = "propensity", "propensity"
    IFRS9 = "ifrs9", "IFRS 9"
    OTHER = "other", "other"


class Origin(TextChoices):
    """Where a model comes from."""

    IN_HOUSE = "in_house", "made in house"
    VENDOR = "vendor", "bought from a vendor"
    GROUP = "group", "taken over from the group"
    PUBLIC = "public", "public or supervisory formula"


TRANSITIONS = Transitions(
    {
        State.CANDIDATE: {State.REGISTERED, State.NON_MODEL},
        State.REGISTERED: {State.IN_DEVELOPMENT, State.IN_VALIDATION},
        State.IN_DEVELOPMENT: {State.IN_VALIDATION},
        # back when a validation is refused or withdrawn
        State.IN_VALIDATION: {State.APPROVED, State.IN_DEVELOPMENT, State.REGISTERED},
        State.APPROVED: {State.IN_USE, State.IN_VALIDATION, State.RUN_OFF},
        State.IN_USE: {State.RUN_OFF},
        State.RUN_OFF: {State.DECOMMISSIONED},
        State.DECOMMISSIONED: set(),
        State.NON_MODEL: {State.CANDIDATE},
    }
)
UNREGISTERED = (State.CANDIDATE, State.NON_MODEL)
# From here on a changed use is a proposal: what was approved stays until the change has its own approval.
GRANTED = (State.APPROVED, State.IN_USE, State.RUN_OFF)
ENDED = (State.DECOMMISSIONED, State.NON_MODEL)


def name_key(name: str) -> str:
    """What makes two names one: compatibility forms, letter case, invisible characters and spaces aside."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    seen = "".join(
        sign for sign in folded if unicodedata.category(sign) not in {"Cf", "Cc"} or sign.isspace()
    )
    return " ".join(seen.split())


@dataclass(frozen=True)
class AxisScore:
    """Points and band of one axis of the rubric."""

    points: int
    most: int
    band: str


@dataclass(frozen=True)
class TierScore:
    """What a rubric makes of the answers."""

    materiality: AxisScore
    complexity: AxisScore
    tier: int


def questions(rubric: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every question of the rubric with its axis, in order."""
    return [
        (axis, question)
        for axis in ("materiality", "complexity")
        for question in rubric["axes"][axis]["questions"]
    ]


def check_answers(rubric: Mapping[str, Any], answers: Mapping[str, Any]) -> None:
    """Raise `rubric_answer` unless every question has one of its answers, and nothing else is answered."""
    asked = {question["id"]: question for _, question in questions(rubric)}
    if missing := [question["title"] for key, question in asked.items() if not answers.get(key)]:
        raise BadInput("rubric_answer", f"Not answered: {' '.join(missing)}", "Answer every question.")
    if unknown := sorted(set(answers) - set(asked)):
        raise BadInput(
            "rubric_answer",
            f"The rubric does not ask: {', '.join(unknown)}.",
            f"It asks: {', '.join(asked)}.",
        )
    for key, question in asked.items():
        offered = [option["id"] for option in question["options"]]
        if answers[key] not in offered:
            raise BadInput(
                "rubric_answer",
                f"“{answers[key]}” is no answer to: {question['title']}",
                f"The answers are: {', '.join(offered)}.",
            )


def tier_of(rubric: Mapping[str, Any], answers: Mapping[str, Any]) -> TierScore:
    """Points per answered question, a band per axis, the tier a table lookup."""
    check_answers(rubric, answers)
    materiality = _axis(rubric["axes"]["materiality"], answers)
    complexity = _axis(rubric["axes"]["complexity"], answers)
    return TierScore(materiality, complexity, rubric["tier_table"][materiality.band][complexity.band])


def _axis(axis: Mapping[str, Any], answers: Mapping[str, Any]) -> AxisScore:
    points = most = 0
    for question in axis["questions"]:
        worth = {option["id"]: option["points"] for option in question["options"]}
        points += worth[answers[question["id"]]]
        most += max(worth.values())
    reached = [band["id"] for band in axis["bands"] if points >= band["from"]]
    return AxisScore(points, most, reached[-1])
