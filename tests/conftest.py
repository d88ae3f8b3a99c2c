"""Fixtures every test may use."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.test import TransactionTestCase
from xdist.scheduler import LoadScopeScheduling

from tests.installation import OncePerRun


class Together(LoadScopeScheduling):
    """Deals tests out by what they share: a file's stay in one process, and so do those of the house, on their one story."""

    def _split_scope(self, nodeid: str) -> str:
        file = Path(nodeid.partition("::")[0])
        if file.parts[:2] == ("tests", "faults") or file.name == "test_faults.py":
            return nodeid  # an installation each: nothing is shared
        return str(file.parent) if file.parts[:2] == ("tests", "house") else str(file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """With more than one process, this is how tests are dealt out."""
    return Together(config, log)


@pytest.fixture(scope="session")
def test_output() -> Path:
    """Where screenshots and logs of a test run are kept for people to look at."""
    folder = Path(os.environ.get("COUNTERSIGN_TEST_OUTPUT", "test-output")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def count_out(test_output: Path) -> Callable[[str], None]:
    """Says what a trial counted, also from a process whose output nobody sees: `make faults` prints the file."""

    def say(line: str) -> None:
        with (test_output / "faults.txt").open("a") as file:
            file.write(f"{line}\n")

    return say


@pytest.fixture(scope="session")
def once_per_run(tmp_path_factory: pytest.TempPathFactory) -> OncePerRun:
    """A folder that the first process of the run makes and all others wait for."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base

    def made(name: str, make: Callable[[Path], object]) -> Path:
        folder = shared / name
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                making = shared / f"{name}.making"
                making.mkdir()
                make(making)
                making.rename(folder)
        return folder

    return made


@pytest.fixture(autouse=True, scope="session")
def _emptying_is_allowed() -> Iterator[None]:
    """Django empties the database after a transactional test: append-only triggers and the guard step aside for it.

    The triggers come back with the `post_migrate` that follows.
    """
    from mrm.access import guard
    from mrm.ledger import triggers

    empty = TransactionTestCase._fixture_teardown

    def teardown(case: TransactionTestCase) -> Any:
        token = guard.opened()
        try:
            triggers.drop_all(connections["default"])
            return empty(case)
        finally:
            guard.closed(token)

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[method-assign]
    yield
    TransactionTestCase._fixture_teardown = empty  # type: ignore[method-assign]


@pytest.fixture(autouse=True, scope="session")
def _artefacts_are_opened_once() -> Iterator[None]:
    """See tests/remembered.py."""
    from registry.versions import jobs, scoring
    from tests.remembered import remembered

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "ask", remembered)
        patch.setattr(scoring, "ask", remembered)
        yield


@pytest.fixture(autouse=True)
def _signer_forgets() -> None:
    """A rolled-back test takes its entries with it: the signer must not remember the head it signed there."""
    (Path(settings.MRM_HOME) / "keys" / "signer.json").unlink(missing_ok=True)
