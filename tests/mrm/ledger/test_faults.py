"""kill -9 of a process that writes and seals: no entry is lost, doubled or unsigned, and the signer goes on."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.mrm.ledger.test_commands import ROOT, manage

WRITER = """
import django
django.setup()
from django.db import transaction
from mrm.ledger import leaves, sealing
number = 0
while True:
    with transaction.atomic():
        leaves.append({"actor": "robot", "auth": {"method": "robot"}, "act": "trial.write", "facts": {"n": number}})
    print(number, flush=True)
    number += 1
    if number % 3 == 0:
        sealing.seal()
"""
COUNT = """
import django
django.setup()
from mrm.ledger import sealing
from mrm.ledger.models import Leaf, Pending, Sequence
sealing.seal()
trial = [bytes(data) for data in Leaf.objects.values_list("bytes", flat=True) if b"trial.write" in bytes(data)]
print(len(trial), Leaf.objects.count(), Sequence.objects.count(), Pending.objects.count())
"""


def python(home: Path, code: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MRM_")}
    environment |= {
        "MRM_HOME": str(home),
        "MRM_LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "mrm.config.settings",
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)


@pytest.mark.faults
def test_kill_9_while_writing_and_sealing(tmp_path: Path, count_out: Callable[[str], None]) -> None:
    kills = int(os.environ.get("COUNTERSIGN_KILLS", "3"))
    chance = random.Random(20261124)
    assert manage(tmp_path, "migrate", "--verbosity", "0").returncode == 0
    told = 0
    for _ in range(kills):
        writer = python(tmp_path, WRITER)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(chance.uniform(0, 0.4))
        writer.send_signal(signal.SIGKILL)
        told += 1 + sum(1 for line in writer.stdout if line.endswith("\n"))
        writer.wait()
        writer.stdout.close()
    out, _ = python(tmp_path, COUNT).communicate()
    written, entries, sequenced, pending = map(int, out.split())
    done = manage(tmp_path, "verify", "--ledger")
    count_out(f"ledger: {kills} kills, {told} entries acknowledged, {written} found, {entries} in all")
    assert done.returncode == 0, done.stdout + done.stderr
    assert told <= written <= told + kills  # a kill may fall between commit and acknowledgement
    assert (sequenced, pending) == (entries, 0)
