"""What a test says: a frozen result whose JSON form has finite numbers only."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

GREEN, AMBER, RED, SHOWN, NOT_DEFINED = "green", "amber", "red", "shown", "not_defined"
_ORDER = {SHOWN: 0, NOT_DEFINED: 0, GREEN: 1, AMBER: 2, RED: 3}

Row = dict[str, Any]
Chart = dict[str, Any]


@dataclass(frozen=True)
class Result:
    """One test on one sample. Floats are kept in full; rounding is the display's work."""

    id: str
    defined: bool
    reason: str = ""
    statistic: float | None = None
    p_value: float | None = None
    variance: float | None = None
    ci: tuple[float, float] | None = None
    light: str = SHOWN
    rows: list[Row] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)
    method: str = ""
    sample: dict[str, Any] = field(default_factory=dict)
    tables: list[dict[str, Any]] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    title: str = ""
    h0: str = ""
    direction: str = ""
    version: int = 1
    thresholds: dict[str, float] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values: str, int, bool, None, finite floats, lists and dicts. What is not finite is None."""
        plain = {name: plain_value(getattr(self, name)) for name in self.__dataclass_fields__}
        plain["ci"] = list(self.ci) if self.ci is not None else None
        if plain["ci"] is not None:
            plain["ci"] = plain_value(plain["ci"])
        return plain


def plain_value(value: Any) -> Any:
    """`value` as JSON knows it; an unbounded or undefined number becomes None."""
    if value is None or isinstance(value, bool | str):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, dict):
        return {str(key): plain_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if hasattr(value, "tolist"):
        return plain_value(value.tolist())
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, int):
        return int(value)
    return str(value)


def worst(*lights: str) -> str:
    """The most severe of the lights; `shown` when none judges."""
    return max(lights, key=lambda light: _ORDER[light], default=SHOWN)


def judge(value: float | None, p_value: float | None, limits: dict[str, float]) -> str:
    """The light of a value and a p-value under the limits of a policy; `shown` without limits.

    Limits by name: `amber_below`, `red_below`, `amber_above`, `red_above` act on the value,
    `amber_p_below` and `red_p_below` on the p-value.
    """
    lights = []
    for colour in (AMBER, RED):
        for side, measured in (("below", value), ("above", value), ("p_below", p_value)):
            limit = limits.get(f"{colour}_{side}")
            if limit is None or measured is None:
                continue
            hit = measured > limit if side == "above" else measured < limit
            lights.append(colour if hit else GREEN)
    return worst(*lights) if lights else SHOWN
