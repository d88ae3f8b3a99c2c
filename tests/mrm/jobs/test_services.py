"""A whole installation on PostgreSQL and Redis: the bell rings at once, the effect is one."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from mrm.jobs.rules import BELL_DEAD
from tests.installation import Installation, eventually

pytestmark = pytest.mark.only_services
KEPT = ("MRM_DATABASE_URL", "MRM_BROKER_URL")


def test_a_job_on_postgresql_and_redis(tmp_path: Path) -> None:
    bank = Installation(tmp_path, "tests.plugin.settings", extra={name: os.environ[name] for name in KEPT})
    try:
        bank.start("--no-seed")
        first = "SELECT 1 FROM jobs_job WHERE kind = 'house.tidy' AND state = 'succeeded'"
        eventually(lambda: bank.rows(first), "the worker is awake")
        payload = json.dumps({"steps": 3, "seconds": 0.05})
        job = bank.manage("trial", "trial.steps", "--payload", payload).stdout.strip()

        def ended() -> bool:
            return bank.rows("SELECT state FROM jobs_job WHERE id = ?", job)[0][0] == "succeeded"

        eventually(ended, "the job succeeds")
        steps = Counter(step for (step,) in bank.rows("SELECT step FROM plugin_trace WHERE job = ?", job))
        assert steps == Counter(["0", "1", "2", "end"])
        ((waited,),) = bank.rows(
            "SELECT extract(epoch FROM started_at - created_at) FROM jobs_job WHERE id = ?", job
        )
        assert float(waited) < BELL_DEAD.total_seconds() / 2, (
            "the bell woke the worker, not the scheduler's patience"
        )
        assert bank.manage("doctor", check=False).returncode == 0
    finally:
        bank.stop()
