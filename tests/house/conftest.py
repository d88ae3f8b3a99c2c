"""What the tests of the house share: a database that forgets what a test did, however much was made before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.test import TestCase


@contextmanager
def undone() -> Iterator[None]:
    """What is done inside is rolled back at the end; may be nested."""
    atomics = TestCase._enter_atomics()  # type: ignore[attr-defined]
    try:
        yield
    finally:
        TestCase._rollback_atomics(atomics)  # type: ignore[attr-defined]
