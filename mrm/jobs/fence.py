"""The proof that a process still holds a job."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Fence:
    """Which claim of which job: every new claim, loss and cancellation raises the number."""

    job_id: UUID
    number: int
