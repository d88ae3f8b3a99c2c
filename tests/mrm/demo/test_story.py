"""The demonstration, told twice in fresh homes: the same evidence, models by recipe that were repeated, one in production."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.installation import Installation

pytestmark = pytest.mark.slow


def told(home: Path) -> dict[str, Any]:
    """What a demonstration in a fresh home leaves for whoever checks it by a script."""
    home.mkdir()
    done = Installation(home).manage("demo", "--out", str(home / "out"))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert done.stdout.count("repeated: identical, bit for bit") == 2
    assert "the gate still asks for" not in done.stdout
    summary: dict[str, Any] = json.loads((home / "out" / "summary.json").read_text(encoding="utf-8"))
    return summary


def test_two_fresh_homes_give_the_same_evidence(tmp_path: Path) -> None:
    one, other = told(tmp_path / "one"), told(tmp_path / "other")
    assert len([item for item in one["tests"] if item["evidence"]]) > 20
    assert one["tests"] == other["tests"]
    assert [grant["state"] for grant in one["grants"]] == ["active"]
