"""Kill -9 of worker, child, scheduler and web at random points of a job: one set of results, one effect, always."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from tests.installation import Installation, eventually, free_port, installation, processes

pytestmark = pytest.mark.faults

STEPS, SECONDS = 12, 0.15
SEED = 20261124
END = "end"  # as tests.plugin.work names it, which only its own installation can import
OPEN = {"queued", "running"}


class StepsWork:
    """The work a trial disturbs: a job of many recorded steps and one end."""

    def __init__(self, steps: int = STEPS) -> None:
        self.steps = steps

    def start(self, bank: Installation) -> str:
        """Ask for it; returns the job's key."""
        payload = json.dumps({"steps": self.steps, "seconds": SECONDS})
        return bank.manage("trial", "trial.steps", "--payload", payload).stdout.strip()

    def judge(self, bank: Installation, job: str) -> None:
        """One result for each step, one end, one entry in the ledger for each."""
        found = Counter(step for (step,) in bank.rows("SELECT step FROM plugin_trace WHERE job = ?", job))
        assert found == Counter([*map(str, range(self.steps)), END])


def state(bank: Installation, job: str) -> dict[str, object]:
    """What the job's row says."""
    names = "state", "attempts", "lost_leases", "error_code", "fence", "progress_text"
    (row,) = bank.rows(f"SELECT {', '.join(names)} FROM jobs_job WHERE id = ?", job)
    return dict(zip(names, row, strict=True))


def kill(bank: Installation, target: str) -> int:
    """Kill -9 what the trial aims at, as far as it lives; returns how many died."""
    wanted = []
    if target in {"worker", "worker and child"}:
        wanted.append(bank.member("worker"))
    if target in {"child", "worker and child"}:
        wanted += bank.children()
    if target in {"scheduler", "web"}:
        wanted.append(bank.member(target))
    dead = 0
    for pid in wanted:
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                dead += 1
    return dead


def test_killed_at_random_points(bank: Installation, kills: int, count_out: Callable[[str], None]) -> None:
    chance = random.Random(SEED)
    work = StepsWork()
    seen: Counter[str] = Counter()
    for number in range(kills):
        target = ("worker", "worker and child", "child", "scheduler", "web")[number % 5]
        job = work.start(bank)
        time.sleep(chance.uniform(0.2, STEPS * SECONDS + 1.5))
        dead = kill(bank, target)
        eventually(lambda job=job: state(bank, job)["state"] not in OPEN, f"trial {number} ends", 90)
        after = state(bank, job)
        assert after["state"] == "succeeded", (after, bank.log[-3000:])
        work.judge(bank, job)
        assert after["attempts"] <= 3
        eventually(lambda: not bank.children(), "no process is left with a dead lease", 12)
        seen["trials"] += 1
        seen["processes killed"] += dead
        seen["attempts"] += int(str(after["attempts"]))
        seen["lost leases"] += int(str(after["lost_leases"]))
        seen["one set of results"] += 1
    count_out(
        f"killed at random points (seed {SEED}): "
        + ", ".join(f"{count} {what}" for what, count in seen.items())
    )
    assert bank.manage("verify", "--ledger").returncode == 0
    assert not bank.rows("SELECT 1 FROM jobs_job WHERE state = 'running'")


def test_the_same_message_five_times_is_one_effect(bank: Installation) -> None:
    work = StepsWork()
    job = work.start(bank)
    ring = f"from uuid import UUID; from mrm.jobs.bell import ring; [ring(UUID('{job}')) for _ in range(5)]"
    bank.manage("shell", "--no-imports", "-c", ring)
    eventually(lambda: state(bank, job)["state"] not in OPEN, "the job ends")
    assert state(bank, job)["attempts"] == 1
    work.judge(bank, job)


