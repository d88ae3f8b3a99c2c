"""What is checked, and granted, wherever a model gets a name or people: by the acts of this room and by its effects."""

from __future__ import annotations

from mrm.access.acts import Act
from mrm.access.models import LegalEntity, Person, User
from mrm.access.rules import GrantLevel, Role
from mrm.kernel.errors import BadInput
from registry.inventory.models import Model
from registry.inventory.rules import name_key


def free_name(entity: LegalEntity, name: str, but: Model | None = None) -> str:
    """The name without spare spaces, if no other model of the legal entity has it."""
    key = name_key(name)
    if not key:
        raise BadInput("name_taken", "A model needs a name that can be read.", "Type a name.")
    others = Model.objects.filter(entity=entity, name_key=key)
    if (others.exclude(pk=but.pk) if but else others).exists():
        raise BadInput(
            "name_taken",
            f"{entity.name} has a model called “{' '.join(name.split())}” already.",
            "Choose a name that tells the two apart, or open the one that is there.",
        )
    return " ".join(name.split())


def check_person(person: Person, role: Role | None) -> None:
    """Raise `person_unfit` unless the person is active and, where asked, holds the role."""
    if person.robot or not person.active:
        raise BadInput("person_unfit", f"{person.name} is not active here.", "Name somebody who is.")
    accounts = User.objects.filter(person=person, is_active=True)
    if role is not None and not accounts.filter(groups__name=role.value).exists():
        raise BadInput(
            "person_unfit",
            f"{person.name} does not hold the role {role.label}.",
            "Have an administrator give the role, or name somebody who holds it.",
        )


def grant_first_line(act: Act, model: Model) -> None:
    """Owner, developer and responsible person may act on the model."""
    for person in (model.responsible, model.owner, model.developer):
        if person is not None:
            act.grant(person, model.scope, GrantLevel.ACT)
