"""`manage.py doctor`: each part of the installation, ok or the mend."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from mrm.config.doctor import examine


class Command(BaseCommand):
    """Look at libraries, database, triggers, broker, signer, clock and disk."""

    help = (
        "Look at libraries, database, triggers, broker, signer, clock and disk: each ok, or how to mend it."
    )
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line a part; exit code 1 when any is broken."""
        findings = examine()
        for finding in findings:
            word = "broken" if finding.mend else "ok"
            self.stdout.write(f"{finding.part:<10} {word:<7} {finding.seen}")
            if finding.mend:
                self.stdout.write(f"{'':<10} mend:   {finding.mend}")
        if any(finding.mend for finding in findings):
            sys.exit(1)
