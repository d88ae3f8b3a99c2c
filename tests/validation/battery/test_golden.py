"""Every reference number of the design, to the digits it is printed with."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from validation.battery import run

FOLDER = Path(__file__).parents[2] / "golden" / "battery"


def _cases() -> list[Any]:
    found = []
    for file in sorted(FOLDER.glob("*.json")):
        book = json.loads(file.read_text())
        for case in book["cases"]:
            label = f"{file.stem}:{case['test']}:{case['frame']}:{case['at']}"
            found.append(pytest.param(book["frames"][case["frame"]], case, id=label))
    return found


def _at(value: Any, path: str) -> Any:
    for number, part in enumerate(parts := path.split(".")):
        if part == "*":
            return [_at(item, ".".join(parts[number + 1 :])) for item in value]
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def same(printed: str, computed: float) -> bool:
    """Whether `computed`, rounded to the digits that are printed, is what is printed."""
    wanted = Decimal(printed)
    return Decimal(repr(computed)).quantize(Decimal(1).scaleb(int(wanted.as_tuple().exponent))) == wanted


def test_printed_digits_are_compared_not_more_and_not_fewer() -> None:
    assert same(".090", 0.0901)
    assert not same(".0901", 0.0903)
    assert not same("5.02825689035e-4", 5.02825699035e-4)


@pytest.mark.parametrize(("frame", "case"), _cases())
def test_reference_number(frame: dict[str, list[Any]], case: dict[str, Any]) -> None:
    result = run(case["test"], pd.DataFrame(frame), parameters=case.get("parameters")).to_json()
    got, wanted = _at(result, case["at"]), case["expect"]
    pairs = zip(wanted, got, strict=True) if isinstance(wanted, list) else [(wanted, got)]
    for printed, computed in pairs:
        assert same(printed, computed), f"{printed} printed, {computed!r} computed"
