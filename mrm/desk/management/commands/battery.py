"""`manage.py battery list|run ID --data FILE [--set k=v …] --json`: the test battery on a file."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from validation.battery import shell
from validation.battery.errors import BatteryError


class Command(BaseCommand):
    """The battery for validators who live on the shell; it reads a file and changes nothing."""

    help = "Lists the tests of the battery, or runs one on a CSV or Parquet file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to do, on which file, with which settings."""
        what = parser.add_subparsers(dest="what", required=True)
        listing = what.add_parser("list", help="every test: id, title, columns it needs")
        listing.add_argument("--json", action="store_true")
        run = what.add_parser("run", help="one test on one file")
        run.add_argument("test", metavar="ID")
        run.add_argument("--data", required=True, metavar="FILE")
        run.add_argument("--set", dest="settings", action="append", default=[], metavar="k=v")
        run.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the list, or the result as JSON."""
        if options["what"] == "list":
            self._list(as_json=options["json"])
            return
        settings = dict(item.partition("=")[::2] for item in options["settings"])
        try:
            result = shell.run_file(options["test"], options["data"], settings)
        except BatteryError as error:
            raise CommandError(f"{error.code}: {error.detail} {error.remedy}") from None
        except OSError as error:
            raise CommandError(f"{options['data']} cannot be read: {error.strerror}.") from None
        if options["json"]:
            self.stdout.write(json.dumps(result, ensure_ascii=False))
            return
        for name in ("id", "defined", "reason", "statistic", "p_value", "ci"):
            if result.get(name) is not None:
                self.stdout.write(f"{name}: {result[name]}")

    def _list(self, *, as_json: bool) -> None:
        tests = shell.list_tests()
        if as_json:
            self.stdout.write(json.dumps(tests, ensure_ascii=False))
            return
        for test in tests:
            self.stdout.write(f"{test['id']:<24} {test['title']}")
