"""`manage.py act ACT --as USERNAME name=value …`: any act at the shell, with the same checks as the page."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mrm.access import intake, shell
from mrm.access.acts import VERBS
from mrm.access.api import result_shape
from mrm.access.openapi import offered, request_schema, summary
from mrm.kernel.canonical import tidy
from mrm.kernel.errors import CountersignError


class Command(BaseCommand):
    """Do an act, or list what acts there are."""

    help = "Does any act at the shell as a person: same checks as the page, never a signature. Without ACT: the list."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Options may stand between the act and its parameters, as in `act NAME --as USER name=value`."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.parse_args = parser.parse_intermixed_args  # type: ignore[method-assign]
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The act and its parameters; `name=@FILE` is a file, `name:=JSON` a JSON value."""
        parser.add_argument("act", nargs="?", metavar="ACT")
        parser.add_argument("parameters", nargs="*", metavar="name=value")
        parser.add_argument("--as", dest="username", metavar="USERNAME", help="who acts")
        shell.add_password(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and print the answer as JSON."""
        name = options["act"]
        if name is None:
            for known, verb in sorted(VERBS.items()):
                if offered(verb):
                    takes = ", ".join(request_schema(verb)["properties"])
                    self.stdout.write(f"{known}({takes}): {summary(verb)}")
            return
        if name not in VERBS or not offered(VERBS[name]):
            raise CommandError(f"There is no act {name!r}; `manage.py act` lists them.")
        if not options["username"]:
            raise CommandError("Say who acts: --as USERNAME.")
        who = shell.actor(options["username"], options)
        try:
            given = dict(_parameter(text) for text in options["parameters"])
            result = VERBS[name](who, **intake.arguments(VERBS[name], given, who))
        except CountersignError as error:
            raise CommandError(f"{error.code}: {error.detail} {error.remedy}") from None
        self.stdout.write(json.dumps(tidy(result_shape(result))))


def _parameter(text: str) -> tuple[str, Any]:
    name, sign, value = text.partition("=")
    if not sign:
        raise CommandError(f"{text!r} is not name=value.")
    if name.endswith(":"):
        try:
            return name[:-1], json.loads(value)
        except ValueError:
            raise CommandError(f"{name[:-1]} is not valid JSON.") from None
    if value.startswith("@"):
        path = Path(value[1:])
        return name, intake.Upload.of(path.name, path.read_bytes())
    return name, value
