"""`manage.py up`: the whole embedded installation in the foreground."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from mrm.access import setup_link
from mrm.access.installation import demonstration, people_exist
from mrm.access.sign_in import seats
from mrm.config.family import Family, answers, members, serves


class Command(BaseCommand):
    """Migrate, seed or print the set-up link, start, watch."""

    help = "Start web, worker and scheduler in the foreground, on a migrated and (unless --no-seed) seeded database."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--port`, `--no-seed`."""
        parser.add_argument("--port", type=int, default=8000, help="port of the web process (8000)")
        parser.add_argument(
            "--no-seed", action="store_true", help="start an empty bank, not the demonstration"
        )

    def handle(self, *args: Any, port: int, no_seed: bool, **options: Any) -> None:
        """One installation per home; everything ends with this process."""
        lock = self._lock()
        if answers(port):
            raise CommandError(f"Port {port} is taken: give another one with --port.")
        self.say("migrating")
        call_command("migrate", interactive=False, verbosity=0)
        link = self._people(no_seed=no_seed)
        connections.close_all()
        root = Path(settings.BASE_DIR)
        family = Family(root, self.say, members(root, Path(settings.MRM_HOME), port))

        def welcome() -> bool:
            if not serves(port):
                return False
            self.say(f"Countersign is at http://127.0.0.1:{port}/   (stop with Ctrl-C)")
            self._seats()
            if link:
                self.say(f"first administrator, once, within an hour: http://127.0.0.1:{port}{link}")
            return True

        family.run(welcome)
        self.say("stopped")
        lock.close()

    def _seats(self) -> None:
        """The sign-ins of a demonstration, one per role."""
        offer = seats.get("demonstration")
        if offer is not None and demonstration():
            for seat in offer():
                self.say(f"  {seat.role:<16} {seat.username:<10} {seat.password}")

    def say(self, text: str) -> None:
        """One line, at once."""
        self.stdout.write(text)
        self.stdout.flush()

    def _lock(self) -> TextIO:
        file = (Path(settings.MRM_HOME) / "up.lock").open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(f"An installation runs already on {settings.MRM_HOME}.") from None
        return file

    def _people(self, *, no_seed: bool) -> str:
        if people_exist():
            return ""
        if no_seed:
            return setup_link.issue()
        call_command("demo", seed=True)
        return ""
