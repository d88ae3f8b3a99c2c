"""The port through which rooms offer work: kind → handler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mrm.jobs.context import JobContext
from mrm.jobs.processes import Limits
from mrm.kernel.ports import Port


@dataclass(frozen=True)
class Handler:
    """What runs a kind of job, in a process of its own under these limits."""

    run: Callable[[JobContext], None]
    limits: Limits = field(default_factory=Limits)


handlers: Port[Handler] = Port("job.handler")
