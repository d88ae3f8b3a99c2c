"""The test run: resumed after a kill, recorded once, its faults as sentences; and its evidence computed again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import F

from mrm import vault
from mrm.evidence.models import Evidence
from mrm.evidence.reproduce import compare
from mrm.evidence.rules import Verdict
from mrm.jobs import leases
from mrm.jobs.models import Job, JobCheckpoint
from mrm.jobs.rules import JobState
from mrm.kernel.errors import BadInput, RuleRefused
from registry.data import verbs as data
from registry.versions import scoring
from registry.versions.gates import Ask, providers
from tests.validation.cases.making import AGE, ROLES, Bank, do, fresh, later, work
from validation.cases import jobs
from validation.cases.models import TestResult
from validation.cases.verbs import testing
from validation.findings.models import Finding

ITEMS = ["data.quality", "data.period"]


class Killed(BaseException):
    """What stands in for SIGKILL: nobody catches it."""


def killed_after(monkeypatch: pytest.MonkeyPatch, steps: int) -> Callable[[], int]:
    """Lets the run die after some steps; answers how many were computed so far."""
    original, done = jobs.outcome_of, [0]

    def counted(*given: Any) -> dict[str, Any]:
        if done[0] == steps:
            raise Killed
        done[0] += 1
        return original(*given)

    monkeypatch.setattr(jobs, "outcome_of", counted)
    return lambda: done[0]


def again(job: Job) -> None:
    """What the scheduler does with a job whose process is gone."""
    Job.objects.filter(pk=job.pk).update(state=JobState.QUEUED, fence=F("fence") + 1)


@pytest.mark.parametrize("steps", [0, 2, 5])
def test_a_killed_run_goes_on_where_it_was_and_records_once(
    house: Bank, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    validation = house.open()
    job = testing.run_tests(house.validator, validation=validation, items=ITEMS)
    killed_after(monkeypatch, steps)
    with pytest.raises(Killed):
        do(job.pk)
    assert JobCheckpoint.objects.filter(job_id=job.pk).count() == steps
    assert not validation.results.exists(), "never half-written"
    assert not Finding.objects.exists()
    monkeypatch.undo()
    again(job)
    total = len(jobs.plan(list(validation.items.filter(key__in=ITEMS)), _bench(house, validation)))
    computed = killed_after(monkeypatch, total)
    do(job.pk)
    assert computed() == total - steps
    assert validation.results.count() == total
    assert Finding.objects.filter(rule="no_dates").count() == 1


def _bench(house: Bank, validation: Any) -> Any:
    from mrm.policy.queries import by_digest

    samples = {row.part: row.snapshot for row in validation.samples.all()}
    return jobs.bench_for(house.version, samples, by_digest(validation.policies["thresholds"]), {})


def test_a_lost_fence_records_nothing(house: Bank) -> None:
    validation = house.open()
    job = testing.run_tests(house.validator, validation=validation, items=["data.period"])
    fence = leases.claim(job.pk)
    assert fence is not None
    again(job)
    from mrm.access.actors import robot
    from mrm.access.rules import Robot

    with pytest.raises(RuleRefused, match="no longer holds"):
        testing.record_tests(robot(Robot.WORKER), validation=validation, outcomes=[], fence=fence)
    assert not TestResult.objects.exists()
    do(job.pk)
    assert TestResult.objects.count() == 1


def test_a_model_that_hangs_or_crashes_is_a_sentence_and_the_data_are_still_judged(
    house: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hangs(*given: Any) -> Any:
        raise BadInput(
            "artefact_hung", "The model did not answer within 600 s and was stopped.", "Try it alone."
        )

    monkeypatch.setattr(scoring, "score", hangs)
    validation = house.tested(items=["data.period", "performance.discrimination"])
    problems = validation.results.filter(test_id="disc.auc").values_list("problem", "remedy", "evidence")
    assert list(problems) == [
        ("The model did not answer within 600 s and was stopped.", "Try it alone.", None)
    ]
    assert validation.results.get(test_id="dq.known_time").evidence is not None
    assert Job.objects.get(kind=testing.TESTS).state == JobState.SUCCEEDED


def test_a_missing_protected_attribute_and_an_unknown_fault_are_sentences(
    house: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    data.assign_roles(house.developer, snapshot=house.whole, columns=ROLES, event="2", attributes=[])
    validation = house.tested(items=["fairness.disparate_impact"], cutoff="0.4")
    result = validation.results.get(test_id="fair.air")
    assert result.evidence is None
    assert "attribute" in result.problem
    assert result.remedy

    def broken(*given: Any, **more: Any) -> Any:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("validation.cases.bench.Bench.run", broken)
    testing.run_tests(house.validator, validation=validation, items=["data.period"])
    work()
    assert "ZeroDivisionError" in validation.results.get(test_id="dq.known_time").problem


@pytest.mark.slow
def test_every_evidence_of_a_run_is_reproduced_also_after_roles_were_corrected(house: Bank) -> None:
    validation = house.tested(
        items=["data.quality", "performance.discrimination", "fairness.disparate_impact"], cutoff="0.4"
    )
    rows = Evidence.objects.filter(pk__in=validation.results.exclude(evidence=None).values("evidence"))
    assert rows.filter(test_id="fair.air").exists()
    data.assign_roles(
        house.developer, snapshot=house.whole, columns={**ROLES, "telephone": ""}, event="2", attributes=[AGE]
    )
    for evidence in rows:
        assert str(compare(evidence)) == "identical", evidence.test_id


@pytest.mark.parametrize(("what", "step"), [("data", "data"), ("artefact", "artefact")])
def test_one_changed_byte_of_data_or_artefact_names_the_step(house: Bank, what: str, step: str) -> None:
    from pathlib import Path

    from django.conf import settings

    validation = house.tested(items=["performance.discrimination"])
    evidence = validation.results.get(test_id="disc.auc").evidence
    test = validation.samples.get(part="test").snapshot
    digest = test.content.parquet if what == "data" else house.version.artefact
    [path] = [
        item
        for item in (Path(settings.MRM_HOME) / "vault").rglob("*")
        if item.is_file() and digest[4:] in item.name
    ]
    whole = path.read_bytes()
    mode = path.stat().st_mode
    path.chmod(0o644)
    try:
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        found = compare(evidence)
        assert (found.verdict, found.step) == (Verdict.DIVERGED, step)
    finally:
        path.write_bytes(whole)
        path.chmod(mode)
    assert str(compare(evidence)) == "identical"


def test_the_gates_want_evidence_of_this_version(house: Bank) -> None:
    ask = Ask(house.version, {"key": "", "title": ""}, later(1))
    answers = {
        key: providers.get(key) for key in ("shap_evidence", "lime_evidence", "disparate_impact", "approvals")
    }
    assert {key: answer(ask).state for key, answer in answers.items() if answer} == dict.fromkeys(
        answers, "unmet"
    )
    validation = house.granted()
    assert answers["approvals"] is not None
    assert answers["approvals"](ask).state == "met"
    assert fresh(validation).reference in answers["approvals"](ask).evidence


def test_the_vault_holds_each_outcome(house: Bank) -> None:
    house.tested(items=["data.period"])
    [kept] = JobCheckpoint.objects.filter(name__startswith="data.period").values_list("digest", flat=True)
    assert b"dq.known_time" in vault.get(kept)
