"""`manage.py import_mlflow --as USERNAME`: take over what is new in the bank's own MLflow, now, and say what came in."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mrm.access import shell
from mrm.access.actors import robot
from mrm.access.acts import can
from mrm.access.rules import Door, Robot
from mrm.jobs import runner
from mrm.jobs.models import Job
from mrm.jobs.rules import JobState
from mrm.kernel.errors import CountersignError
from mrm.ledger.clock import now
from registry.mlflow import polling, taking


class Command(BaseCommand):
    """A poll at once; its result as JSON."""

    help = "Take over registered models of the MLflow that MRM_MLFLOW_IMPORT_URL names, as candidates."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who asks: somebody who may propose models in the legal entity."""
        parser.add_argument("--as", dest="username", required=True, metavar="USERNAME")
        shell.add_password(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Check the asker, run the poll here, tell."""
        asker = shell.actor(options["username"], options)
        try:
            asked = taking.begin()
            if reason := can(asker, "model.propose", entity=asked.entity):
                raise CommandError(reason)
            clock = robot(Robot.SCHEDULER, door=Door.SHELL, on_behalf_of=asker.person)
            job = polling.ask(f"asked:{now():%Y-%m-%dT%H:%M:%S.%f}", clock)
        except CountersignError as error:
            raise CommandError(f"{error.code}: {error.detail} {error.remedy}") from None
        assert job is not None  # noqa: S101 - no two are asked for in one microsecond
        runner.run(job.pk)
        runner.drain()
        done = Job.objects.get(pk=job.pk)
        if done.state != JobState.SUCCEEDED:
            raise CommandError(f"{done.error_code}: {done.error_detail} {done.error_remedy}")
        self.stdout.write(json.dumps(done.result, indent=2))
