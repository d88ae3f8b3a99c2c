"""Acts on jobs: ask for the work of a period, and cancel."""

from __future__ import annotations

from mrm.access.acts import Act, verb
from mrm.access.models import Scope
from mrm.jobs import effects, leases
from mrm.jobs.handlers import handlers
from mrm.jobs.models import Job
from mrm.kernel.errors import BadInput, RuleRefused


@verb("job.schedule")
def schedule(act: Act, *, group: Scope, kind: str, title: str, period_key: str) -> Job:
    """Ask for the work of a period, once."""
    if handlers.get(kind) is None:
        raise BadInput(
            "bad_parameter", f"No room does work of kind {kind!r}.", "Name a kind of the reference."
        )
    act.facts["period"] = period_key
    return effects.enqueue(act, kind=kind, scope=group, payload={}, title=title, period_key=period_key)


@verb("job.cancel")
def cancel(act: Act, *, job: Job, reason: str = "") -> Job:
    """Cancel a job that waits or runs: its process ends within a second and writes nothing more."""
    act.reason = reason
    if not leases.cancel(job):
        raise RuleRefused(
            "job_closed",
            f"The job has ended already: it {job.get_state_display()}.",
            "Nothing is left to cancel.",
        )
    job.refresh_from_db()
    return job
