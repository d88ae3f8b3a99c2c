"""People with roles and grants, made by the verbs of the house."""

from __future__ import annotations

from mrm.access.actors import Actor, actor_of, robot
from mrm.access.installation import group_scope
from mrm.access.models import LegalEntity, Scope
from mrm.access.rules import Door, GrantLevel, Robot, Role
from mrm.access.verbs import add_person, create_entity, give_grant, give_role, open_account

PASSWORD = "a long pass phrase"


def bank() -> LegalEntity:
    """The legal entity an empty bank starts with."""
    return LegalEntity.objects.order_by("pk")[0]


def other_bank(code: str = "other") -> LegalEntity:
    """A second legal entity of the group."""
    return create_entity(
        robot(Robot.MIGRATOR, door=Door.INSTALL), group=group_scope(), name=f"Bank {code}", code=code
    )


def person(name: str, *roles: Role, on: Scope | None = None, level: GrantLevel = GrantLevel.ACT) -> Actor:
    """A person with an account, roles and (on a scope) a grant."""
    migrator = robot(Robot.MIGRATOR, door=Door.INSTALL)
    made = add_person(migrator, entity=bank(), name=name)
    account = open_account(migrator, person=made, username=name.lower().replace(" ", "."), password=PASSWORD)
    for role in roles:
        give_role(migrator, account=account, role=role)
    if on is not None:
        give_grant(migrator, account=account, scope=on, level=level)
    return actor_of(account)
