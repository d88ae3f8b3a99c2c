"""Fixtures every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.test import TransactionTestCase


@pytest.fixture(scope="session")
def test_output() -> Path:
    """Where screenshots and logs of a test run are kept for people to look at."""
    folder = Path(os.environ.get("COUNTERSIGN_TEST_OUTPUT", "test-output")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


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


@pytest.fixture(autouse=True)
def _signer_forgets() -> None:
    """A rolled-back test takes its entries with it: the signer must not remember the head it signed there."""
    (Path(settings.MRM_HOME) / "keys" / "signer.json").unlink(missing_ok=True)
