"""Jobs inside a test's own process and transaction: the same attempt as in a child, without one."""

from __future__ import annotations

import os

from mrm.jobs import leases
from mrm.jobs.models import Job
from mrm.jobs.work import attempt


def run_jobs() -> list[Job]:
    """Run every waiting job, those that they ask for included; returns them as they ended."""
    ended = []
    with open(os.devnull, "wb") as nobody:  # noqa: PTH123 - a descriptor to report progress to
        while (following := leases.waiting().first()) is not None:
            fence = leases.claim(following.pk)
            assert fence is not None
            attempt(fence, nobody.fileno())
            following.refresh_from_db()
            ended.append(following)
    return ended
