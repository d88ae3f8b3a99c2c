"""`manage.py trial KIND [--payload JSON]`: asks for a trial job and prints its id."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from mrm.access.actors import robot
from mrm.access.installation import group_scope
from mrm.access.rules import Robot
from tests.plugin.work import start


class Command(BaseCommand):
    """Ask for a trial job."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Kind and payload."""
        parser.add_argument("kind")
        parser.add_argument("--payload", default="{}")

    def handle(self, *args: Any, kind: str, payload: str, **options: Any) -> None:
        """Start."""
        job = start(robot(Robot.SCHEDULER), group=group_scope(), kind=kind, payload=json.loads(payload))
        self.stdout.write(job.pk.hex)
