"""Running the tests of the scope: the job is asked for, and its results are recorded in one act."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import Max

from mrm import vault
from mrm.access.acts import Act, verb
from mrm.evidence import effects as evidence
from mrm.evidence.models import Evidence
from mrm.evidence.rules import kind_of
from mrm.jobs import effects as jobs
from mrm.jobs.fence import Fence
from mrm.jobs.models import Job
from mrm.kernel.errors import BadInput
from validation.cases import wording
from validation.cases.content import policy_body
from validation.cases.models import ScopeItem, TestResult, Validation
from validation.cases.rules import ValidationState
from validation.cases.verbs.opening import written
from validation.findings.effects import Seen, raise_from_rules

TESTS = "cases.run_tests"


@verb("validation.run_tests")
def run_tests(act: Act, *, validation: Validation, items: list[str] | None = None) -> Job:
    """Run the tests of the scope (or of some of its items) as a job; the results are recorded together."""
    written(validation)
    known = {item.key for item in validation.items.all()}
    if unknown := sorted(set(items or []) - known):
        raise BadInput(
            "item_not_in_scope",
            f"{', '.join(unknown)} is not in the scope of {validation.reference}.",
            "Choose items of its scope.",
        )
    return jobs.enqueue(
        act,
        kind=TESTS,
        scope=validation.scope,
        payload={"validation": str(validation.pk), "items": sorted(items or [])},
        title=f"Tests of {validation.reference}",
    )


@verb("validation.record_tests")
def record_tests(act: Act, *, validation: Validation, outcomes: list[str], fence: Fence) -> Validation:
    """Record what the tests brought: evidence per test, findings by the rules of the day, all or nothing."""
    job = jobs.hold(act, fence)
    written(validation)
    items = {item.key: item for item in validation.items.all()}
    run = (TestResult.objects.filter(validation=validation).aggregate(last=Max("run"))["last"] or 0) + 1
    seen: list[Seen] = []
    for digest in outcomes:
        outcome = json.loads(vault.get(digest))
        found = _evidence(act, validation, outcome, job) if "content" in outcome else None
        _result(
            act,
            validation=validation,
            item=items[outcome["item"]],
            run=run,
            outcome=outcome,
            found=found,
            job=job,
        )
        if found is not None:
            seen.append(
                Seen(
                    test=outcome["test"],
                    light=str(found.light),
                    evidence=found,
                    facts=wording.facts(outcome, validation),
                    column=outcome["column"],
                )
            )
    raise_from_rules(
        act,
        version=validation.version,
        validation_id=validation.pk,
        validation_reference=validation.reference,
        rules=policy_body(validation, "findings")["rules"],
        seen=seen,
    )
    if validation.state == ValidationState.OPEN:
        validation.state = ValidationState.TESTED
        act.save(validation)
    jobs.finish(act, fence, {"validation": validation.reference, "results": len(outcomes)})
    return validation


def _evidence(act: Act, validation: Validation, outcome: dict[str, Any], job: Job) -> Evidence:
    content = outcome["content"]
    results = dict(content["results"])
    charts, sample = results.pop("charts"), results.pop("sample")
    return evidence.record(
        act,
        scope=validation.scope,
        kind=kind_of(outcome["test"]),
        test_id=outcome["test"],
        title=outcome["title"],
        inputs=content["inputs"],
        parameters=content["parameters"],
        method=content["method"],
        seed=None if content["seed"] is None else int(content["seed"]),
        results=results,
        charts=charts,
        sample=sample,
        light=outcome["light"],
        job=job.pk,
        environment_=outcome["environment"],
    )


def _result(
    act: Act,
    *,
    validation: Validation,
    item: ScopeItem,
    run: int,
    outcome: dict[str, Any],
    found: Evidence | None,
    job: Job,
) -> None:
    act.save(
        TestResult(
            scope=validation.scope,
            validation=validation,
            item=item,
            run=run,
            test_id=outcome["test"],
            part=outcome["part"],
            column=outcome["column"],
            evidence=found,
            problem=outcome.get("problem", ""),
            remedy=outcome.get("remedy", ""),
            job=job.pk,
            at=act.now,
        )
    )
