"""What an open act does with evidence: record it, note a rerun."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from mrm import vault
from mrm.access.acts import Act
from mrm.access.models import Scope
from mrm.evidence import content as contents
from mrm.evidence.environment import environment
from mrm.evidence.models import Evidence, EvidenceRun
from mrm.evidence.rules import Light, Verdict
from mrm.kernel.canonical import digest
from mrm.kernel.clock import utc
from mrm.kernel.errors import BadInput


def record(
    act: Act,
    *,
    scope: Scope,
    kind: str,
    test_id: str,
    title: str,
    inputs: Mapping[str, str],
    parameters: Mapping[str, Any],
    method: Mapping[str, Any],
    seed: int | None,
    results: Mapping[str, Any],
    charts: Sequence[Mapping[str, Any]] = (),
    sample: Mapping[str, Any] | None = None,
    light: str = Light.SHOWN,
    job: UUID | None = None,
    environment_: Mapping[str, Any] | None = None,
) -> Evidence:
    """Record one computation. The same result in the same scope is the same evidence: it gains a rerun.

    `environment_` is where it ran, when that was another process than this one.
    """
    if not (inputs and method and results):
        raise BadInput(
            "evidence_undecided",
            f"Evidence of {test_id} came without inputs, method or results.",
            "Record the whole computation; an undefined result says so with its reason.",
        )
    body = contents.compose(
        kind=kind,
        test_id=test_id,
        inputs=inputs,
        parameters=parameters,
        method=method,
        seed=seed,
        results=results,
        charts=charts,
        sample=sample,
    )
    result_digest = vault.put(contents.encode(body))
    evidence = Evidence.objects.filter(scope=scope, result_digest=result_digest).first()
    known = evidence is not None
    if evidence is None:
        evidence = act.save(
            Evidence(
                scope=scope,
                kind=kind,
                test_id=test_id,
                title=title,
                result_digest=result_digest,
                inputs=body["inputs"],
                light=light,
                defined=bool(results.get("defined", True)),
                headline=contents.headline(body["results"]),
                sample=body["results"]["sample"],
                recorded_at=act.now,
            )
        )
    verdict = Verdict.IDENTICAL if known else Verdict.RECORDED
    ran(act, evidence=evidence, verdict=verdict, job=job, environment_=environment_)
    return evidence


def ran(
    act: Act,
    *,
    evidence: Evidence,
    verdict: str,
    step: str = "",
    detail: str = "",
    job: UUID | None = None,
    environment_: Mapping[str, Any] | None = None,
) -> EvidenceRun:
    """Note that the computation ran: the record digest adds environment, time and actor to the result's."""
    person = act.actor.on_behalf_of or act.person
    where = dict(environment_ or environment())
    facts = {
        "result": evidence.result_digest,
        "verdict": str(verdict),
        "environment": where,
        "time": utc(act.now),
        "actor": str(person.pk),
    }
    return act.save(
        EvidenceRun(
            scope=evidence.scope,
            evidence=evidence,
            person=person,
            job=job,
            environment=where,
            verdict=verdict,
            step=step,
            detail=detail,
            record_digest=digest(facts),
            ran_at=act.now,
        )
    )
