"""Bugs of serving, injected one at a time: each is named by its feature within one job."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from mrm.access.intake import Upload
from mrm.jobs.models import Job
from mrm.kernel.clock import utc
from mrm.kernel.errors import CountersignError
from registry.features import building, jobs, queries, verbs
from registry.features.models import Catalogue
from registry.features.rules import Verdict
from tests.registry.features.making import (
    applied,
    bank,
    day,
    delivered,
    payments,
    rows,
    service,
    source,
    work,
)

TWO = """
kind: entity
name: customer
key: customer_id
---
kind: source
name: payments
path: payments.parquet
event_time: paid_at
known_time: booked_at
---
kind: view
name: spend
entity: customer
source: payments
features: {amount: float, fee: float, items: int, channel: text}
transform: {fee: amount * 0.5 + items}
---
kind: service
name: fraud
freshness: 1h
features: [spend:amount, spend:fee, spend:items, spend:channel]
"""
NAMES = ("amount", "fee", "items", "channel")
Bug = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]


def stocked() -> tuple[Any, Catalogue]:
    """A store with sixty customers who pay each few days."""
    draw = random.Random(5)
    _, developer, catalogue = bank()
    applied(developer, catalogue, TWO)
    lines = [
        (who, paid, paid, round(draw.uniform(1, 500), 2), draw.randrange(1, 9), draw.choice("abc"))
        for who in range(60)
        for paid in range(1, 30, 4)
    ]
    delivered(developer, source(catalogue), payments(*lines))
    return developer, catalogue


def served(developer: Any, catalogue: Catalogue, bug: Bug) -> None:
    """What serving says it used for sixty decisions, with a bug; `old` is what was right nine days before."""
    asked = [(who, 20.3) for who in range(60)]
    now = building.build(service(catalogue), rows(*asked)).table.to_pylist()
    old = building.build(service(catalogue), rows(*[(who, 11.3) for who, _ in asked])).table.to_pylist()
    lines = []
    for right, before in zip(now, old, strict=True):
        values = {f"spend__{name}": right[f"spend__{name}"] for name in NAMES}
        values |= bug(right, before)
        lines.append(
            json.dumps({"customer_id": right["customer_id"], "at": utc(day(20.3)), "features": values})
        )
    verbs.record_served(
        developer, service=service(catalogue), file=Upload.of("s.ndjson", "\n".join(lines).encode())
    )


def swapped(now: dict[str, Any], _: dict[str, Any]) -> dict[str, Any]:
    return {"spend__amount": now["spend__fee"], "spend__fee": now["spend__amount"]}


BUGS: dict[str, tuple[Bug, dict[str, str]]] = {
    "none": (lambda now, old: {}, {}),
    "unit": (lambda now, old: {"spend__amount": now["spend__amount"] * 100}, {"amount": Verdict.UNIT}),
    "nulls": (lambda now, old: {"spend__items": None}, {"items": Verdict.NULLS}),
    "stale": (lambda now, old: {"spend__fee": old["spend__fee"]}, {"fee": Verdict.STALE}),
    "swapped": (swapped, {"amount": Verdict.SWAPPED, "fee": Verdict.SWAPPED}),
    "other": (
        lambda now, old: {"spend__amount": now["spend__amount"] + now["customer_id"] ** 2},
        {"amount": Verdict.OTHER},
    ),
}


@pytest.mark.services
@pytest.mark.parametrize("name", BUGS)
def test_a_bug_of_serving_is_named_by_feature_within_one_job(name: str, db: None) -> None:
    bug, expected = BUGS[name]
    developer, catalogue = stocked()
    served(developer, catalogue, bug)
    jobs.plan_comparison()
    jobs.plan_comparison()
    work(Job.objects.get(kind="features.compare").pk)
    found = queries.newest_comparison(service(catalogue))
    assert found is not None
    verdicts = {item["feature"].partition(":")[2]: item["verdict"] for item in found.features}
    assert verdicts == dict.fromkeys(NAMES, Verdict.EQUAL.value) | expected
    assert found.skewed is bool(expected)
    state = queries.skew_state(queries.pinned(service(catalogue)))
    assert state.met is not found.skewed
    for feature in expected:
        assert f"spend@v1:{feature}" in state.sentence
    assert jobs.uncompared() == [], "a minute without news has no job"


def test_values_within_the_freshness_are_no_skew(db: None) -> None:
    developer, catalogue = stocked()
    # read at a watermark half an hour old, in which the newest payment is missing
    late = building.build(service(catalogue), rows(*[(who, 21.01) for who in range(60)]))
    early = building.build(service(catalogue), rows(*[(who, 20.99) for who in range(60)])).table.to_pylist()
    assert late.table.column("spend__amount").to_pylist() != [line["spend__amount"] for line in early]
    lines = [
        json.dumps(
            {
                "customer_id": line["customer_id"],
                "at": utc(day(21.01)),
                "watermark": utc(day(20.99)),
                "features": {f"spend__{name}": line[f"spend__{name}"] for name in NAMES},
            }
        )
        for line in early
    ]
    verbs.record_served(
        developer, service=service(catalogue), file=Upload.of("s.ndjson", "\n".join(lines).encode())
    )
    work(verbs.compare(developer, service=service(catalogue)).pk)
    found = queries.newest_comparison(service(catalogue))
    assert found is not None
    assert not found.skewed, found.features


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nonsense", "Line 1"),
        ('{"customer_id": 1, "features": {}}', "at is missing"),
        ('{"at": "2026-01-01T00:00:00Z", "features": {}}', "customer_id is missing"),
        ('{"customer_id": 1, "at": "2026-01-01T00:00:00", "features": {}}', "no zone"),
        ('{"customer_id": 1, "at": "2026-01-01T00:00:00Z", "features": {"spend__x": 1}}', "no feature"),
        (
            '{"customer_id": 1, "at": "2026-01-01T00:00:00Z", "features": {"spend__amount": "much"}}',
            "float64",
        ),
        ("", "no lines"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(db: None, line: str, words: str) -> None:
    _, developer, catalogue = bank()
    applied(developer, catalogue, TWO)
    with pytest.raises(CountersignError) as refused:
        verbs.record_served(developer, service=service(catalogue), file=Upload.of("s.ndjson", line.encode()))
    assert refused.value.code == "served_unreadable"
    assert words in refused.value.detail


def test_without_a_comparison_the_gate_is_unmet(db: None) -> None:
    _, developer, catalogue = bank()
    applied(developer, catalogue, TWO)
    assert not queries.skew_state(["nothing@v1:x"]).met
    state = queries.skew_state(queries.pinned(service(catalogue)))
    assert not state.met
    assert "not compared" in state.sentence
    with pytest.raises(CountersignError) as refused:
        verbs.compare(developer, service=service(catalogue))
    assert refused.value.code == "nothing_served"
