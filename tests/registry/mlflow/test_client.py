"""The unmodified `mlflow` client against a whole installation, and the README's tour for data scientists as typed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installation import Installation

pytestmark = [pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[3]
CLIENT = ROOT / ".peers" / "mlflow" / "bin" / "python"
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
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The two variables that a data scientist sets, for a running bank."""
    if not CLIENT.exists():
        absent = pytest.fail if os.environ.get("COUNTERSIGN_ALL_LEGS") == "1" else pytest.skip
        absent("the mlflow client is not there: make peers")
    bank = Installation(tmp_path_factory.mktemp("bank"))
    bank.start("--no-seed")
    try:
        env = os.environ | {"MRM_HOME": str(bank.home), "DJANGO_SETTINGS_MODULE": "mrm.config.settings"}
        made = subprocess.run(
            [sys.executable, "-c", SETUP], cwd=ROOT, env=env, capture_output=True, text=True, check=True
        )
        token = made.stdout.strip().splitlines()[-1]
        yield {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{bank.port}", "MLFLOW_TRACKING_TOKEN": token}
    finally:
        bank.stop()


def run(script: list[str], door: dict[str, str], folder: Path) -> str:
    """A script in the client's environment."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), **door}
    done = subprocess.run(
        [str(CLIENT), *script], check=False, cwd=folder, env=env, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def test_the_tour_for_data_scientists_works_as_typed(door: dict[str, str], tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text().split("## For data scientists")[1].split("\n## ")[0]
    (tmp_path / "tour.py").write_text(
        textwrap.dedent("".join(re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)))
    )
    run(["tour.py"], door, tmp_path)


def test_a_notebook_works_unchanged(door: dict[str, str], tmp_path: Path) -> None:
    run([str(Path(__file__).with_name("notebook.py")), str(tmp_path / "out.json")], door, tmp_path)
    facts = json.loads((tmp_path / "out.json").read_text())
    assert "Unmet at the gate" in facts["champion"]
