"""Acts on recalibration envelopes: proposed by the owner, decided by a risk officer, ended by either."""

from __future__ import annotations

from datetime import date
from typing import Any

from mrm.access.acts import Act, verb
from mrm.kernel.errors import BadInput, RuleRefused
from registry.training import judging
from registry.training.models import Envelope, Recipe
from registry.training.rules import ENVELOPES, EnvelopeState
from registry.versions.models import Version


@verb("envelope.propose")
def propose_envelope(
    act: Act, *, recipe: Recipe, base: Version, bounds: dict[str, Any], expires: date
) -> Envelope:
    """Propose a recalibration envelope: bounds inside which a retrain by this recipe is a minor change.

    `base` is the version of the last full validation; drift is counted from it, however many retrains lie between.
    """
    if base.model_id != recipe.model_id:
        raise BadInput(
            "envelope_wrong", "The base version belongs to another model.", "Name one of this model."
        )
    if not base.grants.exists():
        raise RuleRefused(
            "envelope_wrong",
            f"Version {base.number} was granted no use, so no full validation stands behind it.",
            "Name the version of the last full validation.",
        )
    if expires <= act.now.date():
        raise BadInput("envelope_wrong", "The envelope would have expired already.", "Name a day to come.")
    return act.save(
        Envelope(
            scope=recipe.scope,
            model=recipe.model,
            recipe=recipe,
            base=base,
            bounds=judging.checked(bounds),
            expires=expires,
            proposed_by=act.person,
            proposed_at=act.now,
        )
    )


@verb("envelope.decide")
def decide_envelope(act: Act, *, envelope: Envelope, agree: bool, reason: str) -> Envelope:
    """Approve or refuse a recalibration envelope, with the reason."""
    state = EnvelopeState.APPROVED if agree else EnvelopeState.REFUSED
    ENVELOPES.check(envelope.state, state, f"Envelope {envelope.reference}")
    envelope.state, envelope.reason = state, _reason(reason)
    envelope.decided_by, envelope.decided_at = act.person, act.now
    act.reason = reason
    return act.save(envelope)


@verb("envelope.end")
def end_envelope(act: Act, *, envelope: Envelope, reason: str) -> Envelope:
    """End a recalibration envelope before its day; retrains then need a validation."""
    ENVELOPES.check(envelope.state, EnvelopeState.ENDED, f"Envelope {envelope.reference}")
    envelope.state, envelope.reason = EnvelopeState.ENDED, _reason(reason)
    act.reason = reason
    return act.save(envelope)


def _reason(text: str) -> str:
    if not text.strip():
        raise BadInput("reason_missing", "A reason is needed.", "Say in a sentence why.")
    return text.strip()
