"""Whether an actor may do an act to an object: role, grant, separation of duties, in that order.

Asked before an act to say it on the page, and again in the act, under the lock of its scope.
"""

from __future__ import annotations

from typing import Any

from mrm.access.actors import Actor
from mrm.access.models import Scope
from mrm.access.policy_table import POLICIES, Policy
from mrm.access.rows import granted_scopes
from mrm.access.rules import Role
from mrm.access.vocabulary import roles_for
from mrm.access.words import act_words
from mrm.kernel.errors import Denied

UNSEEN = "unseen"


class Unseen(Exception):
    """The object exists but is not for this actor: answered as absent, recorded as denied."""


def entitle(actor: Actor, rule: Policy, target: Any, arguments: dict[str, Any]) -> None:
    """Raise Denied (or Unseen) unless role, grant and separation of duties allow the act."""
    reason = refusal(actor, rule, target, arguments)
    if reason is None:
        return
    if reason is UNSEEN:
        raise Unseen("not visible")
    raise Denied(
        "denied", reason, "Ask somebody who holds the right, or have it granted by an administrator."
    )


def refusal(actor: Actor, rule: Policy, target: Any, arguments: dict[str, Any]) -> str | None:
    """The sentence why this actor may not do this act to this object, or None."""
    allowed = roles_for(rule.act)
    if rule.own_grant and not actor.robot and not may_see(actor, target.scope):
        return UNSEEN
    if not actor.roles & allowed:
        return only_for(rule.act, actor)
    if rule.own_grant and rule.acting and not actor.robot and not may_act(actor, target.scope):
        return f"{actor.person.name} may read this, but was not granted to act on it."
    for condition in rule.conditions:
        reason = condition(actor, target, arguments)
        if reason:
            return reason
    return None


def only_for(act: str, actor: Actor) -> str:
    """Who may do an act, in words, and that `actor` is none of them."""
    allowed = roles_for(act)
    people = sorted(Role(name).label for name in allowed & set(Role.values))
    holders = [("an " if label[0] in "aeiou" else "a ") + label for label in people]
    holders = holders or [f"the robot {name}" for name in sorted(allowed)] or ["nobody"]
    listed_holders = " or ".join([", ".join(holders[:-1]), holders[-1]] if len(holders) > 1 else holders)
    words = act_words(act)
    lacking = {1: "does not hold that role", 2: "holds neither role"}.get(
        len(holders), "holds none of these roles"
    )
    return f"Only {listed_holders} may {words[:1].lower()}{words[1:]}. {actor.person.name} {lacking}."


def may_see(actor: Actor, scope: Scope) -> bool:
    """Whether any grant covers `scope`, within the limits of a token."""
    return _covered(actor, scope, acting=False)


def may_act(actor: Actor, scope: Scope) -> bool:
    """Whether an `act` grant covers `scope`, within the limits of a token."""
    return _covered(actor, scope, acting=True)


def _covered(actor: Actor, scope: Scope, *, acting: bool) -> bool:
    condition = granted_scopes(actor, acting=acting)
    return condition is None or Scope.objects.filter(condition, pk=scope.pk).exists()


def can(actor: Actor, act: str, **arguments: Any) -> str | None:
    """For pages: None when the act is allowed now, else the sentence to show beside the button."""
    rule = POLICIES[act]
    return refusal(actor, rule, rule.target(arguments), arguments)
