"""Acts on policies: the pack at installation; drafts and their approval afterwards."""

from __future__ import annotations

from datetime import date
from typing import Any

from mrm.access.acts import Act, verb
from mrm.access.installation import group_scope
from mrm.access.models import LegalEntity, Scope
from mrm.kernel.errors import BadInput, RuleRefused
from mrm.policy import pack
from mrm.policy.models import Approval, Policy, policy_digest
from mrm.policy.queries import today
from mrm.policy.rules import STANDARD, Kind, check


@verb("policy.install")
def install(act: Act, *, group: Scope) -> Scope:
    """Install the policies this release ships that the installation does not have yet."""
    for item in pack.missing():
        check(item.kind, item.body)
        made = act.save(
            Policy(
                scope=group,
                kind=item.kind,
                name=item.name,
                version=item.version,
                valid_from=item.valid_from,
                body=item.body,
                digest=item.digest,
                drafted_by=act.person,
                drafted_at=act.now,
                why="Shipped with the release.",
            )
        )
        act.save(Approval(scope=group, policy=made, approved_by=act.person, approved_at=act.now))
    return group


@verb("policy.draft")
def draft(
    act: Act,
    *,
    kind: Kind,
    body: dict[str, Any],
    valid_from: date,
    why: str,
    name: str = STANDARD,
    entity: LegalEntity | None = None,
) -> Policy:
    """Draft the next version of a policy, for a legal entity or for the group."""
    check(kind, body)
    scope = entity.scope if entity else group_scope()
    _not_backdated(valid_from, today(entity, act.now))
    latest = Policy.objects.filter(kind=kind, name=name, entity=entity).order_by("-version").first()
    version = latest.version + 1 if latest else 1
    if latest and latest.body == body and latest.valid_from == valid_from:
        raise BadInput("policy_invalid", "This draft says what the last version says.", "Change something.")
    act.reason = why
    return act.save(
        Policy(
            scope=scope,
            kind=kind,
            name=name,
            version=version,
            entity=entity,
            valid_from=valid_from,
            body=body,
            digest=policy_digest(
                kind=kind,
                name=name,
                version=version,
                entity=entity.code if entity else None,
                valid_from=valid_from,
                body=body,
            ),
            drafted_by=act.person,
            drafted_at=act.now,
            why=why,
        )
    )


@verb("policy.approve")
def approve(act: Act, *, policy: Policy, note: str = "") -> Approval:
    """Approve a drafted policy; from its date on it is in force."""
    if policy.is_approved:
        raise RuleRefused("wrong_state", "This version is approved already.", "There is nothing left to do.")
    _not_backdated(policy.valid_from, today(policy.entity, act.now))
    act.reason = note
    return act.save(
        Approval(scope=policy.scope, policy=policy, approved_by=act.person, approved_at=act.now, note=note)
    )


def _not_backdated(valid_from: date, day: date) -> None:
    if valid_from < day:
        raise RuleRefused(
            "policy_backdated",
            f"The policy would begin on {valid_from:%-d %b %Y}, which is past: what was decided since would change.",
            "Draft a version that begins today or later.",
        )
