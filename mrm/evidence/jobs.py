"""Recomputation as a job: the job's own process has the pinned environment already."""

from __future__ import annotations

from mrm.evidence.models import Evidence
from mrm.evidence.reproduce import compare
from mrm.evidence.rules import Verdict
from mrm.evidence.verbs import record_reproduction
from mrm.jobs.context import JobContext
from mrm.jobs.handlers import Handler, handlers


def run(ctx: JobContext) -> None:
    """Recompute, compare, note the verdict."""
    evidence = Evidence.objects.get(pk=ctx.payload["evidence"])
    ctx.progress(0, 1, f"computing {evidence.test_id} again")
    found = compare(evidence)
    record_reproduction(
        ctx.actor,
        evidence=evidence,
        verdict=Verdict(found.verdict),
        step=found.step,
        detail=found.detail,
        fence=ctx.fence,
    )
    ctx.result = {"evidence": evidence.short, "verdict": str(found)}
    ctx.progress(1, 1, str(found))


handlers.register("evidence.reproduce", Handler(run))
