"""Acts on use grants."""

from __future__ import annotations

from mrm.access.acts import Act, verb
from registry.versions import effects, moves
from registry.versions.models import UseGrant
from registry.versions.rules import GRANT_STATES, GrantState, said


@verb("grant.restrict")
def restrict_grant(act: Act, *, grant: UseGrant, reason: str) -> UseGrant:
    """Restrict a use grant.

    It can then only be revoked, or renewed by a validation.
    """
    act.reason = said(reason)
    return effects.restrict(act, grant=grant, reason=reason)


@verb("grant.revoke")
def revoke_grant(act: Act, *, grant: UseGrant, reason: str) -> UseGrant:
    """Revoke a use grant.

    The version may not answer for this use any more: in production it leaves the use at once.
    """
    act.reason = said(reason)
    GRANT_STATES.check(grant.state, GrantState.REVOKED, f"Use grant {grant.reference}")
    grant.state, grant.reason = GrantState.REVOKED, reason
    act.save(grant)
    moves.leave(
        act, version=grant.version, uses=[grant.use], reason=f"Use grant {grant.reference} was revoked."
    )
    return grant
