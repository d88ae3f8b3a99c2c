"""Fixtures of the paper tests: evidence is recorded as its own tests record it."""

from tests.mrm.evidence.conftest import record

__all__ = ["record"]
