"""The test run: one checkpoint per test, the results recorded by one act at the end.

A process that is killed leaves checkpoints (each the vault's digest of one outcome) and no record; the next attempt
computes what is missing and records everything once, under its fence.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from mrm import vault
from mrm.evidence.environment import environment
from mrm.jobs.context import JobContext
from mrm.jobs.handlers import Handler, handlers
from mrm.jobs.models import JobCheckpoint
from mrm.jobs.processes import Limits
from mrm.kernel.canonical import canonical
from mrm.kernel.errors import CountersignError
from mrm.policy.queries import by_digest
from validation.cases.bench import Bench, bench_for
from validation.cases.models import ScopeItem, Validation
from validation.cases.verbs.testing import TESTS, record_tests
from validation.cases.wording import title_of

log = logging.getLogger("validation.cases")
FAULTS = (ArithmeticError, LookupError, ValueError, TypeError, RuntimeError, AttributeError)


@dataclass(frozen=True)
class Step:
    """One test of the plan."""

    item: str
    test: str
    part: str
    column: str = ""

    @property
    def name(self) -> str:
        """The name of its checkpoint."""
        return f"{self.item}/{self.test}/{self.part}/{self.column}"


def plan(items: list[ScopeItem], bench: Bench) -> list[Step]:
    """Every test of the items, once per protected attribute where the template says so."""
    steps: list[Step] = []
    for item in items:
        for test in item.tests:
            columns = [""]
            if test.get("columns") == "protected":
                columns = attributes(bench, test["sample"]) or [""]
            steps += [Step(item.key, test["id"], test["sample"], column) for column in columns]
    return steps


def attributes(bench: Bench, part: str) -> list[str]:
    """The protected attributes that a sample declares."""
    found = bench.samples.get(part)
    return [item["name"] for item in found[1].roles.attributes] if found else []


def run(ctx: JobContext) -> None:
    """Compute what is not computed yet, then record all of it."""
    validation = Validation.objects.select_related("version", "model").get(pk=ctx.payload["validation"])
    items = list(validation.items.filter(exempt_reason=""))
    if ctx.payload["items"]:
        items = [item for item in items if item.key in ctx.payload["items"]]
    bench = bench_for(
        validation.version,
        {row.part: row.snapshot for row in validation.samples.select_related("snapshot__dataset")},
        by_digest(validation.policies["thresholds"]),
        validation.declared,
    )
    steps = plan(items, bench)
    known = dict(JobCheckpoint.objects.filter(job_id=ctx.job.pk).values_list("name", "digest"))
    outcomes = []
    for number, step in enumerate(steps, start=1):
        title = spec_title(step.test)
        ctx.progress(
            number - 1,
            len(steps),
            f"test {number} of {len(steps)}: {title_of(title, step.column, step.part)}",
        )
        if step.name not in known:
            known[step.name] = vault.put(canonical(outcome_of(bench, step, title)))
            ctx.checkpoint(step.name, known[step.name])
        outcomes.append(known[step.name])
    record_tests(ctx.actor, validation=validation, outcomes=outcomes, fence=ctx.fence)
    ctx.progress(len(steps), len(steps), "recorded")


def outcome_of(bench: Bench, step: Step, title: str) -> dict[str, Any]:
    """What one test brought: the content of its evidence, or the sentence why there is none."""
    from validation.battery.errors import BatteryError

    facts: dict[str, Any] = {
        "item": step.item,
        "test": step.test,
        "part": step.part,
        "column": step.column,
        "title": title_of(title, step.column, step.part),
        "environment": environment(),
    }
    try:
        content = bench.run(step.test, step.part, step.column)
    except (BatteryError, CountersignError) as error:
        return {**facts, "problem": error.detail, "remedy": error.remedy}
    except FAULTS as fault:
        log.exception("%s", step.name)
        return {
            **facts,
            "problem": f"The computation ended with an error: {type(fault).__name__}: {fault}"[:500],
            "remedy": "Check the sample and the model; the rest of the run is not affected.",
        }
    return {**facts, "light": content["results"]["light"], "content": content}


def spec_title(test_id: str) -> str:
    """The title of a test; its id where the battery does not have it."""
    from validation import battery
    from validation.battery.errors import BatteryError

    try:
        return battery.spec(test_id).title
    except BatteryError:
        return test_id


handlers.register(TESTS, Handler(run, Limits(seconds=1800)))
