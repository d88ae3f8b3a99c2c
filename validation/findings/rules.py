"""Words and pure decisions of findings and conditions of use."""

from __future__ import annotations

from datetime import date

from django.db.models import TextChoices

from mrm.kernel.errors import declare
from mrm.kernel.transitions import Transitions


class Severity(TextChoices):
    """How much a weakness restricts use."""

    CRITICAL = "critical", "critical"
    HIGH = "high", "high"
    MEDIUM = "medium", "medium"
    LOW = "low", "low"


SEVERITY_MEANS = {
    Severity.CRITICAL: "use stops or does not start",
    Severity.HIGH: "use only with an approved plan, a condition and an end date",
    Severity.MEDIUM: "to be mended by its date, no restriction by itself",
    Severity.LOW: "at the next change",
}


class FindingState(TextChoices):
    """Where a finding stands."""

    DRAFT = "draft", "draft"
    RESPONSE = "response", "with the owner"
    ISSUED = "issued", "issued"
    REMEDIATION = "remediation", "in remediation"
    READY_FOR_REVIEW = "ready_for_review", "ready for review"
    ACCEPTED = "accepted", "accepted until"
    CLOSED = "closed", "closed"
    WITHDRAWN = "withdrawn", "withdrawn"


STATES = Transitions(
    {
        FindingState.DRAFT: {FindingState.RESPONSE, FindingState.WITHDRAWN},
        FindingState.RESPONSE: {FindingState.ISSUED, FindingState.WITHDRAWN},
        FindingState.ISSUED: {FindingState.REMEDIATION, FindingState.ACCEPTED},
        FindingState.REMEDIATION: {FindingState.READY_FOR_REVIEW, FindingState.ACCEPTED},
        FindingState.READY_FOR_REVIEW: {FindingState.CLOSED, FindingState.REMEDIATION},
        FindingState.ACCEPTED: {FindingState.REMEDIATION},
        FindingState.CLOSED: {FindingState.REMEDIATION},
        FindingState.WITHDRAWN: set(),
    }
)
UNISSUED = (FindingState.DRAFT, FindingState.RESPONSE)
GONE = (FindingState.CLOSED, FindingState.WITHDRAWN)
ISSUED = (
    FindingState.ISSUED,
    FindingState.REMEDIATION,
    FindingState.READY_FOR_REVIEW,
    FindingState.ACCEPTED,
    FindingState.CLOSED,
)


class Stance(TextChoices):
    """What the owner says of the facts of a finding."""

    AGREED = "agreed", "agreed"
    DISPUTED = "disputed", "disputed"


class ConditionState(TextChoices):
    """Where a condition of use stands; *lapsed* is computed from its dates."""

    PROPOSED = "proposed", "proposed"
    IN_FORCE = "in_force", "in force"
    FULFILLED = "fulfilled", "fulfilled"
    WITHDRAWN = "withdrawn", "withdrawn"


CONDITION_STATES = Transitions(
    {
        ConditionState.PROPOSED: {ConditionState.IN_FORCE, ConditionState.WITHDRAWN},
        ConditionState.IN_FORCE: {ConditionState.FULFILLED, ConditionState.WITHDRAWN},
        ConditionState.FULFILLED: set(),
        ConditionState.WITHDRAWN: set(),
    }
)


def lapsed(state: str, due: date | None, ends: date | None, today: date) -> bool:
    """Whether a condition blocks use: in force, and its due date or its end has passed unfulfilled."""
    if state != ConditionState.IN_FORCE:
        return False
    return any(day is not None and day < today for day in (due, ends))


def worst(severities: list[str]) -> str | None:
    """The gravest of some severities."""
    order = [item.value for item in Severity]
    return min(severities, key=order.index, default=None)


declare("response_open", "a finding would be issued before its owner has answered and before the deadline")
declare("finding_unissued", "the act needs findings that have been issued")
declare("closure_needs_evidence", "a finding would be closed without evidence or document of what was mended")
declare("plan_needed", "a finding is handed in or judged without a plan")
declare("document_empty", "an attached document has no bytes")
declare("date_past", "a date that lies in the future is needed")
declare("nothing_to_decide", "there is no open request to decide on")
declare("condition_incomplete", "a condition lacks its text, its check or a date")
