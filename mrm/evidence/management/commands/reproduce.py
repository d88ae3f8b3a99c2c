"""`manage.py reproduce EVIDENCE|RUN|--report PAPER`: recompute from vault bytes in a fresh process and compare."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mrm.evidence.models import Evidence
from mrm.evidence.reproduce import Repeated, cited, fresh, others
from mrm.evidence.rules import Verdict, digits


class Command(BaseCommand):
    """Says `identical`, or the first step that diverges; exit code 1 when anything diverges."""

    help = "recompute evidence in a fresh process from the vault's bytes and compare"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Ids, or one paper or validation."""
        parser.add_argument(
            "evidence",
            nargs="*",
            metavar="EVIDENCE|RUN",
            help="ev: and at least ten digits, or the reference of a run (T-…)",
        )
        parser.add_argument("--report", metavar="PAPER", help="all evidence that a paper or validation cites")

    def handle(self, *args: Any, **options: Any) -> None:
        """One line per evidence."""
        named = [text for text in options["evidence"] if not digits(text)]
        runs = [done for text in named for done in other(text)]
        wanted = [found for text in options["evidence"] if digits(text) for found in one(text)]
        if options["report"]:
            wanted += of_report(options["report"])
        if not wanted and not runs:
            raise CommandError("nothing to reproduce: give evidence ids, or --report PAPER", returncode=2)
        diverged = 0
        for evidence, found in fresh(wanted):
            diverged += found.verdict != Verdict.IDENTICAL
            self.stdout.write(f"{evidence.short}  {evidence.test_id:<28} {found}")
        count = len(wanted)
        for done in runs:
            count += 1
            diverged += not done.identical
            self.stdout.write(f"{done.reference}  {done.title:<28} {done.said}")
        self.stdout.write(f"{count - diverged} of {count} identical")
        if diverged:
            sys.exit(1)


def one(text: str) -> list[Evidence]:
    """The evidence of an id; in several scopes it is the same computation, so the first stands for all."""
    start = digits(text)
    found = list(Evidence.objects.filter(result_digest__startswith=start)) if start else []
    known = {item.result_digest: item for item in found}
    if len(known) != 1:
        raise CommandError(
            f"{text}: {'names several records, give more digits' if known else 'no such evidence'}",
            returncode=2,
        )
    return list(known.values())


def other(text: str) -> list[Repeated]:
    """What another room can do again under that reference."""
    for _, provider in others.items():  # noqa: PERF102 - a Port, not a dict
        found = provider(text)
        if found is not None:
            return list(found)
    raise CommandError(f"{text}: no such evidence or run", returncode=2)


def of_report(reference: str) -> list[Evidence]:
    """What a paper or validation cites."""
    for _, provider in cited.items():  # noqa: PERF102 - a Port, not a dict
        found = provider(reference)
        if found is not None:
            return found
    raise CommandError(f"{reference}: no such paper or validation", returncode=2)
