"""The unmodified `mlflow` client against a whole installation, and the README's tour for data scientists as typed."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installation import Installation, processes
from tests.registry.mlflow.conftest import CLIENT

pytestmark = [pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[3]
LARGE = int(os.environ.get("COUNTERSIGN_LARGE_MB", "256")) * 2**20
BLOCK = 2**20
GROWTH = 64 * 2**20
SETUP = """
import django; django.setup()
from mrm.access import verbs
from mrm.access.models import User
from mrm.access.rules import Role
from tests import make
bank = make.bank()
bank.person("dev", Role.MODEL_DEVELOPER)
account = User.objects.get(pk=bank.accounts["dev"].pk)
print(verbs.issue_token(bank.actor("dev"), account=account, name="notebook", days=1))
"""


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A running bank, empty."""
    bank = Installation(tmp_path_factory.mktemp("bank"))
    try:
        bank.start("--no-seed")
        yield bank
    finally:
        bank.stop()


@pytest.fixture(scope="module")
def door(bank: Installation) -> dict[str, str]:
    """The two variables that a data scientist sets."""
    env = os.environ | {"MRM_HOME": str(bank.home), "DJANGO_SETTINGS_MODULE": "mrm.config.settings"}
    made = subprocess.run(
        [sys.executable, "-c", SETUP], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    token = made.stdout.strip().splitlines()[-1]
    return {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{bank.port}", "MLFLOW_TRACKING_TOKEN": token}


def run(script: list[str], door: dict[str, str], folder: Path) -> str:
    """A script in the client's environment."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), **door}
    done = subprocess.run(
        [str(CLIENT), *script], check=False, cwd=folder, env=env, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


@pytest.mark.usefixtures("mlflow_client")
def test_the_tour_for_data_scientists_works_as_typed(door: dict[str, str], tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text().split("## For data scientists")[1].split("\n## ")[0]
    (tmp_path / "tour.py").write_text(
        textwrap.dedent("".join(re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)))
    )
    run(["tour.py"], door, tmp_path)


@pytest.mark.usefixtures("mlflow_client")
def test_a_notebook_works_unchanged(door: dict[str, str], tmp_path: Path) -> None:
    run([str(Path(__file__).with_name("notebook.py")), str(tmp_path / "out.json")], door, tmp_path)
    facts = json.loads((tmp_path / "out.json").read_text())
    assert "Unmet at the gate" in facts["champion"]


def test_a_large_artifact_passes_both_ways_in_constant_memory(
    bank: Installation, door: dict[str, str]
) -> None:
    """256 MB as a rule, any size by COUNTERSIGN_LARGE_MB (5120 for five gigabytes)."""
    worker = serving(bank)
    headers = {"Authorization": f"Bearer {door['MLFLOW_TRACKING_TOKEN']}"}
    asked = http.client.HTTPConnection("127.0.0.1", bank.port, timeout=600)
    facts = json.dumps({"name": "large", "tags": []})
    asked.request("POST", "/api/2.0/mlflow/experiments/create", facts, headers)
    path = f"/api/2.0/mlflow-artifacts/artifacts/{json.load(asked.getresponse())['experiment_id']}/large.bin"
    asked.request("GET", "/api/2.0/mlflow/experiments/search?max_results=5", headers=headers)
    asked.getresponse().read()  # what a first answer loads is not what an artifact costs
    before = peak(worker, afresh=True)
    asked.request("PUT", path, blocks(), headers | {"Content-Length": str(LARGE)})
    answer = asked.getresponse()
    assert (answer.status, answer.read()) == (200, b"{}")
    asked.request("GET", path, headers=headers)
    answer, seen = asked.getresponse(), hashlib.sha256()
    while block := answer.read(BLOCK):
        seen.update(block)
    assert seen.digest() == digest()
    grown = peak(worker) - before
    assert grown < GROWTH, f"{LARGE / 2**20:.0f} MB made the web process {grown / 2**20:.0f} MB larger"


def blocks(count: int = LARGE // BLOCK) -> Iterator[bytes]:
    """The artifact, block by block, no two alike."""
    for number in range(count):
        yield number.to_bytes(8, "big") * (BLOCK // 8)


def digest() -> bytes:
    """Of the whole artifact."""
    seen = hashlib.sha256()
    for block in blocks():
        seen.update(block)
    return seen.digest()


def serving(bank: Installation) -> int:
    """The process that answers requests: the one child of the web server's arbiter."""
    arbiter = bank.member("web")
    (worker,) = [item.pid for item in processes() if item.parent == arbiter]
    return worker


def peak(pid: int, *, afresh: bool = False) -> int:
    """The most memory a process has held, in bytes; `afresh` begins to count from now on."""
    if afresh:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    (line,) = [
        text for text in Path(f"/proc/{pid}/status").read_text().splitlines() if text.startswith("VmHWM")
    ]
    return int(line.split()[1]) * 1024
