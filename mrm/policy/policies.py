"""How the acts on policies are judged: one risk officer drafts, another approves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mrm.access.actors import Actor
from mrm.access.history import people_who
from mrm.access.installation import group_scope
from mrm.access.policy_table import policy


def home(arguments: Mapping[str, Any]) -> Any:
    """The legal entity a policy is for, or the group."""
    return arguments.get("entity") or group_scope()


def not_its_author(actor: Actor, row: Any, arguments: Mapping[str, Any]) -> str | None:
    """Four eyes on every rule of the bank."""
    if actor.person.pk in people_who(["policy.draft"], [row]):
        return f"{actor.person.name} drafted this version; another risk officer approves it."
    return None


policy("policy.draft", home)
policy("policy.approve", "policy", not_its_author)
policy("policy.install", "group", own_grant=False)
