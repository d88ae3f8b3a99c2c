"""Acts on conditions in force. Proposing and withdrawing them is part of a validation (cases)."""

from __future__ import annotations

from mrm.access.acts import Act, verb
from mrm.kernel.errors import BadInput
from validation.findings.models import Condition
from validation.findings.rules import CONDITION_STATES, ConditionState


@verb("condition.fulfil")
def fulfil(act: Act, *, condition: Condition, text: str) -> Condition:
    """Say how a condition was fulfilled; a validator confirms it."""
    CONDITION_STATES.check(condition.state, ConditionState.FULFILLED, condition.reference)
    if not text.strip():
        raise BadInput(
            "reason_missing", "Say what was done, and where it can be seen.", "Write one sentence."
        )
    condition.fulfilment = text.strip()
    return act.save(condition)


@verb("condition.confirm")
def confirm(act: Act, *, condition: Condition, text: str) -> Condition:
    """Confirm that a condition is fulfilled, with the check that was made."""
    CONDITION_STATES.check(condition.state, ConditionState.FULFILLED, condition.reference)
    if not condition.fulfilment or not text.strip():
        raise BadInput(
            "reason_missing",
            f"{condition.reference} is confirmed after its owner has said what was done, with what was checked.",
            "Ask the owner, then say what you checked.",
        )
    act.reason = text
    condition.state = ConditionState.FULFILLED
    return act.save(condition)
