"""The difference of two snapshots, against what was done to the rows."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest

from registry.data import difference
from registry.data import verbs as data
from registry.data.models import Dataset, Snapshot
from tests.registry.making import ROLES, frame, released, rows, upload

pytestmark = [pytest.mark.django_db, pytest.mark.services]


def parquet(table: Any) -> bytes:
    sink = io.BytesIO()
    table.to_parquet(sink, index=False)
    return sink.getvalue()


def with_roles(dev: Any, snapshot: Snapshot) -> Snapshot:
    names = {name: role for name, role in ROLES.items() if name in snapshot.content.types}
    data.assign_roles(dev, snapshot=snapshot, columns=names, event="1")
    return snapshot


def test_by_key_rows_are_added_removed_and_changed(dev: Any, dataset: Dataset) -> None:
    one = released(dev, dataset)
    table = frame()
    table.loc[table["id"] == 5, "income"] += 1
    table.loc[table["id"].isin([6, 7]), "region"] = None
    table.loc[table["id"] == 7, "income"] += 1
    table = table[~table["id"].isin([0, 1, 2])]
    table = pd.concat([table, table.iloc[[0]].assign(id=900)]).sample(frac=1, random_state=1)
    two = with_roles(dev, upload(dev, dataset, parquet(table), "rows.parquet"))
    pair = difference.Pair(one, two)
    found = difference.compare(pair)
    assert pair.key == found["key"] == "id"
    assert not found["identical"]
    assert found["rows"] == [240, 238]
    by_key = found["by_key"]
    assert (by_key["added"], by_key["removed"], by_key["changed"]) == (1, 3, 3)
    assert {name: n for name, n in by_key["columns"].items() if n} == {"income": 2, "region": 2}
    shown = difference.rows(pair)
    assert shown["added"] == [900]
    assert shown["removed"] == [0, 1, 2]
    assert [item["key"] for item in shown["changed"]] == [5, 6, 7]
    assert [item["column"] for item in shown["changed"][2]["changes"]] == ["income", "region"]
    assert shown["changed"][1]["changes"][0]["is"] is None
    assert difference.compare(pair) == found


def test_without_a_key_the_distributions_are_compared(dev: Any, dataset: Dataset) -> None:
    one = upload(dev, dataset, rows())
    table = frame().drop(columns=["id"]).assign(extra="x")
    table["income"] += table["income"].std()
    table.loc[::4, "region"] = None
    two = upload(dev, dataset, parquet(table), "rows.parquet", gone=["id"])
    found = difference.compare(difference.Pair(one, two))
    assert found["by_key"] is None
    assert (found["schema"]["gone"], found["schema"]["new"]) == (["id"], ["extra"])
    columns = {row["name"]: row for row in found["columns"]}
    assert columns["income"]["shift"] == pytest.approx(1)
    assert columns["income"]["psi"] > 0.25
    assert columns["debt"]["psi"] == pytest.approx(0, abs=1e-12)
    assert columns["region"]["missing"] == [0, 0.25]
    assert columns["bad"]["psi"] == 0


def test_the_same_rows_do_not_differ(dev: Any, dataset: Dataset) -> None:
    one, two = released(dev, dataset), released(dev, dataset)
    found = difference.compare(difference.Pair(one, two))
    assert found["identical"]
    assert found["schema"] == {}
    assert found["by_key"]["changed"] == found["by_key"]["added"] == found["by_key"]["removed"] == 0


def test_psi_is_the_sum_that_is_written_in_books() -> None:
    one, two = [100, 200, 700], [200, 300, 500]
    a, b = np.array(one) / 1000, np.array(two) / 1000
    assert difference.psi(one, two) == pytest.approx(float(((b - a) * np.log(b / a)).sum()))
    assert difference.psi([0], [1]) is None
    assert difference.psi([10, 0], [10, 10]) > 0
