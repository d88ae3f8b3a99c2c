"""How the acts of this room are judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mrm.access.actors import Actor
from mrm.access.acts import may_see
from mrm.access.policy_table import policy
from registry.inventory.policies import owner_or_officer
from registry.versions.policies import not_of_the_second_line, registered


def sees_the_snapshots(actor: Actor, row: Any, arguments: Mapping[str, Any]) -> str | None:
    """A run is imported only with snapshots whose datasets were granted."""
    for name in ("snapshot", "test_snapshot"):
        snapshot = arguments.get(name)
        if snapshot is not None and not actor.robot and not may_see(actor, snapshot.scope):
            return f"{actor.person.name} was not granted the dataset of the {name.replace('_', ' ')}."
    return None


def owns_the_model(actor: Actor, row: Any, arguments: Mapping[str, Any]) -> str | None:
    """The owner of the model asks for an envelope."""
    model = getattr(row, "model", row)
    return None if actor.person.pk == model.owner_id else "An envelope is proposed by the owner of the model."


def owner_or_officer_of_model(actor: Actor, row: Any, arguments: Mapping[str, Any]) -> str | None:
    """The owner of the envelope's model, or a risk officer."""
    return owner_or_officer(actor, row.model, arguments)


def not_of_the_first_line(actor: Actor, row: Any, arguments: Mapping[str, Any]) -> str | None:
    """Nobody approves an envelope they proposed, or for a model they own or build."""
    model = row.model
    if actor.person.pk in {model.owner_id, model.developer_id, row.proposed_by_id} | registered(row.base):
        return f"{actor.person.name} proposed, owns or builds this; another risk officer decides on it."
    return None


policy("recipe.declare", "model", not_of_the_second_line)
policy("run.start", "recipe", not_of_the_second_line)
policy("run.finish", "run")
policy("run.import", "model", not_of_the_second_line, sees_the_snapshots)
policy("run.reproduce", "run")
policy("run.record_repetition", "run")
policy("schedule.set", "recipe", not_of_the_second_line)
policy("schedule.stop", "schedule")
policy("schedule.run", "schedule")
policy("envelope.propose", "recipe", owns_the_model)
policy("envelope.decide", "envelope", not_of_the_first_line)
policy("envelope.end", "envelope", owner_or_officer_of_model)
