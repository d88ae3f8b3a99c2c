"""`manage.py verify`: exit 0 proved, 1 tampered, 2 cannot tell. Nothing else ever leaves this command."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from mrm.kernel import notes
from mrm.kernel.errors import CountersignError
from mrm.ledger.report import CANNOT_TELL, Reader, verify_target
from mrm.ledger.signer import signer


def doubt(why: str) -> CommandError:
    """An error of usage or input: it proves nothing, so the exit code is 2 and not Django's 1."""
    return CommandError(why, returncode=CANNOT_TELL)


class Command(BaseCommand):
    """Verify the ledger, an evidence pack or a sealed PDF."""

    help = "Checks signatures, proofs and digests: exit 0 proved, 1 tampered, 2 cannot tell, and why."
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's attribute; a failed check would exit with 1

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the target and what the reader trusts."""
        parser.add_argument("target", nargs="?", type=Path, help="an evidence pack or a sealed PDF")
        parser.add_argument("--ledger", action="store_true", help="verify this database's ledger")
        parser.add_argument(
            "--trust", type=Path, metavar="FILE", help="verifier key (origin+hash+key) you got elsewhere"
        )
        parser.add_argument("--held", type=Path, metavar="CHECKPOINT", help="a checkpoint you kept earlier")

    def run_from_argv(self, argv: list[str]) -> None:
        """As Django's, except that an internal error is 2 as well."""
        try:
            super().run_from_argv(argv)
        except Exception as error:  # noqa: BLE001 - whatever broke, it must not look like "tampered"
            self.stderr.write(f"CANNOT TELL  internal error: {type(error).__name__}: {error}")
            sys.exit(CANNOT_TELL)

    def handle(
        self,
        *args: Any,
        target: Path | None = None,
        ledger: bool = False,
        trust: Path | None = None,
        held: Path | None = None,
        **options: Any,
    ) -> None:
        """Hand the target to the room that knows its kind; leave with its verdict."""
        if ledger == (target is not None):
            raise doubt("Name one target: a pack, a PDF, or --ledger.")
        kind = "ledger" if target is None else _kind(target)
        verifier = verify_target.get(kind)
        if verifier is None:
            raise doubt(f"{target}: nothing here knows how to verify a {kind}.")
        report = verifier(target, _reader(trust, held))
        for line in report.lines():
            self.stdout.write(line)
        sys.exit(report.code)


def _kind(target: Path) -> str:
    """What a file is, by its first bytes."""
    if target.is_dir():
        return "pack"
    try:
        with target.open("rb") as file:
            start = file.read(5)
    except OSError as error:
        raise doubt(f"{target} cannot be read: {error.strerror}.") from error
    if start == b"%PDF-":
        return "pdf"
    if start[:2] == b"PK":
        return "pack"
    raise doubt(f"{target} is neither an evidence pack nor a PDF.")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise doubt(f"{path} cannot be read as text.") from error


def _reader(trust: Path | None, held: Path | None) -> Reader:
    """The keys to believe: those of `trust`, one per line, or this installation's own."""
    checkpoint = None if held is None else _text(held)
    if trust is None:
        try:
            return Reader((signer(make=False).vkey(),), own=True, held=checkpoint)
        except (CountersignError, DatabaseError, LookupError) as error:
            raise doubt(f"This installation's own key cannot be read ({error}); use --trust.") from error
    lines = [line.strip() for line in _text(trust).splitlines()]
    try:
        keys = tuple(notes.VerifierKey.parse(line) for line in lines if line and not line.startswith("#"))
    except notes.NoteError as error:
        raise doubt(f"{trust}: {error}.") from error
    return Reader(keys, held=checkpoint)
