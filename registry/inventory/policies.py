"""How the acts of the inventory are judged: accountability is one person's, whoever else has the role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from mrm.access.actors import Actor
from mrm.access.acts import may_see
from mrm.access.history import people_who, revisions_of
from mrm.access.models import Entry, Scope
from mrm.access.policy_table import policy
from mrm.access.separation import first_line, not_of_the_first_line
from registry.inventory.models import Model

BEGUN = ("model.propose", "model.register")
SECOND_LINE = (
    "validation.run_tests",
    "assessment.rate",
    "opinion.write",
    "opinion.sign",
    "approval.sign",
    "approval.reject",
    "tier.override",
)


def is_owner(actor: Actor, model: Model, arguments: Mapping[str, Any]) -> str | None:
    """Only the owner; where none is named yet, nobody."""
    if model.owner is None:
        return f"{model.name} has no owner yet; name one first."
    return owner_or_unowned(actor, model, arguments)


def owner_or_unowned(actor: Actor, model: Model, arguments: Mapping[str, Any]) -> str | None:
    """The owner; while none is named, or the owner has left, anyone with the role and the grant."""
    owner = model.owner
    if owner is not None and owner.active and owner.pk != actor.person.pk:
        return f"This is for the owner of the model, {owner.name}."
    return None


def owner_or_officer(actor: Actor, model: Model, arguments: Mapping[str, Any]) -> str | None:
    """The owner, or a risk officer."""
    if "risk_officer" in actor.roles:
        return None
    return owner_or_unowned(actor, model, arguments)


def owner_or_developer(actor: Actor, model: Model, arguments: Mapping[str, Any]) -> str | None:
    """The two people of the first line who answer for it."""
    if actor.person.pk in {model.owner_id, model.developer_id}:
        return None
    return "This is for the owner or the developer of the model."


def owned_or_developed(model: Model) -> set[UUID]:
    """Who ever was owner or developer of a model, by all it has said of itself, and who brought it in."""
    people = people_who(BEGUN, [model])
    for facts in revisions_of(model).values_list("payload", flat=True):
        for name in ("owner_id", "developer_id", "responsible_id"):
            if facts and facts.get(name):
                people.add(UUID(facts[name]))
    return people


def first_line_under(scope: Scope) -> set[UUID]:
    """Owners and developers, present and former, of the models under a scope."""
    return {person for model in Model.objects.filter(scope=scope) for person in owned_or_developed(model)}


first_line.register("inventory", first_line_under)


def not_ones_own_tier(actor: Actor, model: Model, arguments: Mapping[str, Any]) -> str | None:
    """Nobody sets aside the rubric for a model they own or build."""
    first_line = {model.owner_id, model.developer_id} | people_who(
        ["model.register", "model.answer_rubric"], [model]
    )
    if actor.person.pk in first_line:
        return f"{actor.person.name} owns or builds this model; another risk officer decides on its tier."
    return None


def not_ones_own_claim(actor: Actor, model: Model, arguments: Mapping[str, Any]) -> str | None:
    """Nobody agrees to a claim of their own, or for what they own or build."""
    first_line = {model.owner_id, model.developer_id} | people_who(
        ["model.propose", "model.claim_non_model"], [model]
    )
    if actor.person.pk in first_line:
        return f"{actor.person.name} proposed, owns or builds this; another risk officer decides the claim."
    return None


def names_nobody_of_the_second_line(actor: Actor, model: Model, arguments: Mapping[str, Any]) -> str | None:
    """Who has validated or approved a model cannot become its owner or developer."""
    judges = set(
        Entry.objects.filter(scope=model.scope, act__in=SECOND_LINE, outcome="done").values_list(
            "person_id", flat=True
        )
    )
    for name in ("owner", "developer"):
        person = arguments.get(name)
        if person is not None and person.pk in judges:
            return f"{person.name} has judged this model and cannot become its {name}."
    return None


def renames_within_sight(actor: Actor, model: Model, arguments: Mapping[str, Any]) -> str | None:
    """Names are compared within the legal entity: who may not see it learns nothing from a refusal."""
    if arguments.get("name") in {None, model.name} or may_see(actor, model.entity.scope):
        return None
    return "Renaming needs a grant on the legal entity, since names are compared within it."


policy("model.propose", "entity")
policy("model.register", "model", is_owner)
policy("model.describe", "model", owner_or_unowned, renames_within_sight)
policy("model.assign", "model", owner_or_unowned, names_nobody_of_the_second_line)
policy("model.start_development", "model", owner_or_developer)
policy("model.claim_non_model", "model")
policy("model.decide_non_model", "model", not_ones_own_claim)
policy("model.reconsider", "model")
policy("model.withdraw_use_change", "change.model", owner_or_unowned)
policy("model.add_use", "model", owner_or_unowned)
policy("model.change_use", "use.model", owner_or_unowned)
policy("model.answer_rubric", "model", owner_or_unowned)
policy("tier.compute", "model", owner_or_officer)
policy("tier.override", "model", not_ones_own_tier, not_of_the_first_line)
