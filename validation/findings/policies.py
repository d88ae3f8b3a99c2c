"""How the acts on findings and conditions are judged. Separation of duties is read from committed history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from mrm.access.actors import Actor
from mrm.access.history import people_who
from mrm.access.policy_table import policy
from registry.inventory.models import Model
from registry.inventory.policies import owned_or_developed
from registry.versions.policies import builders

Arguments = Mapping[str, Any]


def model_of(row: Any) -> Model:
    """The model a row is about."""
    return row if isinstance(row, Model) else row.model


def built(model: Model) -> set[UUID]:
    """Who registered any version of a model, by whichever door it came."""
    return builders(model.scope)


def not_first_line(actor: Actor, row: Any, arguments: Arguments) -> str | None:
    """Nobody judges what they own or built."""
    model = model_of(row)
    if actor.person.pk in owned_or_developed(model):
        return (
            f"{actor.person.name} owned, developed or registered {model.reference} "
            "and may neither validate nor approve it."
        )
    if actor.person.pk in built(model):
        return f"{actor.person.name} built a version of {model.reference} and may neither validate nor approve it."
    return None


def is_owner(actor: Actor, row: Any, arguments: Arguments) -> str | None:
    """Only the accountable owner answers for a model."""
    model = model_of(row)
    owners = {model.owner_id, getattr(row, "owner_id", None)}
    if actor.person.pk not in owners:
        name = model.owner.name if model.owner else "the model's owner"
        return f"{name} answers for {model.reference}; {actor.person.name} does not own it."
    return None


def did_not_advise(actor: Actor, row: Any, arguments: Arguments) -> str | None:
    """Nobody advises on the fix and then judges it."""
    if actor.person.pk in people_who(["finding.advise"], [row]):
        return f"{actor.person.name} advised on the fix of {row.reference}; another validator judges it."
    return None


def did_not(act: str, what: str) -> Any:
    """Nobody decides on what they asked for."""

    def condition(actor: Actor, row: Any, arguments: Arguments) -> str | None:
        if actor.person.pk in people_who([act], [row]):
            return f"{actor.person.name} {what} and does not decide on it; another person does."
        return None

    return condition


policy("finding.draft", "model", not_first_line)
policy("finding.edit", "finding", not_first_line)
policy("finding.send", "finding", not_first_line)
policy("finding.issue", "finding", not_first_line)
policy("finding.withdraw", "finding", not_first_line)
policy("finding.attach", "finding")
policy("finding.advise", "finding", not_first_line)
policy("finding.answer", "finding", is_owner)
policy("finding.plan", "finding", is_owner)
policy("finding.submit", "finding", is_owner)
policy("finding.extend", "finding", is_owner)
policy("finding.approve_plan", "finding", not_first_line, did_not("finding.plan", "made the plan"))
policy(
    "finding.approve_extension",
    "finding",
    not_first_line,
    did_not("finding.extend", "asked for the extension"),
)
policy("finding.close", "finding", not_first_line, did_not_advise)
policy("finding.send_back", "finding", not_first_line, did_not_advise)
policy("finding.reopen", "finding", not_first_line)
policy("finding.accept", "finding", not_first_line)
policy(
    "finding.concur",
    "finding",
    not_first_line,
    did_not("finding.accept", "accepted the risk of this finding"),
)
policy("condition.fulfil", "condition", is_owner)
policy("condition.confirm", "condition", not_first_line)
