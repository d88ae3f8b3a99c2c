"""The README's ten-minute tour, as typed; and beside it the demonstration once more, in a home of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def blocks() -> list[str]:
    """The shell blocks of the tour, in order."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    tour = readme.split("## Ten-minute tour")[1].split("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", tour, flags=re.DOTALL)


@pytest.mark.slow
def test_the_tour_works_as_typed(tmp_path: Path) -> None:
    """Run in a folder that looks like the checkout, so that `tour/` does not land in it."""
    for name in ("manage.py", "mrm", "registry", "validation", "templates", ".venv", "pyproject.toml"):
        (tmp_path / name).symlink_to(ROOT / name)
    script = "set -euo pipefail\n" + "\n".join(blocks())
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MRM_", "DJANGO_"))}
    with subprocess.Popen(
        [sys.executable, "manage.py", "demo", "--out", str(tmp_path / "again")],
        cwd=ROOT,
        env=environment | {"MRM_HOME": str(tmp_path / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as other:
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        beside, _ = other.communicate(timeout=600)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    said = done.stdout
    assert "proved" in said
    assert "identical" in said
    assert '"statistic"' in said
    assert said.count("repeated: identical, bit for bit") == 2, "both models come from recipes"
    assert "the gate still asks for" not in said, "the scorecard is in production"
    assert {"validation-report.pdf", "evidence-pack.zip", "summary.json", "demo.pub"} <= {
        item.name for item in (tmp_path / "tour" / "out").iterdir()
    }
    assert other.returncode == 0, beside[-4000:]
    first, second = (evidence(tmp_path / folder / "summary.json") for folder in ("tour/out", "again"))
    assert len(first) > 20
    assert first == second


def evidence(file: Path) -> dict[str, str]:
    """The evidence id of every test of a summary that has one."""
    tests = json.loads(file.read_text(encoding="utf-8"))["tests"]
    return {
        f"{row['id']} {row['column']} {place}": row["evidence"]
        for place, row in enumerate(tests)
        if row["evidence"]
    }
