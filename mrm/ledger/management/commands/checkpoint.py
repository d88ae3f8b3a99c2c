"""`manage.py checkpoint`: the newest signed checkpoint, for those who keep one out of our reach."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mrm.kernel.errors import CountersignError
from mrm.ledger import sealing
from mrm.ledger.signer import vkey


class Command(BaseCommand):
    """Seal what waits and print the newest signed checkpoint."""

    help = "Prints the newest signed checkpoint (C2SP signed note), or writes it to a file."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the output file."""
        parser.add_argument("--out", type=Path, metavar="FILE", help="write the checkpoint to this file")
        parser.add_argument(
            "--key", action="store_true", help="print the log's public key instead, for whoever verifies"
        )

    def handle(self, *args: Any, out: Path | None = None, key: bool = False, **options: Any) -> None:
        """Print or write the note, byte for byte."""
        if key:
            self.stdout.write(str(vkey()))
            return
        try:
            sealing.seal()
        except CountersignError as error:
            raise CommandError(f"{error.detail} {error.remedy}") from error
        newest = sealing.newest()
        if newest is None:
            raise CommandError("The ledger has no entry yet, so there is nothing to sign.")
        if out is None:
            self.stdout.write(newest.note, ending="")
            return
        try:
            out.write_text(newest.note, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"checkpoint of {newest.size:,} entries written to {out}")
