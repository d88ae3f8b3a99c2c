"""A recipe on a feature service: the rows are joined with what was known at each time, kept, and read again as kept."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.test import Client

from mrm import vault
from mrm.access.models import User
from mrm.access.rules import Role
from mrm.kernel.errors import BadInput
from registry.data import verbs as data
from registry.features import verbs as features
from registry.features.models import Catalogue
from registry.training import queries, repeating, verbs
from registry.training.models import Recipe, Run
from registry.versions.gates import Ask, providers
from tests.mrm.policy.people import person
from tests.registry.features.making import applied, delivered, source
from tests.registry.making import upload, work
from tests.registry.training.conftest import SCORECARD, Shop, text
from tests.registry.training.test_reproduce import vault_file

START = datetime(2026, 1, 1, tzinfo=UTC)
DEFINITIONS = """
kind: entity
name: customer
key: customer_id
---
kind: source
name: accounts
path: accounts.parquet
event_time: at
known_time: known
---
kind: view
name: account
entity: customer
source: accounts
features: {balance: float, arrears: int}
---
kind: service
name: credit
features: [account:balance, account:arrears]
"""
CUSTOMERS = 160
DATA = "{{service: credit, rows: {rows}, key: customer_id, as_of: decided_at}}"


def accounts(*days: float, shift: float = 0.0) -> pa.Table:
    """What each customer's account was on some days, known a day later."""
    draw = np.random.default_rng(3)
    stamp = pa.timestamp("us", tz="UTC")
    ids, at, balance, arrears = [], [], [], []
    for day in days:
        for customer in range(CUSTOMERS):
            ids.append(customer)
            at.append(START + timedelta(days=day))
            balance.append(round(float(draw.normal(100, 30)) + shift, 2))
            arrears.append(int(draw.integers(0, 5)))
    return pa.table(
        {
            "customer_id": pa.array(ids, pa.int64()),
            "at": pa.array(at, stamp),
            "known": pa.array([item + timedelta(days=1) for item in at], stamp),
            "balance": pa.array(balance, pa.float64()),
            "arrears": pa.array(arrears, pa.int64()),
        }
    )


