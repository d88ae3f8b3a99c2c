"""Fixtures every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def test_output() -> Path:
    """Where screenshots and logs of a test run are kept for people to look at."""
    folder = Path(os.environ.get("COUNTERSIGN_TEST_OUTPUT", "test-output")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder
