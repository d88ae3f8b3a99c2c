"""Changes to the inventory that join an act of another room."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from mrm.access.acts import Act
from mrm.access.models import LegalEntity, Person
from mrm.access.rules import Role, ScopeKind
from registry.inventory.checks import check_person, free_name, grant_first_line
from registry.inventory.models import Model, Use, UseChange
from registry.inventory.rules import TRANSITIONS, ModelClass, Origin, name_key


def propose(
    act: Act,
    *,
    entity: LegalEntity,
    name: str,
    responsible: Person,
    owner: Person | None = None,
    developer: Person | None = None,
    model_class: ModelClass = ModelClass.OTHER,
    origin: Origin = Origin.IN_HOUSE,
    method: str = "",
    purpose: str = "",
) -> Model:
    """A candidate: its name is free in the legal entity, and who is named is fit for it."""
    name = free_name(entity, name)
    for person, role in ((responsible, None), (owner, Role.MODEL_OWNER), (developer, Role.MODEL_DEVELOPER)):
        if person is not None:
            check_person(person, role)
    model = Model(
        scope=act.new_scope(ScopeKind.MODEL, parent=entity.scope, label=name),
        entity=entity,
        name=name,
        name_key=name_key(name),
        responsible=responsible,
        owner=owner,
        developer=developer,
        model_class=model_class,
        origin=origin,
        method=method.strip(),
        purpose=purpose.strip(),
        proposed_at=act.now,
    )
    grant_first_line(act, model)
    return act.save(model)


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
