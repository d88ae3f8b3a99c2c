"""Words for numbers, as pages and papers print them: true minus, thin gap before a unit, a word for nothing."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TypeGuard

NOT_DEFINED = "not defined"
MINUS = "−"
GAP = "\N{NO-BREAK SPACE}"


def known(value: object) -> TypeGuard[int | float | Decimal]:
    """Whether `value` is a number that can be printed."""
    return (
        isinstance(value, int | float | Decimal)
        and not isinstance(value, bool)
        and math.isfinite(float(value))
    )


def plain(value: object, places: int | None = None) -> str:
    """A number with thousands and true minus: `1,234.5`, `−3.44`. Without `places`: as many as it needs, at most 6."""
    if not known(value):
        return NOT_DEFINED
    if places is None:
        text = f"{value:,}" if isinstance(value, int) else f"{float(value):,.6f}".rstrip("0").rstrip(".")
    else:
        text = f"{float(value):,.{places}f}"
    if text.lstrip("-").strip("0.,") == "":
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def stat(value: object, places: int = 3) -> str:
    """A statistic without leading zero: `.819`, `−.021`, `1.086`."""
    text = plain(value, places)
    for zero, bare in (("0.", "."), (f"{MINUS}0.", f"{MINUS}.")):
        if text.startswith(zero):
            return bare + text[len(zero) :]
    return text


def figure(value: object) -> str:
    """A statistic: whole numbers as they are, three places below ten, one above."""
    if not known(value):
        return NOT_DEFINED
    if float(value).is_integer():
        return plain(int(value))
    if 0 < abs(float(value)) < 0.0005:
        return "below .001" if float(value) > 0 else plain(value, 6)
    return stat(value) if abs(float(value)) < 10 else plain(value, 1)


def share(value: object, places: int = 0) -> str:
    """A share of one in per cent: `71 %`."""
    return f"{plain(float(value) * 100, places)}{GAP}%" if known(value) else NOT_DEFINED


def p_value(value: object) -> str:
    """A p-value: four places below .01, `<.0001` below that."""
    if not known(value):
        return NOT_DEFINED
    if float(value) < 0.0001:
        return "<.0001"
    return stat(value, 4 if float(value) < 0.01 else 3)


def interval(low: object, high: object, places: int = 3) -> str:
    """An interval: `.561 to .900`."""
    if not (known(low) and known(high)):
        return NOT_DEFINED
    return f"{stat(low, places)} to {stat(high, places)}"


def size(count: int) -> str:
    """A number of bytes: `12 kB`."""
    amount = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            return f"{plain(amount, 0 if unit == 'bytes' or amount >= 10 else 1)}{GAP}{unit}"
        amount /= 1000
    return NOT_DEFINED
