"""Changes to the inventory that join an act of another room."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from mrm.access.acts import Act
from mrm.access.models import LegalEntity
from registry.inventory.models import Model, Use, UseChange
from registry.inventory.rules import TRANSITIONS


def advance(act: Act, *, model: Model, to: str) -> Model:
    """Move a model to another state, as the transitions allow; already there is no change."""
    if model.state == to:
        return model
    TRANSITIONS.check(model.state, to, f"The model {model.name}")
    model.state = to
    return act.save(model)


def adopt(act: Act, *, change: UseChange) -> Use:
    """Put a proposed change of uses into effect: called by the approval that covers it."""
    use = change.use or Use(scope=change.scope, model=change.model)
    apply_facts(use, change.facts)
    act.save(use)
    change.use = use
    change.standing = UseChange.Standing.ADOPTED
    act.save(change)
    return use


def apply_facts(use: Use, facts: dict[str, Any]) -> None:
    """Set the facts of a use from the plain values that a change keeps."""
    use.entity = LegalEntity.objects.get(code=facts["entity"])
    use.portfolio, use.decision = facts["portfolio"], facts["decision"]
    use.jurisdiction, use.currency = facts["jurisdiction"], facts["currency"]
    use.start = date.fromisoformat(facts["start"])
    use.end = date.fromisoformat(facts["end"]) if facts["end"] else None
    use.expected_volume = facts["expected_volume"]
    use.exposure = Decimal(facts["exposure"])
