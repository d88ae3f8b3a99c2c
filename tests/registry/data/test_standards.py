"""Quality rules: each kind on rows that keep and break it; blocking, warning, and what a snapshot says of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from mrm.kernel.errors import BadInput
from registry.data import verbs as data
from registry.data.models import Dataset
from registry.data.rules import SnapshotStatus
from registry.data.standards import checked_rules, drift, judge
from tests.registry.making import rows, upload

TODAY = date(2026, 11, 24)
TABLE = pa.table(
    {
        "id": [1, 2, 2, 4],
        "part": [1, 1, 2, 1],
        "amount": [10.0, None, -5.0, 2000.0],
        "limit": [100.0, 100.0, 100.0, 100.0],
        "code": ["A", "B", None, "x9"],
        "parent": [1, 4, 9, None],
        "day": pa.array([date(2026, 11, 20), date(2026, 10, 1), None, date(2025, 1, 1)], pa.date32()),
        "at": pa.array([datetime(2026, 11, 24, 9, tzinfo=UTC)] * 4, pa.timestamp("us", tz="UTC")),
    }
)


def rule(kind: str, *columns: str, severity: str = "block", **facts: Any) -> Any:
    return {"kind": kind, "columns": list(columns), "severity": severity, **facts}


@pytest.mark.parametrize(
    ("given", "failing"),
    [
        (rule("not_null", "id"), 0),
        (rule("not_null", "amount"), 1),
        (rule("not_null", "amount", most=0.25), 0),
        (rule("unique", "id"), 1),
        (rule("unique", "id", "part"), 0),
        (rule("range", "amount", least=0, most=1000), 2),
        (rule("range", "amount", least=-5), 0),
        (rule("range", "code", least=0), 4),
        (rule("allowed", "code", values=["A", "B"]), 1),
        (rule("allowed", "part", values=["1", "2"]), 0),
        (rule("pattern", "code", pattern="[A-Z]"), 1),
        (rule("pattern", "code", pattern="[A-Z]|x[0-9]"), 0),
        (rule("compare", "amount", other="limit", relation="<="), 1),
        (rule("compare", "code", other="limit", relation="<="), 4),
        (rule("refers", "parent", other="id"), 1),
        (rule("rows", least=4, most=4), 0),
        (rule("rows", least=5), 4),
        (rule("fresh", "day", days=5), 0),
        (rule("fresh", "day", days=3), 1),
        (rule("fresh", "at", days=1), 0),
        (rule("period", "day"), 1),
        (rule("period", "amount"), 4),
    ],
)
def test_each_kind_counts_the_rows_that_break_it(given: Any, failing: int) -> None:
    kept = checked_rules([given])
    (verdict,) = judge(kept, TABLE, today=TODAY, period=(date(2026, 1, 1), date(2026, 12, 31)))
    assert verdict["failing"] == failing
    assert verdict["met"] is (failing == 0)
    assert verdict["said"].endswith(".")


@pytest.mark.parametrize(
    "given",
    [
        rule("not_null"),
        rule("range", "amount"),
        rule("allowed", "code"),
        rule("pattern", "code", pattern="(?<=a)b"),
        rule("compare", "amount", other="limit"),
        rule("fresh", "day"),
        rule("range", "amount", "limit", least=0),
        rule("rows"),
    ],
)
def test_a_rule_that_lacks_what_its_kind_needs_is_refused(given: Any) -> None:
    with pytest.raises(BadInput) as refused:
        checked_rules([given])
    assert refused.value.code == "quality_rule"


def test_a_rule_on_a_column_that_is_gone_fails_unless_it_was_meant() -> None:
    kept = checked_rules([rule("not_null", "sex")])
    context: dict[str, Any] = {"today": TODAY, "period": (None, None)}
    assert judge(kept, TABLE, **context)[0]["met"] is False
    assert judge(kept, TABLE, gone=["sex"], **context)[0]["met"] is None


def test_drift_is_said_in_a_sentence() -> None:
    assert drift("S-1", {"a": "int64"}, {"a": "int64"}) == {}
    said = drift("S-1", {"a": "int64", "b": "text", "c": "int64"}, {"a": "float64", "d": "text"})["said"]
    assert said == "Against S-1: columns b, c are gone; column d is new; a was int64 and is float64."


@pytest.mark.django_db
def test_a_rule_that_blocks_keeps_a_snapshot_back_and_one_that_warns_is_told(
    dev: Any, dataset: Dataset
) -> None:
    first = data.set_rules(
        dev,
        dataset=dataset,
        rules=[
            rule("range", "age", least=18, most=60),
            rule("unique", "id"),
            rule("allowed", "region", values=["north", "south"], severity="warn"),
        ],
    )
    stopped = upload(dev, dataset, rows())
    assert (stopped.status, stopped.standing.code) == (SnapshotStatus.BLOCKED, "quality_blocked")
    assert "“age” lies outside 18 to 60" in stopped.standing.reason
    assert "region" not in stopped.standing.reason
    assert stopped.judgement.rules == first
    with pytest.raises(BadInput) as unexplained:
        data.set_rules(dev, dataset=dataset, rules=[])
    assert unexplained.value.code == "reason_missing"
    eased = [{**item, "severity": "warn"} for item in first.rules]
    second = data.set_rules(dev, dataset=dataset, rules=eased, reason="Pensioners borrow, too.")
    assert second.number == 2
    passed = upload(dev, dataset, rows())
    assert passed.status == SnapshotStatus.RELEASED
    assert [verdict["met"] for verdict in passed.judgement.verdicts] == [False, True, False]
    assert "west" in passed.judgement.verdicts[2]["said"]
