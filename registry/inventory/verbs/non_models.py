"""Acts on what is no model: claimed by the first line with a rationale, decided by a risk officer, reconsidered by either."""

from __future__ import annotations

from mrm.access.acts import Act, verb
from mrm.kernel.errors import BadInput, RuleRefused
from registry.inventory.effects import advance
from registry.inventory.models import Model, NonModelClaim
from registry.inventory.queries import open_claim
from registry.inventory.rules import TRANSITIONS, State


@verb("model.claim_non_model")
def claim_non_model(act: Act, *, model: Model, rationale: str) -> NonModelClaim:
    """Claim that a candidate is no model: say why the definition does not cover it. A risk officer decides."""
    TRANSITIONS.check(model.state, State.NON_MODEL, f"The model {model.name}")
    if open_claim(model) is not None:
        raise RuleRefused(
            "claim_open", "A claim on this candidate waits for its decision.", "Wait for the risk officer."
        )
    act.reason = _said(rationale, "A claim says why this is no model.")
    return act.save(
        NonModelClaim(
            scope=model.scope, model=model, rationale=act.reason, claimed_by=act.person, claimed_at=act.now
        )
    )


@verb("model.decide_non_model")
def decide_non_model(act: Act, *, model: Model, agree: bool, reason: str) -> Model:
    """Decide a claim that a candidate is no model: agreed, it stays on the inventory as non-model; refused, a candidate."""
    claim = open_claim(model)
    if claim is None:
        raise RuleRefused(
            "wrong_state", f"Nobody claims that {model.name} is no model.", "Nothing to decide."
        )
    act.reason = _said(reason, "A decision on a claim is reasoned.")
    claim.standing = NonModelClaim.Standing.AGREED if agree else NonModelClaim.Standing.REFUSED
    claim.decided_by, claim.decided_at, claim.reason = act.person, act.now, act.reason
    act.save(claim)
    return advance(act, model=model, to=State.NON_MODEL) if agree else model


@verb("model.reconsider")
def reconsider(act: Act, *, model: Model, reason: str) -> Model:
    """Take a non-model back among the candidates: its use has grown, or the definition has changed."""
    TRANSITIONS.check(model.state, State.CANDIDATE, f"The model {model.name}")
    act.reason = _said(reason, "Say what has changed.")
    return advance(act, model=model, to=State.CANDIDATE)


def _said(text: str, sentence: str) -> str:
    if not text.strip():
        raise BadInput("rationale_missing", sentence, "Write it in a sentence or two.")
    return text.strip()
