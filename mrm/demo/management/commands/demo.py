"""`manage.py demo --out DIR`: the main job, headless, through the same verbs as the pages."""

from __future__ import annotations

import logging
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from mrm.access.installation import people_exist
from mrm.demo import outputs, people, story
from mrm.kernel.errors import CountersignError


class Command(BaseCommand):
    """Seeds an empty installation with the demonstration bank and writes what a regulator would take away."""

    help = "German credit from upload to a sealed validation report, by the same verbs as the pages."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to write."""
        parser.add_argument(
            "--out", type=Path, metavar="DIR", help="folder for report, pack, key and summary"
        )
        parser.add_argument("--seed", action="store_true", help="only fill the empty database, as `up` does")

    def handle(self, *args: Any, **options: Any) -> None:
        """Tell the story; write the files."""
        if not options["out"] and not options["seed"]:
            raise CommandError("Say where to write: --out DIR (or --seed to only fill the database).")
        if settings.PRODUCTION:
            raise CommandError("A production installation refuses the demonstration.")
        call_command("migrate", verbosity=0, interactive=False)
        if people_exist():
            raise CommandError(
                "This database is not empty. Use a fresh MRM_HOME (or MRM_DATABASE_URL) for the demonstration."
            )
        logging.getLogger("mrm.jobs").setLevel(logging.WARNING)  # the bar says what runs
        started = time.monotonic()
        try:
            told = story.tell(self.stdout.write, self._progress)
            if options["out"]:
                outputs.write(told, options["out"])
        except CountersignError as error:
            raise CommandError(f"{error.code}: {error.detail} {error.remedy}") from None
        if options["out"]:
            self._sign_ins()
        if options["out"]:
            self.stdout.write(
                f"written to {options['out']}: {', '.join(sorted(p.name for p in options['out'].iterdir()))}"
            )
        self.stdout.write(f"demonstration made in {time.monotonic() - started:.0f} s")

    def _progress(self, done: int, total: int, title: str) -> None:
        bar = "█" * (24 * done // total) + "░" * (24 - 24 * done // total)
        self.stdout.write(f"{bar} {done:>2}/{total} {title}")

    def _sign_ins(self) -> None:
        self.stdout.write("sign-ins:")
        for seat in people.seats():
            self.stdout.write(f"  {seat.role:<16} {seat.username:<10} {seat.password}")
