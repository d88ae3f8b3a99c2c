"""How the acts of this room are judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mrm.access.actors import Actor
from mrm.access.acts import may_act
from mrm.access.policy_table import policy


def of_the_entity(actor: Actor, row: Any, arguments: Mapping[str, Any]) -> str | None:
    """A catalogue is opened by somebody of its legal entity, or who was granted to act in it."""
    if actor.robot or actor.person.scope_id == row.scope.pk or may_act(actor, row.scope):
        return None
    return f"{actor.person.name} does not belong to {row.name} and was not granted to act in it."


# Nobody can hold a grant on a catalogue that does not exist yet.
policy("feature_catalogue.open", "entity", of_the_entity, own_grant=False)
policy("feature_definition.apply", "catalogue")
policy("feature_source.load", "source")
policy("feature_source.receive", "source")
policy("feature_service.record_build", "service")
policy("feature_service.materialise", "service")
policy("feature_subject.erase", "catalogue")
policy("feature_service.record_served", "service")
policy("feature_service.compare", "service")
policy("feature_service.record_comparison", "service")
