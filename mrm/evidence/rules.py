"""Words of evidence: what it can be of, its light, how a recomputation ended; its id."""

from __future__ import annotations

import re

from django.db.models import TextChoices

from mrm.kernel.errors import declare

SHORTEST_ID = 10
_ID = re.compile(r"^(?:ev:)?([0-9a-f]{10,64})$")


class EvidenceKind(TextChoices):
    """What was computed. The kind also names who can compute it again (port `evidence.kind`)."""

    TEST = "test", "test"
    EXPLANATION = "explanation", "explanation"
    FAIRNESS = "fairness", "fairness"
    PROFILE = "profile", "data profile"
    TRAINING = "training", "training evaluation"


class Light(TextChoices):
    """What the policy's thresholds say of a result; people's words are ratings, never lights."""

    GREEN = "green", "green"
    AMBER = "amber", "amber"
    RED = "red", "red"
    SHOWN = "shown", "shown only"
    NOT_DEFINED = "not_defined", "not defined"


class Verdict(TextChoices):
    """How a computation compares with the one on record."""

    RECORDED = "recorded", "recorded"
    IDENTICAL = "identical", "identical"
    DIVERGED = "diverged", "diverged"


def kind_of(test_id: str) -> EvidenceKind:
    """The kind of a test of the battery, from the first word of its id."""
    family = test_id.split(".", 1)[0]
    return {"explain": EvidenceKind.EXPLANATION, "fair": EvidenceKind.FAIRNESS}.get(family, EvidenceKind.TEST)


def digits(text: str) -> str | None:
    """The hexadecimal digits of an evidence id (`ev:` and at least ten), or None when it is none."""
    found = _ID.match(text.strip().lower())
    return found.group(1) if found else None


def shortest(digest: str, others: list[str]) -> str:
    """`ev:` and as many digits, ten at least, as tell `digest` from `others`."""
    length = SHORTEST_ID
    while length < len(digest) and any(
        other != digest and other.startswith(digest[:length]) for other in others
    ):
        length += 1
    return "ev:" + digest[:length]


declare("evidence_unknown_kind", "no room of this installation can compute evidence of that kind again")
declare("evidence_ambiguous", "the evidence id names more than one record; more digits are needed")
declare("evidence_unknown", "a text cites evidence that its model does not have")
declare("evidence_void", "the evidence has been declared void and cannot be cited or voided again")
declare("evidence_undecided", "evidence was recorded without inputs, method or results")
