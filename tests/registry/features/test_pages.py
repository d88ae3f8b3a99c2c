"""Pages and endpoints of the feature store: what is shown, to whom, and that lists cost the same however long."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mrm.access.rules import Role
from registry.features.models import Catalogue
from tests import make
from tests.registry.features.making import (
    DEFINITIONS,
    HISTORY,
    applied,
    bank,
    brought_online,
    compared,
    delivered,
    recorded,
    source,
)


def client(house: make.Bank, name: str) -> Client:
    """Somebody's browser."""
    browser = Client()
    browser.force_login(house.accounts[name])
    return browser


def stocked() -> tuple[make.Bank, Any, Catalogue]:
    """A catalogue with everything in it."""
    house, developer, catalogue = bank()
    applied(developer, catalogue)
    delivered(developer, source(catalogue), HISTORY)
    recorded(developer, catalogue)
    brought_online(developer, catalogue)
    compared(developer, catalogue)
    return house, developer, catalogue


def test_pages_show_definition_distribution_freshness_and_skew(db: None) -> None:
    house, _, catalogue = stocked()
    browser = client(house, "developer")
    above = catalogue.get_absolute_url()
    seen = {
        "/features/": ["spend", "fraud", "payments"],
        above: ["Apply definitions", "customer"],
        f"{above}views/spend/": ["amount &gt; 100", "Payments team", "fraud@v1", "30 days"],
        f"{above}services/fraud/": ["spend__amount", "Online up to", "TS-", "equal"],
        f"{above}sources/payments/": ["booked_at", "asserted", "Part"],
    }
    for url, words in seen.items():
        text = browser.get(url).content.decode()
        for word in words:
            assert word in text, f"{word} on {url}"
    house.person("stranger", Role.MODEL_DEVELOPER, level=None)
    stranger = client(house, "stranger")
    assert stranger.get(f"{above}views/spend/").status_code == 404
    assert "spend" not in stranger.get("/features/").content.decode()


def test_rows_are_read_online_over_the_api(db: None) -> None:
    house, _, catalogue = stocked()
    url = f"/api/v1{catalogue.get_absolute_url()}services/fraud/read/"
    body = {"rows": [{"customer_id": 1}, {"customer_id": 77}]}
    answer = client(house, "developer").post(url, json.dumps(body), "application/json")
    assert answer.status_code == 200
    assert [row["spend__amount"] for row in answer.json()["rows"]] == [None, None], "older than thirty days"
    assert answer.json()["watermark"]
    wrong = client(house, "developer").post(url, "[]", "application/json")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "rows_unusable")
    house.person("stranger", Role.MODEL_DEVELOPER, level=None)
    assert client(house, "stranger").post(url, json.dumps(body), "application/json").status_code == 404


@pytest.mark.parametrize("url", ["/features/", "/api/v1/features/"])
def test_a_list_costs_the_same_however_long(db: None, url: str) -> None:
    house, developer, catalogue = bank()
    applied(developer, catalogue)
    browser = client(house, "developer")
    browser.get(url)
    with CaptureQueriesContext(connection) as few:
        browser.get(url)
    for number in range(6):
        applied(
            developer,
            catalogue,
            DEFINITIONS.replace("spend", f"spend{number}").replace("fraud", f"f{number}"),
        )
    with CaptureQueriesContext(connection) as more:
        browser.get(url)
    assert len(more) == len(few)
