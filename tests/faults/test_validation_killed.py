"""Kill -9 of the worker at random points of a validation run on real data: one set of results, each time.

`make faults` kills full runs (every test of the scope); `make test` runs of a light scope.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from tests.faults.test_worker_killed import OPEN, SEED, kill, state
from tests.installation import Installation, OncePerRun, eventually, installation

pytestmark = pytest.mark.faults
SHARES = 2
LIGHT = ["data.quality", "performance.discrimination", "performance.calibration"]


@pytest.fixture(scope="module")
def demonstration(once_per_run: OncePerRun) -> Path:
    """The demonstration bank, whose challenger's validation has just been opened."""
    return once_per_run("demonstration", lambda home: Installation(home).manage("demo", "--seed"))


def open_case(bank: Installation) -> tuple[str, str]:
    """Reference and key of the validation that is open."""
    ((reference, key),) = bank.rows(
        "SELECT reference, id FROM cases_validation WHERE state IN ('open', 'tested')"
    )
    return reference, key


def ask(bank: Installation, reference: str, items: list[str]) -> str:
    """Ask for a run as the validator, at the shell; the job's key."""
    chosen = [f"items:={json.dumps(items)}"] if items else []
    said = bank.manage("act", "validation.run_tests", "--as", "validator", f"validation={reference}", *chosen)
    return UUID(json.loads(said.stdout.strip().splitlines()[-1])["id"]).hex


def results(bank: Installation, job: str) -> list[tuple[str, ...]]:
    """Test, part, column and evidence digest of every result that a job recorded."""
    return bank.rows(
        "SELECT r.test_id, r.part, r.\"column\", coalesce(e.result_digest, '') FROM cases_testresult r "
        "LEFT JOIN evidence_evidence e ON e.id = r.evidence_id WHERE r.job = ? ORDER BY 1, 2, 3",
        job,
    )


@pytest.mark.parametrize("share", range(SHARES))
def test_a_validation_run_killed_at_random_points_records_once(
    demonstration: Path, tmp_path: Path, kills: int, share: int, count_out: Callable[[str], None]
) -> None:
    """The trials are dealt out: each share has a bank of its own, so that two cores do two trials at once."""
    full = kills >= 20
    items = [] if full else LIGHT
    trials = range(share, kills, SHARES)
    chance = random.Random(SEED + share)
    seen: Counter[str] = Counter()
    with installation(demonstration, tmp_path) as bank:
        bank.start()
        reference, _ = open_case(bank)
        started = time.monotonic()
        first = ask(bank, reference, items)
        eventually(lambda: state(bank, first)["state"] not in OPEN, "the undisturbed run ends", 300)
        whole = time.monotonic() - started
        expected = results(bank, first)
        assert len(expected) >= 9, bank.log[-3000:]
        assert len({row[:3] for row in expected}) == len(expected)
        for number in trials:
            target = ("worker", "worker and child", "child")[number % 3]
            job = ask(bank, reference, items)
            time.sleep(chance.uniform(0.3, whole))
            seen["processes killed"] += kill(bank, target)
            eventually(lambda job=job: state(bank, job)["state"] not in OPEN, f"trial {number} ends", 300)
            after = state(bank, job)
            assert after["state"] == "succeeded", (after, bank.log[-3000:])
            assert results(bank, job) == expected
            seen["trials"] += 1
            seen["attempts"] += int(str(after["attempts"]))
            seen["one set of results"] += 1
        count_out(
            f"{'full' if full else 'light'} validation run of {len(expected)} tests killed (seed {SEED + share}): "
            + ", ".join(f"{count} {what}" for what, count in seen.items())
        )
        (acts,) = bank.rows("SELECT count(*) FROM access_entry WHERE act = 'validation.record_tests'")
        assert (
            acts[0] == len(trials) + 2
        )  # the demonstration's own run, the undisturbed one, and one for each trial
        assert bank.manage("verify", "--ledger").returncode == 0
