"""The template home of the fault trials: migrated once, copied for each installation."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installation import Installation, OncePerRun, installation

SETTINGS = "tests.plugin.settings"


@pytest.fixture(scope="session")
def template(once_per_run: OncePerRun) -> Path:
    """A home that is migrated and empty."""
    return once_per_run(
        "template", lambda home: Installation(home, SETTINGS).manage("migrate", "--verbosity=0")
    )


@pytest.fixture
def bank(template: Path, tmp_path: Path) -> Iterator[Installation]:
    """A running installation with the trial room."""
    with installation(template, tmp_path, settings=SETTINGS) as made:
        made.start("--no-seed")
        yield made


@pytest.fixture(scope="session")
def kills() -> int:
    """How often each trial kills: 20 in `make faults`, 3 in `make test`."""
    return int(os.environ.get("COUNTERSIGN_KILLS", "3"))
