"""Data quality on the real data, its faulty copy, and made-up faults."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.validation.battery.examples import FEATURES, ROLES, german
from validation.battery import BatteryError, run

CODES = Path(__file__).parents[3] / "mrm/demo/data/german-credit/codes.csv"


def _row(result: object, column: str) -> dict:
    return next(row for row in result.rows if row["column"] == column)  # type: ignore[attr-defined]


def test_german_credit_is_attached_to_its_rows() -> None:
    result = run("dq.row_order", german(), roles=ROLES)
    assert result.light == "green"
    assert _row(result, "personal_status")["runs"] == 586
    assert max(row["least_association_p"] for row in result.rows) == pytest.approx(3.848e-7, rel=1e-3)


def test_the_faulty_copy_is_stopped() -> None:
    faulty = german().assign(personal_status=sorted(german()["personal_status"]))
    result = run("dq.row_order", faulty, roles=ROLES)
    assert result.light == "red"
    assert result.facts["flagged"] == ["personal_status"]
    row = _row(result, "personal_status")
    assert row["runs"] == 4
    assert row["least_association_p"] == pytest.approx(0.079, abs=5e-4)


def test_a_file_sorted_by_a_right_column_is_not_stopped() -> None:
    result = run("dq.row_order", german().sort_values("duration", kind="stable"), roles=ROLES)
    assert result.light == "green"
    assert _row(result, "duration")["runs_p_value"] < 1e-6


def test_keys_and_dates_are_left_out_of_row_order() -> None:
    frame = german().assign(no=range(1000))
    result = run("dq.row_order", frame, roles={**ROLES, "no": "key"})
    assert "no" not in {row["column"] for row in result.rows}


def test_labels_in_conflict() -> None:
    codes = pd.read_csv(CODES)
    settings = {"declared": "label_statlog", "correct": "label_corrected"}
    result = run("dq.labels", german(), reference=codes, parameters=settings, thresholds={"amber_above": 0.0})
    assert result.light == "amber"
    assert {"status", "credit_history", "purpose", "savings", "property", "housing"} <= set(
        result.facts["columns"]
    )
    assert _row(result, "status")["n"] == 274
    same = run("dq.labels", german(), reference=codes, parameters={**settings, "declared": "label_corrected"})
    assert same.statistic == 0


def test_target_rate_not_declared_is_amber_and_declared_is_judged() -> None:
    undeclared = run("dq.target", german(), roles=ROLES, parameters={"event": 2})
    assert (undeclared.light, undeclared.statistic) == ("amber", 0.3)
    limits = {"amber_above": 0.2, "red_above": 0.7}
    far = run(
        "dq.target",
        german(),
        roles=ROLES,
        parameters={"event": 2, "population_rate": 0.05},
        thresholds=limits,
    )
    near = run(
        "dq.target",
        german(),
        roles=ROLES,
        parameters={"event": 2, "population_rate": 0.31},
        thresholds=limits,
    )
    assert (far.light, near.light) == ("red", "green")


def test_no_dates_are_not_defined_and_dates_give_a_period() -> None:
    assert run("dq.known_time", german(), roles=ROLES).light == "not_defined"
    frame = pd.DataFrame({"date": ["2024-01-03", "2024-02-01"], "seen": ["2024-01-01", "2024-03-01"]})
    result = run("dq.known_time", frame, parameters={"known": "seen"})
    assert (result.light, result.statistic) == ("red", 1.0)
    with pytest.raises(BatteryError, match="yesterday"):
        run("dq.known_time", pd.DataFrame({"date": ["yesterday-ish"]}))


def test_missing_blank_range_duplicates_and_keys() -> None:
    frame = pd.DataFrame({"key": [1, 1, 2, None], "a": [1.0, 1.0, None, 9.0], "b": ["x", "x", " ", "z"]})
    limits = {"amber_above": 0.05, "red_above": 0.2}
    missing = run("dq.missing", frame, thresholds=limits)
    assert [row["missing"] for row in missing.rows] == [1, 1, 1]
    assert missing.light == "red"
    assert run("dq.duplicates", frame).facts["duplicates"] == 1
    keys = run("dq.keys", frame, thresholds={"red_above": 0.0})
    assert (keys.statistic, keys.facts["missing"], keys.light) == (2.0, 1, "red")
    out = run("dq.range", frame, parameters={"ranges": {"a": [0, 5]}, "codes": {"b": ["x", "z"]}})
    assert (_row(out, "a")["outside"], _row(out, "b")["outside"]) == (1, 1)
    assert not run("dq.range", frame).defined
    against = run("dq.range", frame, reference=frame.head(2))
    assert _row(against, "a")["outside"] == 1


def test_information_value_of_the_checking_account() -> None:
    result = run(
        "disc.information_value", german(), roles=ROLES, parameters={"event": 2, "features": ["status"]}
    )
    assert result.statistic == pytest.approx(0.6660115033513, abs=5e-14)
    assert result.rows[0]["smoothing"] == 0
    every = run("disc.information_value", german(), roles=ROLES, parameters={"event": 2})
    assert len(every.rows) == len(FEATURES)
