"""Pages of queries, rules and differences, as a person uses them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from mrm.access.rules import GrantLevel, Role
from registry.data.models import Dataset, Snapshot
from tests import make
from tests.registry.making import released, rows, upload, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(bank: make.Bank, dev: Any) -> Client:
    client = Client()
    client.force_login(bank.accounts["dev"], backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_query_is_looked_at_and_then_taken(browser: Client, dev: Any, dataset: Dataset) -> None:
    upload(dev, dataset, rows())
    here = f"/datasets/{dataset.reference}/query/"
    assert f'"{dataset.reference}"' in browser.get(here).content.decode().replace("&quot;", '"')
    sql = "SELECT region, count(*) AS n FROM loans GROUP BY region"
    looked = browser.post(here, {"sql": sql, "preview": "1"})
    assert looked.status_code == 200
    text = looked.content.decode()
    assert "First rows" in text
    assert "Add ORDER BY" in text
    assert Snapshot.objects.count() == 1
    wrong = browser.post(here, {"sql": "DROP TABLE loans", "preview": "1"})
    assert wrong.status_code == 422
    assert "is not a SELECT" in wrong.content.decode()
    taken = browser.post(here, {"sql": sql + " ORDER BY region", "title": "By region", "gone": "id"})
    assert taken.status_code == 302
    snapshot = Snapshot.objects.get(title="By region")
    work(snapshot.standing.job)
    page = browser.get(snapshot.get_absolute_url()).content.decode()
    assert "GROUP BY region" in page
    assert "said by the query" in page
    found = browser.get(f"/api/v1/datasets/{dataset.reference}/query/", {"sql": sql}).json()
    assert [column["name"] for column in found["columns"]] == ["region", "n"]


def test_rules_are_set_on_a_page_and_read_back(browser: Client, dev: Any, dataset: Dataset) -> None:
    here = f"/datasets/{dataset.reference}/rules/"
    lines = [
        ("age", "range", "18..60", "block"),
        ("region", "allowed", "north, south", "warn"),
        ("debt", "compare", "<= income", "warn"),
        ("income", "not_null", "5 %", "block"),
        ("", "rows", "100..", "block"),
    ]
    sent = {
        f"{name}_{place}": value
        for place, line in enumerate(lines)
        for name, value in zip(("columns", "kind", "limit", "severity"), line, strict=True)
    }
    refused = browser.post(here, {**sent, "limit_0": "young"})
    assert refused.status_code == 422
    assert "“young” does not say" in refused.content.decode()
    assert browser.post(here, sent).status_code == 302
    row = dataset.rules_row
    assert row is not None
    assert row.rules[0] == {
        "kind": "range",
        "severity": "block",
        "columns": ["age"],
        "least": 18.0,
        "most": 60.0,
    }
    assert row.rules[3]["most"] == 0.05
    again = browser.get(here).content.decode()
    for written in ("18..60", "north, south", "&lt;= income", "5 %", "100.."):
        assert written in again
    body = {"dataset": dataset.reference, "rules": row.rules, "reason": "The same again."}
    done = browser.post(
        "/api/v1/acts/dataset.set_rules", body, "application/json", headers={"Idempotency-Key": "once"}
    )
    assert done.status_code == 201, done.content
    snapshot = upload(dev, dataset, rows())
    page = browser.get(snapshot.get_absolute_url()).content.decode()
    assert "“age” lies outside 18 to 60" in page
    assert "region is one of north, south" in page


def test_rows_of_a_difference_need_the_grant_on_the_dataset(
    browser: Client, bank: make.Bank, dev: Any, dataset: Dataset
) -> None:
    one = released(dev, dataset)
    two = released(dev, dataset, rows().replace("\n7,", "\n9007,"))
    here = f"{one.get_absolute_url()}against/{two.reference}/"
    assert "9007" in browser.get(here).content.decode()
    shown = browser.get(f"/api/v1{here}").json()
    assert (shown["by_key"]["added"], shown["shown"]["added"]) == (1, [9007])
    stranger = bank.person("stranger", Role.MODEL_DEVELOPER, level=None)
    other = Client()
    other.force_login(bank.accounts["stranger"], backend="django.contrib.auth.backends.ModelBackend")
    assert stranger.person.name
    assert other.get(here).status_code == 404


def test_a_store_without_allowed_buckets_says_so(browser: Client, dataset: Dataset, settings: Any) -> None:
    here = f"/datasets/{dataset.reference}/fetch/"
    settings.MRM_OBJECT_BUCKETS = []
    assert "No bucket is allowed" in browser.get(here).content.decode()
    settings.MRM_OBJECT_BUCKETS = ["risk"]
    assert "Allowed buckets: risk" in browser.get(here).content.decode()
    taken = browser.post(here, {"address": "s3://risk/loans/2026.parquet"})
    assert taken.status_code == 302
    assert "s3://risk/loans/2026.parquet" in browser.get(taken["Location"]).content.decode()


def test_a_reader_of_the_dataset_sees_why_they_may_not(bank: make.Bank, dataset: Dataset, dev: Any) -> None:
    upload(dev, dataset, rows())
    bank.person("reader", Role.AUDITOR, level=GrantLevel.READ)
    client = Client()
    client.force_login(bank.accounts["reader"], backend="django.contrib.auth.backends.ModelBackend")
    for act in ("query", "rules", "fetch"):
        answer = client.get(f"/datasets/{dataset.reference}/{act}/")
        assert answer.status_code == 200
        assert 'aria-disabled="true"' in answer.content.decode()
    looked = client.post(
        f"/datasets/{dataset.reference}/query/", {"sql": "SELECT * FROM loans", "preview": "1"}
    )
    assert looked.status_code == 422
    assert "First rows" not in looked.content.decode()