def decisions() -> str:
    """The rows of the recipe: who, when, and how it ended; two decisions on each customer."""
    draw = np.random.default_rng(4)
    lines = ["customer_id,decided_at,bad"]
    for day in (10, 20):
        for customer in draw.permutation(CUSTOMERS):
            moment = START + timedelta(days=day, hours=int(draw.integers(24)))
            lines.append(f"{customer},{moment:%Y-%m-%dT%H:%M:%SZ},{int(draw.random() < 0.35)}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def fed(shop: Shop) -> Catalogue:
    """The shop with a feature service and the rows of its decisions."""
    catalogue = features.open_catalogue(shop.developer, entity=shop.line.entity, name="Features")
    applied(shop.developer, catalogue, DEFINITIONS)
    delivered(shop.developer, source(catalogue, "accounts"), accounts(5, 15))
    shop.snapshot = upload(
        shop.developer, shop.dataset, decisions(), gone=["id", "income", "debt", "region", "age"]
    )
    data.assign_roles(
        shop.developer,
        snapshot=shop.snapshot,
        columns={"customer_id": "key", "decided_at": "date", "bad": "y"},
        event="1",
    )
    return catalogue


def on_service(shop: Shop, **changes: Any) -> Run:
    """A run on the service, to its end."""
    run = shop.run(data=DATA.format(rows=shop.snapshot.reference), **changes)
    assert run.state == "succeeded", run.work.error_detail
    return run


@pytest.mark.services
def test_it_trains_pins_its_features_and_repeats_whatever_the_store_has_learned_since(
    shop: Shop, fed: Catalogue
) -> None:
    run = on_service(shop)
    names = ["account@v1:balance", "account@v1:arrears"]
    assert run.made.features == names
    version = run.made.version
    assert version.features == names
    assert run.made.trace["data"]["inputs"] == {"account__balance": "float64", "account__arrears": "int64"}
    # what arrives now claims to have been known all along: a read of today would see it
    delivered(shop.developer, source(fed, "accounts"), accounts(6, 16, shift=500))
    repetition = shop.repeat(run)
    assert (repetition.verdict, repetition.detail) == ("identical", "")
    other = on_service(shop)
    assert other.made.data_digest != run.made.data_digest, "a run that starts now knows more"


def test_rows_are_joined_as_of_each_decision(shop: Shop, fed: Catalogue) -> None:
    run = on_service(shop)
    kept = pq.read_table(io.BytesIO(vault.get(run.made.rows))).to_pydict()
    balances = accounts(5, 15)["balance"].to_pylist()
    known = [
        balances[customer + (CUSTOMERS if number >= CUSTOMERS else 0)]
        for number, customer in enumerate(kept["customer_id"])
    ]
    assert kept["account__balance"] == known, "the first decisions know day 5, the second day 15"


def test_until_when_the_store_is_read_is_the_runs_own_fact(shop: Shop, fed: Catalogue) -> None:
    recipe = shop.recipe(data=DATA.format(rows=shop.snapshot.reference))
    run = verbs.start(shop.developer, recipe=recipe, known_until=START + timedelta(days=8))
    work(run.job)
    done = queries.run(run.reference)
    kept = pq.read_table(io.BytesIO(vault.get(done.made.rows))).to_pydict()
    early = accounts(5, 15)["balance"].to_pylist()[:CUSTOMERS]
    assert kept["account__balance"] == [early[item] for item in kept["customer_id"]], "day 15 was not known"


def test_one_byte_of_the_joined_rows(shop: Shop, fed: Catalogue) -> None:
    run = on_service(shop)
    file = vault_file(run.made.rows)
    whole = file.read_bytes()
    file.chmod(0o644)
    file.write_bytes(whole[:200] + bytes([whole[200] ^ 1]) + whole[201:])
    found, _ = repeating.repeat(run, run.recipe)
    assert found.step == "data"
    assert run.made.rows in found.detail


def test_the_gate_asks_for_served_values(shop: Shop, fed: Catalogue) -> None:
    version = on_service(shop).made.version
    answer = providers.get("feature_skew")(Ask(version=version, requirement={}, on=START.date()))
    assert answer.state == "unmet"
    assert "were not compared yet" in answer.sentence


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"service": "fraud"}, "feature_service_unknown", "no feature service “fraud”"),
        ({"as_of": "decided"}, "rows_unusable", "as_of"),
    ],
)
def test_a_service_or_a_column_that_is_not_there(
    shop: Shop, fed: Catalogue, changes: dict[str, str], code: str, words: str
) -> None:
    asked = {
        "service": "credit",
        "rows": shop.snapshot.reference,
        "key": "customer_id",
        "as_of": "decided_at",
    } | changes
    spelled = ", ".join(f"{name}: {value}" for name, value in asked.items())
    recipe = verbs.declare(
        shop.developer,
        model=shop.model,
        text=text(shop.snapshot.reference, SCORECARD, data="{" + spelled + "}"),
    )
    with pytest.raises(BadInput) as refused:
        work(shop.start(recipe).job)
    assert refused.value.code == code
    assert words in refused.value.detail
    assert refused.value.remedy
    assert not Run.objects.filter(result__isnull=False).exists()


def test_the_feature_pages_name_versions_and_recipes_that_pin_it(shop: Shop, fed: Catalogue) -> None:
    version = on_service(shop).made.version
    above = fed.get_absolute_url()
    recipe = Recipe.objects.get()
    browser = Client()
    browser.force_login(User.objects.get(person=shop.developer.person))
    for place in ("services/credit/", "views/account/"):
        text = browser.get(f"{above}{place}").content.decode()
        assert version.get_absolute_url() in text
        assert recipe.get_absolute_url() in text
    # a newer service: the old one is no longer what the recipe's name means, and its version still pins it
    applied(
        shop.developer, fed, DEFINITIONS.replace("account:arrears]", "account@v1:arrears]\ndescription: more")
    )
    old, new = (
        browser.get(f"{above}services/credit/?version={number}").content.decode() for number in (1, 2)
    )
    assert recipe.get_absolute_url() not in old
    assert recipe.get_absolute_url() in new
    assert version.get_absolute_url() in old
    stranger = person("Sam Stranger", Role.MODEL_DEVELOPER, on=fed.scope)
    other = Client()
    other.force_login(User.objects.get(person=stranger.person))
    seen = other.get(f"{above}services/credit/").content.decode()
    assert "credit" in seen
    assert version.get_absolute_url() not in seen, "who may not see the model does not learn of it here"
    assert recipe.get_absolute_url() not in seen
