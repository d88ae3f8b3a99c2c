"""Acts on evidence: have it computed again, note how that ended, declare it void."""

from __future__ import annotations

from collections.abc import Callable

from mrm.access.acts import Act, verb
from mrm.evidence.effects import ran
from mrm.evidence.models import Evidence, EvidenceRun, EvidenceVoid
from mrm.evidence.rules import Verdict
from mrm.jobs import effects as jobs
from mrm.jobs.fence import Fence
from mrm.jobs.models import Job
from mrm.kernel.errors import BadInput, RuleRefused
from mrm.kernel.ports import Port

voided: Port[Callable[[Act, Evidence], None]] = Port("evidence.voided")
"""name → effect that joins the act when evidence becomes void (grants that rest on it are restricted)."""


@verb("evidence.reproduce")
def reproduce(act: Act, *, evidence: Evidence) -> Job:
    """Compute this evidence again in a process of its own and compare."""
    return jobs.enqueue(
        act,
        kind="evidence.reproduce",
        scope=evidence.scope,
        payload={"evidence": str(evidence.pk)},
        title=f"Reproduce {evidence.title}",
    )


@verb("evidence.record_reproduction")
def record_reproduction(
    act: Act, *, evidence: Evidence, verdict: Verdict, step: str, detail: str, fence: Fence
) -> EvidenceRun:
    """Note how a recomputation ended."""
    jobs.hold(act, fence)
    act.facts["verdict"] = str(verdict)
    return ran(act, evidence=evidence, verdict=verdict, step=step, detail=detail, job=fence.job_id)


@verb("evidence.void")
def void(act: Act, *, evidence: Evidence, reason: str) -> EvidenceVoid:
    """Declare that evidence must not be relied on any more; grants that rest on it are restricted at once."""
    if not reason.strip():
        raise BadInput(
            "reason_missing", "Evidence is not declared void without a reason.", "Say what is wrong with it."
        )
    if EvidenceVoid.objects.filter(evidence=evidence).exists():
        raise RuleRefused("evidence_void", "This evidence is void already.", "Nothing is left to do.")
    act.reason = reason
    made = act.save(
        EvidenceVoid(
            scope=evidence.scope, evidence=evidence, person=act.person, reason=reason, voided_at=act.now
        )
    )
    for _, effect in voided.items():  # noqa: PERF102 - a Port, not a dict
        effect(act, evidence)
    return made
