"""`manage.py features …`: definitions, sources, training sets, the online store and skew, from the shell."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mrm.access import shell
from mrm.access.actors import Actor, robot
from mrm.access.rules import Robot
from mrm.kernel.errors import CountersignError
from registry.features import shell as feature_shell
from registry.features.models import Catalogue


class Command(BaseCommand):
    """One sub-command for each thing to do."""

    help = "feature definitions, point-in-time training sets, the online store, and skew"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The sub-commands."""
        actions = parser.add_subparsers(dest="action", required=True, parser_class=_Plain)
        self._one(
            actions, "apply", "register definitions, and read the sources they name", acts=True
        ).add_argument("file", metavar="FILE.yaml")
        loading = self._one(
            actions, "load", "read a source again: what is new becomes a part of the store", acts=True
        )
        loading.add_argument("source", metavar="SOURCE")
        loading.add_argument("--file", metavar="FILE", help="the delivery; default: where it was read last")
        building = self._one(actions, "build", "a training set as it was known then")
        building.add_argument("service", metavar="SERVICE")
        building.add_argument("--rows", required=True, metavar="FILE", help="key and as_of, CSV or Parquet")
        building.add_argument("--out", required=True, metavar="FILE", help=".parquet or .csv")
        building.add_argument("--known-until", metavar="TIME", help="nothing that became known later")
        building.add_argument("--rebuild", metavar="TS-…", help="on the store as it was at an earlier build")

        bringing = self._one(actions, "materialise", "bring a service online, up to a time", acts=True)
        bringing.add_argument("service", metavar="SERVICE")
        bringing.add_argument("--until", metavar="TIME", help="default: now")
        reading = self._one(actions, "read", "what serving would read, and the watermark")
        reading.add_argument("service", metavar="SERVICE")
        reading.add_argument("--rows", required=True, metavar="FILE", help="the key, CSV or Parquet")
        reading.add_argument("--out", required=True, metavar="FILE", help=".parquet or .csv")

        skew = self._one(actions, "skew", "served features against what was known, feature by feature")
        skew.add_argument("service", metavar="SERVICE")
        skew.add_argument("--served", metavar="FILE.ndjson", help="record these served rows first")

    def _one(self, actions: Any, name: str, words: str, *, acts: bool = False) -> ArgumentParser:
        parser: ArgumentParser = actions.add_parser(name, help=words)
        parser.add_argument("--as", dest="username", required=acts, metavar="USERNAME", help="who acts")
        parser.add_argument(
            "--catalogue", metavar="FC-…", help="which feature catalogue, where it is not clear"
        )
        shell.add_password(parser)
        return parser

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; a refusal is a sentence with its remedy, and nothing half-written."""
        do = getattr(feature_shell, options["action"])
        try:
            who = reader(options)
            for line in do(who, within(who, options), options):
                self.stdout.write(line)
        except CountersignError as error:
            raise CommandError(f"{error.code}: {error.detail} {error.remedy}".strip()) from None


class _Plain(CommandParser):
    """A sub-parser without Django's own options twice."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)


def reader(options: dict[str, Any]) -> Actor:
    """The person named by --as; without one, who runs the installation reads as its worker and no record is made."""
    if options["username"]:
        return shell.actor(options["username"], options)
    return robot(Robot.WORKER)


def within(who: Actor, options: dict[str, Any]) -> Catalogue | None:
    """The catalogue named by --catalogue, if one is."""
    if not options["catalogue"]:
        return None
    found: Catalogue = Catalogue.objects.one(who, reference=options["catalogue"])
    return found
