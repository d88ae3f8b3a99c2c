"""What the tests of the house share: one bank in which everything was done once, made when it is first needed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.house.story import Story
from tests.house.watch import undone


@pytest.fixture(scope="package")
def story(django_db_setup: None, django_db_blocker: Any) -> Iterator[Story]:
    """The bank, in a transaction of this folder's own; a test that uses `db` as well leaves it as it was."""
    with django_db_blocker.unblock(), undone():
        made = Story()
        made.tell()
        yield made
