"""Acts that move versions: promotion, its request, archiving."""

from __future__ import annotations

from mrm.access.acts import Act, verb
from registry.inventory.models import Use
from registry.versions import moves
from registry.versions.models import PromotionRequest, Version
from registry.versions.rules import Stage, said


@verb("version.promote")
def promote(
    act: Act, *, version: Version, stage: Stage, uses: list[Use] | None = None, reason: str = ""
) -> Version:
    """Promote a version to staging, or to production for the uses named (all in effect when none is).

    The gate is in the way: refused with every requirement that is unmet.
    """
    act.reason = reason.strip()
    row = moves.promote(act, version=version, to=stage, uses=uses, reason=act.reason)
    act.facts["stage"] = str(row.stage)
    return version


@verb("version.archive")
def archive(act: Act, *, version: Version, reason: str) -> Version:
    """Archive a version.

    It leaves production if it is there, loses its aliases, and cannot come back.
    """
    act.reason = said(reason)
    moves.archive(act, version=version, reason=act.reason)
    return version


@verb("promotion.request")
def request_promotion(
    act: Act, *, version: Version, stage: Stage, reason: str, uses: list[Use] | None = None
) -> PromotionRequest:
    """Request a promotion.

    What the gate still asks for is kept with the request; it need not be met to ask.
    """
    act.reason = said(reason)
    return moves.request(act, version=version, to=stage, uses=uses, reason=act.reason)


@verb("promotion.withdraw")
def withdraw_promotion(act: Act, *, request: PromotionRequest, reason: str) -> PromotionRequest:
    """Withdraw a promotion request."""
    act.reason = said(reason)
    return moves.withdraw(act, request=request, reason=act.reason)
