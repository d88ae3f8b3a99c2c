"""How the acts of this room are judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mrm.access.actors import Actor
from mrm.access.acts import may_see
from mrm.access.history import people_who
from mrm.access.models import Entry
from mrm.access.policy_table import policy
from registry.inventory.policies import SECOND_LINE
from registry.versions.models import Version


def not_of_the_second_line(actor: Actor, row: Any, arguments: Mapping[str, Any]) -> str | None:
    """Who has validated or approved this model builds nothing for it."""
    judged = Entry.objects.filter(scope=row.scope, act__in=SECOND_LINE, outcome="done", person=actor.person)
    if judged.exists():
        return f"{actor.person.name} has judged this model and may not build a version of it."
    return None


def sees_its_data(actor: Actor, row: Any, arguments: Mapping[str, Any]) -> str | None:
    """A version is registered only on snapshots whose dataset was granted to the developer."""
    for name in ("training_snapshot", "test_snapshot", "scored_snapshot"):
        snapshot = arguments.get(name)
        if snapshot is not None and not actor.robot and not may_see(actor, snapshot.scope):
            return f"{actor.person.name} was not granted the dataset of the {name.replace('_', ' ')}."
    return None


def registered(version: Version) -> set[Any]:
    """Who registered this version, or had it registered: for the conditions of other rooms."""
    return people_who(["version.register"], [version])


policy("version.register", "model", not_of_the_second_line, sees_its_data)
policy("version.state_lineage", "version", not_of_the_second_line, sees_its_data)
policy("version.inspect", "version")
policy("grant.restrict", "grant")
policy("grant.revoke", "grant")
