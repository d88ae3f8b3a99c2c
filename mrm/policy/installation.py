"""The pack enters an installation after migrate, as an act of the migrator."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_migrate

from mrm.access.actors import robot
from mrm.access.installation import group_scope
from mrm.access.models import Person, Scope
from mrm.access.rules import Door, Robot
from mrm.policy import pack
from mrm.policy.verbs import install


def connect() -> None:
    """Install after every migrate what is not there yet."""
    from django.apps import apps

    post_migrate.connect(
        install_after_migrate, sender=apps.get_app_config("policy"), dispatch_uid="policy.installation"
    )


def install_after_migrate(using: str = "default", **_signal: Any) -> None:
    """One act for all that is missing."""
    if (
        Scope.objects.exists()
        and Person.objects.filter(robot=True, name=Robot.MIGRATOR).exists()
        and pack.missing()
    ):
        install(robot(Robot.MIGRATOR, door=Door.INSTALL), group=group_scope())
