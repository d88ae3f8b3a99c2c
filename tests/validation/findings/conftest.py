"""The bank of the validation tests, made once for a file."""

from tests.validation.cases.conftest import house, made

__all__ = ["house", "made"]
