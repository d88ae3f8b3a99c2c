"""Words and pure decisions of validations: states, ratings, what must be so before content is frozen or a use granted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices

from mrm.kernel.errors import declare
from mrm.kernel.transitions import Transitions


class ValidationKind(TextChoices):
    """Why a version is reviewed."""

    INITIAL = "initial", "initial"
    PERIODIC = "periodic", "periodic"
    CHANGE = "change", "change"
    TRIGGERED = "triggered", "triggered"


class ValidationState(TextChoices):
    """Where a validation stands; the last three are its result."""

    OPEN = "open", "open"
    TESTED = "tested", "tests run"
    FROZEN = "frozen", "content frozen"
    SIGNED = "signed", "opinion signed"
    GRANTED = "granted", "granted"
    REFUSED = "refused", "refused"
    WITHDRAWN = "withdrawn", "withdrawn"


STATES = Transitions(
    {
        ValidationState.OPEN: {ValidationState.TESTED, ValidationState.WITHDRAWN},
        ValidationState.TESTED: {ValidationState.FROZEN, ValidationState.WITHDRAWN},
        ValidationState.FROZEN: {ValidationState.TESTED, ValidationState.SIGNED, ValidationState.WITHDRAWN},
        ValidationState.SIGNED: {
            ValidationState.TESTED,
            ValidationState.GRANTED,
            ValidationState.REFUSED,
            ValidationState.WITHDRAWN,
        },
        ValidationState.GRANTED: set(),
        ValidationState.REFUSED: set(),
        ValidationState.WITHDRAWN: set(),
    }
)
RUNNING = (ValidationState.OPEN, ValidationState.TESTED, ValidationState.FROZEN, ValidationState.SIGNED)
WRITABLE = (ValidationState.OPEN, ValidationState.TESTED)
UNDER_SIGNATURE = (ValidationState.FROZEN, ValidationState.SIGNED)
RESULTS = (ValidationState.GRANTED, ValidationState.REFUSED, ValidationState.WITHDRAWN)


class Rating(TextChoices):
    """People's judgement of a scope item; the ECB's four steps in the same words."""

    NONE_OR_MINOR = "1", "1 no or minor deficiency"
    LIMITED = "2", "2 limited deficiency"
    MATERIAL = "3", "3 material deficiency"
    SEVERE = "4", "4 severe deficiency"
    NOT_CONCLUDED = "not_concluded", "not concluded"


RATING_MEANS = {
    Rating.NONE_OR_MINOR: "no or minor deficiency",
    Rating.LIMITED: "little effect on the approved use; mend by a date",
    Rating.MATERIAL: "restricts use or needs a compensating control now",
    Rating.SEVERE: "not for this purpose",
    Rating.NOT_CONCLUDED: "the data cannot answer; says what would",
}


class Fitness(TextChoices):
    """The opinion on one use."""

    FIT = "fit", "fit"
    FIT_WITH_CONDITIONS = "fit_with_conditions", "fit with conditions"
    NOT_FIT = "not_fit", "not fit"


class Confidence(TextChoices):
    """How much the evidence carries the opinion."""

    HIGH = "high", "high"
    MODERATE = "moderate", "moderate"
    LOW = "low", "low"


class Decision(TextChoices):
    """What a person entitled to approve decided."""

    APPROVE = "approve", "approved"
    REJECT = "reject", "refused"
    RECUSE = "recuse", "recused"


class Sample(TextChoices):
    """The samples that a scope template names."""

    TRAIN = "train", "development"
    TEST = "test", "test"
    ALL = "all", "whole"


DRAFT = "cases.draft"
"""The kind of job that prints a draft of the report."""

SECTIONS = {
    3: "Purpose and materiality",
    4: "Earlier validations",
    5: "Data",
    6: "Conceptual soundness",
    7: "Performance",
    8: "Outcomes and benchmarks",
    9: "Explainability",
    10: "Fairness",
    11: "Implementation and use",
    12: "Monitoring plan",
    13: "Limitations and overlays",
}


@dataclass(frozen=True)
class Line:
    """One thing that must be so: its sentence, whether it is, and what is missing."""

    text: str
    met: bool
    missing: str = ""


def worst_step(ratings: Iterable[str]) -> int | None:
    """The worst concluded rating, as a step of four; None when nothing was concluded."""
    return max((int(rating) for rating in ratings if rating != Rating.NOT_CONCLUDED), default=None)


def section_ratings(items: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    """A section is rated as its worst mandatory item; *not concluded* when any of them is and none is worse than 2."""
    found: dict[int, list[str]] = {}
    for item in items:
        if item["mandatory"] and item.get("rating"):
            found.setdefault(int(item["section"]), []).append(item["rating"])
    return {section: _section(ratings) for section, ratings in sorted(found.items())}


def _section(ratings: list[str]) -> str:
    worst = worst_step(ratings)
    if Rating.NOT_CONCLUDED in ratings and (worst is None or worst < 3):
        return Rating.NOT_CONCLUDED.value
    return str(worst)


def before_freezing(facts: Mapping[str, Any]) -> list[Line]:
    """What must be so before the content of a validation is frozen (`facts` as `content.signed_content` makes them)."""
    mandatory = [item for item in facts["scope"] if item["mandatory"] and not item["exempt"]]
    unrated = [item["title"] for item in mandatory if not item["rating"]]
    covered = {condition["scope_item"] for condition in facts["conditions"]}
    bare = [
        item["title"]
        for item in mandatory
        if item["rating"] == Rating.NOT_CONCLUDED and item["key"] not in covered
    ]
    opinion = facts["opinion"]
    unheard = [
        finding["reference"] for finding in facts["findings"] if finding["state"] in ("draft", "response")
    ]
    undeclared = list(facts["validators_undeclared"])
    unjudged = [use["name"] for use in facts["uses"] if not use["judgement"]]
    conditional = any(use["judgement"] == Fitness.FIT_WITH_CONDITIONS for use in facts["uses"])
    void = [item["id"] for item in facts["evidence"] if item["void"]]
    worst = worst_step(item["rating"] for item in mandatory if item["rating"])
    too_good = bool(
        opinion and worst and opinion["step"] < worst and not opinion["better_than_worst"].strip()
    )
    return [
        Line("Every mandatory item is rated or exempted", not unrated, listed(unrated)),
        Line("What could not be concluded carries a condition", not bare, listed(bare)),
        Line("Every validator of the case has declared independence", not undeclared, listed(undeclared)),
        Line("Findings are issued or withdrawn", not unheard, listed(unheard)),
        Line("No void evidence is cited", not void, listed(void)),
        Line(
            "The opinion is written, with its step and its expiry",
            bool(opinion),
            "" if opinion else "no opinion yet",
        ),
        Line("Every use is judged", not unjudged, listed(unjudged)),
        Line(
            "“Fit with conditions” comes with a condition",
            not conditional or bool(facts["conditions"]),
            "" if not conditional or facts["conditions"] else "no condition proposed",
        ),
        Line(
            "The whole is not better than its worst mandatory item, or it is said why",
            not too_good,
            f"step {opinion['step']} against a worst rating of {worst}" if too_good else "",
        ),
    ]


def listed(names: Sequence[str], most: int = 4) -> str:
    """Some names in a row, the rest counted."""
    shown = ", ".join(names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


declare("validation_running", "the version is under validation already")
declare("tier_missing", "the model has no tier yet, so nothing says what its validation needs")
declare("uses_missing", "a validation names no use, or uses of another model")
declare("validators_missing", "a validation names nobody who may validate")
declare("content_frozen", "the content is frozen; it must be reopened before it changes")
declare("content_incomplete", "content cannot be frozen while requirements are unmet")
declare("content_changed", "something material changed since the content was signed; the signatures are grey")
declare("opinion_unsigned", "an approval was asked for before the opinion is signed")
declare("independence_missing", "a validator has not declared independence, or declared a conflict")
declare("capacity_taken", "every approval that the person could give has been given")
declare("rating_unexplained", "a rating or an opinion came without its reason")
declare("expiry_too_far", "a grant would outlast the longest revalidation period of the tier")
declare("item_not_in_scope", "the scope item does not belong to the validation")
declare("exemption_unexplained", "a mandatory item is exempted without a reason and a substitute")
declare("grant_missing", "an act on a grant was asked for where none was made")
declare("model_failed", "the model did not answer while it was tested")
declare("bad_declaration", "a cut-off or a population rate is no probability, or has no source")
declare("not_light", "a light review was written for a tier that asks for a full validation")
declare("sample_missing", "a test needs a sample that the validation does not have")
