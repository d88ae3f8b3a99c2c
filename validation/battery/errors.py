"""The battery's own refusal: input that no test can be run on. Undefined results are values, never errors."""

from __future__ import annotations


class BatteryError(Exception):
    """Wrong input, said as a code, a sentence that names the column, and a remedy."""

    def __init__(self, code: str, detail: str, remedy: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.remedy = remedy


def missing_column(test_id: str, role: str) -> BatteryError:
    """The refusal for a role that no column has."""
    return BatteryError(
        "role_missing",
        f"{test_id} needs a column with the role “{role}”, and no column of the data has it.",
        f"Give one column the role “{role}” and run the test again.",
    )