def test_a_stopped_worker_cannot_write_after_its_lease(bank: Installation) -> None:
    """SIGSTOP beyond the lease: the first attempt ends itself, another goes on from its last step."""
    work = StepsWork(steps=90)
    while True:
        job = work.start(bank)
        (first,) = eventually(lambda job=job: bank.children(job), "the job runs")
        worker = bank.member("worker")
        if worker and worker == next(item.parent for item in processes() if item.pid == first):
            break
        # On a slow machine the scheduler was quicker than the worker's start: let it finish, ask again.
        eventually(lambda job=job: state(bank, job)["state"] not in OPEN, "the job ends", 90)
    os.kill(worker, signal.SIGSTOP)
    try:
        eventually(lambda: not _lives(first), "without a pulse the first process ends itself", 30)
        eventually(lambda: state(bank, job)["state"] not in OPEN, "somebody else finishes", 90)
    finally:
        os.kill(worker, signal.SIGCONT)
    after = state(bank, job)
    assert (after["state"], after["attempts"], after["lost_leases"]) == ("succeeded", 2, 1)
    work.judge(bank, job)
    eventually(lambda: not bank.children(), "no process is left", 12)


def test_a_dead_broker_delays_and_loses_nothing(template: Path, tmp_path: Path) -> None:
    """Nothing listens where the broker should be: the scheduler runs the job itself, in its child."""
    dead = {"MRM_BROKER_URL": f"redis://127.0.0.1:{free_port()}/0"}
    with installation(template, tmp_path, settings="tests.plugin.settings", extra=dead) as bank:
        bank.start("--no-seed")
        work = StepsWork()
        job = work.start(bank)
        eventually(lambda: state(bank, job)["state"] not in OPEN, "the job ends all the same", 90)
        assert state(bank, job)["state"] == "succeeded"
        work.judge(bank, job)


def test_each_way_to_fail_has_its_reason(bank: Installation) -> None:
    wanted = {
        "trial.crash": ("job_crashed", 3),
        "trial.hang": ("job_timeout", 1),
        "trial.hungry": ("job_memory", 1),
        "trial.refused": ("wrong_state", 1),
    }
    jobs = {kind: bank.manage("trial", kind).stdout.strip() for kind in wanted}
    for kind, job in jobs.items():
        eventually(lambda job=job: state(bank, job)["state"] == "failed", f"{kind} fails", 90)
        after = state(bank, job)
        assert (after["error_code"], after["attempts"]) == wanted[kind]
        (detail, remedy) = bank.rows("SELECT error_detail, error_remedy FROM jobs_job WHERE id = ?", job)[0]
        assert detail
        assert remedy
    assert bank.member("worker"), "the worker lives"


def test_cancelling_ends_the_process_and_all_it_started(bank: Installation) -> None:
    job = bank.manage("trial", "trial.endless").stdout.strip()
    eventually(lambda: "sleeper" in str(state(bank, job)["progress_text"]), "progress is shown")
    sleeper = int(str(state(bank, job)["progress_text"]).split()[1])
    cancel = (
        "from mrm.jobs import leases; from mrm.jobs.models import Job; "
        f"leases.cancel(Job.objects.get(pk='{UUID(job)}'))"
    )
    bank.manage("shell", "--no-imports", "-c", cancel)
    eventually(lambda: not bank.children(), "the child is gone", 10)
    eventually(lambda: not _lives(sleeper), "what it started is gone", 5)
    assert state(bank, job)["state"] == "cancelled"


def test_stopping_gives_the_job_back_and_leaves_no_process(bank: Installation) -> None:
    job = bank.manage("trial", "trial.endless").stdout.strip()
    eventually(bank.children, "the job runs")
    children = bank.children()
    assert bank.stop() == 0
    assert not any(_lives(pid) for pid in children)
    after = state(bank, job)
    assert (after["state"], after["attempts"]) == ("queued", 0)


def test_up_itself_killed_leaves_nobody_behind_and_starts_again(bank: Installation) -> None:
    work = StepsWork()
    job = work.start(bank)
    eventually(bank.children, "the job runs")
    assert bank.process
    members = [pid for name in ("web", "worker", "scheduler") if (pid := bank.member(name))]
    os.kill(bank.process.pid, signal.SIGKILL)
    bank.process.wait()
    eventually(lambda: not any(_lives(pid) for pid in members) and not bank.children(), "all are gone", 30)
    (bank.home / "up.log").unlink()
    bank.start("--no-seed")
    eventually(lambda: state(bank, job)["state"] not in OPEN, "the job ends", 60)
    work.judge(bank, job)


def _lives(pid: int) -> bool:
    return any(item.pid == pid for item in processes())
