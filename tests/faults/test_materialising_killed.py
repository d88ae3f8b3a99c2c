"""Kill -9 in the middle of materialising: done again, serving reads for every entity what a build as of then says."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.materialising import CUSTOMERS
from tests.faults.test_worker_killed import OPEN, SEED, kill, state
from tests.installation import Installation, eventually
from tests.registry.features.making import day

pytestmark = pytest.mark.faults
MOST = 6  # both kinds of kill at both kinds of moment; the twenty of the full trials are for validations


def ask(bank: Installation, call: str) -> Any:
    """Call a function of the trial in a process of the bank; its answer, if it has one."""
    said = bank.manage(
        "shell", "--no-imports", "-c", f"from tests.faults import materialising; materialising.{call}"
    )
    lines = said.stdout.strip().splitlines()
    return json.loads(lines[-1]) if lines else None


def online(bank: Installation) -> set[tuple[str, str]]:
    """The online rows as they stand: the hash of the key, and the values."""
    return {(key, str(values)) for key, values in bank.rows('SELECT hash, "values" FROM features_onlinerow')}


def test_materialising_killed_at_random_points(
    bank: Installation, kills: int, count_out: Callable[[str], None]
) -> None:
    ask(bank, "prepare()")
    chance = random.Random(SEED)
    seen: Counter[str] = Counter()
    started = time.monotonic()
    first = ask(bank, "begin(1)")
    eventually(lambda: state(bank, first)["state"] not in OPEN, "the undisturbed one ends", 120)
    whole = max(time.monotonic() - started, 2.0)
    assert ask(bank, "judge()") == {
        "until": day(1).isoformat(), "rows": CUSTOMERS, "known": CUSTOMERS, "different": 0,
    }  # fmt: skip
    for number in range(min(kills, MOST)):
        before = online(bank)
        job = ask(bank, f"begin({number + 2})")
        if number % 2:  # the first rows are new, the others of the day before, and the watermark is not moved
            eventually(
                lambda job=job, before=before: (
                    online(bank) != before or state(bank, job)["state"] not in OPEN
                ),
                "rows are written",
            )
        else:
            time.sleep(chance.uniform(0, whole / 2))
        seen["processes killed"] += kill(bank, ("child", "worker and child")[number % 3 == 2])
        seen["killed between pieces"] += 0 < len(dict(online(bank) - before)) < CUSTOMERS
        eventually(lambda job=job: state(bank, job)["state"] not in OPEN, f"trial {number} ends", 120)
        after = state(bank, job)
        assert after["state"] == "succeeded", (after, bank.log[-3000:])
        seen["trials"] += 1
        seen["attempts"] += int(str(after["attempts"]))
        found = ask(bank, "judge()")
        assert found == {
            "until": day(number + 2).isoformat(), "rows": CUSTOMERS, "known": CUSTOMERS, "different": 0,
        }  # fmt: skip
        seen["online equal to offline"] += 1
    assert seen["attempts"] > seen["trials"], "no kill met its work"
    count_out(
        f"materialising of {CUSTOMERS:,} entities killed (seed {SEED}): "
        + ", ".join(f"{count} {what}" for what, count in seen.items())
    )
    assert bank.manage("verify", "--ledger").returncode == 0
