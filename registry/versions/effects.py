"""What an open act of another room does with versions: grant uses, restrict them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from mrm.access.acts import Act
from registry.inventory.models import Use
from registry.versions.models import UseGrant, Version
from registry.versions.rules import GRANT_STATES, GrantState


@dataclass(frozen=True)
class Terms:
    """One use with the end of its grant and the conditions set on it (`{"reference": "C-…", "text": …}` each)."""

    use: Use
    expires: date
    conditions: Sequence[dict[str, Any]] = ()


def grant_uses(
    act: Act, *, version: Version, terms: Sequence[Terms], validation: UUID, validation_reference: str
) -> list[UseGrant]:
    """Give the version the right to serve these uses; a grant it had before is renewed."""
    version.admitted()
    granted = []
    for item in terms:
        grant = UseGrant.objects.filter(version=version, use=item.use).first() or UseGrant(
            scope=version.scope, version=version, use=item.use
        )
        grant.state = GrantState.ACTIVE
        grant.expires, grant.conditions = item.expires, [dict(condition) for condition in item.conditions]
        grant.validation, grant.validation_reference = validation, validation_reference
        grant.granted_at, grant.reason = act.now, ""
        granted.append(act.save(grant))
    return granted


def restrict(act: Act, *, grant: UseGrant, reason: str) -> UseGrant:
    """Restrict a grant at once: it was shown that the version should not have been approved."""
    GRANT_STATES.check(grant.state, GrantState.RESTRICTED, f"Use grant {grant.reference}")
    grant.state, grant.reason = GrantState.RESTRICTED, reason
    return act.save(grant)


def restrict_all(act: Act, *, version: Version, reason: str) -> list[UseGrant]:
    """Restrict every active grant of a version."""
    grants = UseGrant.objects.filter(version=version, state=GrantState.ACTIVE)
    return [restrict(act, grant=grant, reason=reason) for grant in grants]
