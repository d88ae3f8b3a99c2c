"""The process of one attempt at a job: `python -m mrm.jobs.child JOB FENCE REPORT_FD`.

The environment was pinned by the parent. Standard input is the parent's pulse: when it ends, or is silent for
longer than a lease lasts, this process and all it started kill themselves, for nothing may run with a dead lease.
"""

from __future__ import annotations

import os
import select
import signal
import sys
from threading import Thread
from uuid import UUID


def follow_pulse(silence: float) -> None:
    """Die with the parent, however it died."""
    while True:
        ready, _, _ = select.select([0], [], [], silence)
        if not ready or not os.read(0, 4096):
            os.killpg(0, signal.SIGKILL)


def main(job_id: str, number: str, report: str) -> int:
    """Set the house up and work."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mrm.config.settings")
    from mrm.jobs.rules import LEASE_SECONDS

    Thread(target=follow_pulse, args=(LEASE_SECONDS,), daemon=True, name="pulse").start()
    import django

    django.setup()
    from mrm.jobs.fence import Fence
    from mrm.jobs.work import limited

    return limited(Fence(UUID(job_id), int(number)), int(report))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
