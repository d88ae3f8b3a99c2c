"""The way by clicking, from an empty bank on: each person in a window of their own.

Screenshots at both widths are output of the test; axe, sideways scrolling and the console are looked at on each page.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mrm.demo.fitting import fit
from tests.flows.robot import office
from tests.flows.way.building import data, versions
from tests.flows.way.challenging import challenged, drafted, findings, judged, opened
from tests.flows.way.company import Way
from tests.flows.way.deciding import audited, proved, signed
from tests.flows.way.founding import first_administrator, register
from tests.installation import Installation

pytestmark = pytest.mark.browser


@pytest.fixture(scope="session")
def fitted() -> dict[str, Any]:
    """The demonstration's models, fitted once in a child process."""
    return fit()


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Installation]:
    """An empty bank that runs: web, worker, scheduler."""
    home = tmp_path / "home"
    home.mkdir()
    made = Installation(home)
    try:
        made.start("--no-seed")
        yield made
    finally:
        made.stop()


STEPS: tuple[Callable[[Way], None], ...] = (
    first_administrator, register, data, versions, opened, challenged, findings, drafted, judged, signed, audited, proved,
)  # fmt: skip


def test_the_whole_way(bank: Installation, fitted: dict[str, Any], test_output: Path) -> None:
    """From the printed link to the proved evidence pack, by clicking only."""
    with office(bank.url, test_output) as rooms:
        way = Way(rooms, bank, fitted)
        for step in STEPS:
            began = time.monotonic()
            step(way)
            print(f"{step.__name__:<20} {time.monotonic() - began:6.1f} s")
        assert rooms.watch.faults == []
    assert bank.manage("verify", "--ledger").returncode == 0
