"""`manage.py token USERNAME [--days N]`: an API token of that person, printed once."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mrm.access import shell
from mrm.access.models import User
from mrm.access.verbs import issue_token
from mrm.kernel.errors import CountersignError


class Command(BaseCommand):
    """Issue a token; a ledger entry."""

    help = (
        "Prints an API token of a person, once. It acts with the person's roles and grants and never signs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose, and for how long."""
        parser.add_argument("username", metavar="USERNAME")
        parser.add_argument("--days", type=int, default=30, metavar="N")
        parser.add_argument("--name", default="made on the command line")
        shell.add_password(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Issue it and print it."""
        who = shell.actor(options["username"], options)
        own = User.objects.get(pk=str(who.account_id))
        try:
            token = issue_token(who, account=own, name=options["name"], days=options["days"])
        except CountersignError as error:
            raise CommandError(f"{error.detail} {error.remedy}") from None
        self.stdout.write(token)
