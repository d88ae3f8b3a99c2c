"""What an empty bank starts with: the group, one legal entity, the roles and the robots; acts of the migrator."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_migrate

from mrm.access.actors import robot
from mrm.access.acts import first_act
from mrm.access.models import Installation, LegalEntity, Person, Scope
from mrm.access.rules import Door, Robot, Role, ScopeKind
from mrm.access.verbs import create_entity, prepare
from mrm.ledger.models import Origin


def connect() -> None:
    """Prepare after every migrate; each step is done once."""
    from django.apps import apps

    # The last room's signal: by then every table and trigger is there.
    post_migrate.connect(
        prepare_after_migrate, sender=apps.get_app_config("access"), dispatch_uid="access.installation"
    )


def prepare_after_migrate(using: str = "default", **_signal: Any) -> None:
    """Make what is missing."""
    from django.contrib.auth.models import Group

    if not Origin.objects.exists():
        return
    if not Scope.objects.exists():
        group = Scope(kind=ScopeKind.GROUP, label="Group")
        first_act(group, Person(scope=group, name=Robot.MIGRATOR.value, robot=True))
    migrator = robot(Robot.MIGRATOR, door=Door.INSTALL)
    group = group_scope()
    robots = Person.objects.filter(robot=True).count()
    if robots < len(Robot) or Group.objects.count() < len(Role):
        prepare(migrator, group=group)
    if not LegalEntity.objects.exists():
        create_entity(migrator, group=group, name="Bank", code="bank")


def group_scope() -> Scope:
    """The root of all scopes."""
    return Scope.objects.get(parent__isnull=True)


def demonstration() -> bool:
    """Whether this installation is a demonstration, for ever."""
    return Installation.objects.filter(id=1, demonstration=True).exists()


def people_exist() -> bool:
    """Whether anybody lives here yet."""
    return Person.objects.filter(robot=False).exists()
