"""Nobody judges their own model, also where the judging room knows nothing of models: evidence, papers, use grants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from mrm.access.actors import Actor
from mrm.access.models import Scope
from mrm.kernel.ports import Port

first_line: Port[Callable[[Scope], set[UUID]]] = Port("access.first_line")
"""room → the people who own, develop or built what stands under a scope."""


def not_of_the_first_line(actor: Actor, row: Any, arguments: Mapping[str, Any]) -> str | None:
    """Whoever owns, develops or built a model decides nothing about what was found out of it, whatever roles they hold."""
    if actor.robot:
        return None
    for _, people_of in first_line.items():  # noqa: PERF102 - a Port, not a dict
        if actor.person.pk in people_of(row.scope):
            return f"{actor.person.name} owned, developed or built this model; somebody else decides this."
    return None
