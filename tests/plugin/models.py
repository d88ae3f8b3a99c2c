"""What the trial's jobs write: nothing in the database keeps a result from being written twice."""

from __future__ import annotations

from django.db import models

from mrm.access.rows import AppendOnly


class Trace(AppendOnly):
    """One step of one job, or its end."""

    job = models.UUIDField()
    step = models.CharField(max_length=20)

    def __str__(self) -> str:
        return self.step
