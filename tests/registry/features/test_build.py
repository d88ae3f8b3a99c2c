"""Point-in-time reads: what was known then, every row kept, and the same again later."""

from __future__ import annotations

import pyarrow as pa
import pytest

from mrm.kernel.errors import BadInput, CountersignError
from registry.features import building, queries, subjects
from registry.features.models import Delivery, Subject
from tests.registry.features.making import (
    HISTORY,
    applied,
    bank,
    day,
    delivered,
    payments,
    rows,
    service,
    source,
)


@pytest.mark.services
def test_nothing_known_later_and_every_row_kept(db: None) -> None:
    _, developer, catalogue = bank()
    applied(developer, catalogue)
    delivered(developer, source(catalogue), HISTORY)
    asked = rows((1, 1.2), (1, 1.5), (1, 4), (1, 5), (1, 7), (3, 9), (2, 31.9), (2, 32.1), (1, 4))
    made = building.build(service(catalogue), asked).table
    assert made.column_names[:2] == ["customer_id", "as_of"]
    assert made["spend__amount"].to_pylist() == [None, 50, 150, 120, 120, None, 70, None, 150]
    assert made["spend__large"].to_pylist() == [None, False, True, True, True, None, False, None, True]
    assert made["spend__items"].to_pylist() == [None, 1, 2, 2, 2, None, None, None, 2]
    assert made.schema.field("spend__items").type == pa.int64()
    until = building.build(service(catalogue), asked, known_until=day(4)).table
    assert until["spend__amount"].to_pylist() == [None, 50, 150, 150, 150, None, 70, None, 150]


def test_a_rebuild_after_more_data_has_the_same_digest(db: None) -> None:
    _, developer, catalogue = bank()
    applied(developer, catalogue)
    delivered(developer, source(catalogue), HISTORY)
    asked, fraud = rows((1, 4), (2, 8), (5, 9)), service(catalogue)
    first = building.build(fraud, asked)
    # arrives now, and claims to have been known all along
    delivered(developer, source(catalogue), payments((5, 1, 1, 5.0, 5, "new"), (1, 3.5, 3.5, 1.0, 1, "new")))
    again = building.build(fraud, asked, at_watermark=first.watermark)
    assert again.data_digest == first.data_digest
    assert building.build(fraud, asked).data_digest != first.data_digest


def test_reading_the_same_again_adds_nothing(db: None) -> None:
    _, developer, catalogue = bank()
    applied(developer, catalogue)
    delivered(developer, source(catalogue), HISTORY)
    delivered(developer, source(catalogue), HISTORY)
    more = pa.concat_tables([HISTORY, payments((9, 1, 1, 1.0, 1, "x"))])
    delivered(developer, source(catalogue), more)
    assert list(source(catalogue).parts.values_list("number", "first_seq", "rows")) == [(1, 0, 5), (2, 5, 1)]
    assert not Delivery.objects.exists(), "what was delivered is forgotten"


LAGGED = """
kind: entity
name: customer
key: customer_id
---
kind: source
name: payments
path: payments.parquet
event_time: paid_at
lag: 1d
---
kind: view
name: spend
entity: customer
source: payments
features: {amount: float}
---
kind: service
name: fraud
features: [spend:amount]
"""


def test_a_lag_is_asserted_for_history_and_a_restatement_is_known_when_it_came(db: None) -> None:
    _, developer, catalogue = bank()
    applied(developer, catalogue, LAGGED)
    delivered(developer, source(catalogue), payments((1, 1, 0, 50.0, 1, "web")))
    asked = rows((1, 1.9), (1, 2.0), (1, 30))
    before = building.build(service(catalogue), asked).table["spend__amount"].to_pylist()
    assert before == [None, 50, 50]
    delivered(developer, source(catalogue), payments((1, 1, 0, 99.0, 1, "web")))
    assert building.build(service(catalogue), asked).table["spend__amount"].to_pylist() == before


def test_without_times_of_its_own_a_source_is_known_when_it_was_received(db: None) -> None:
    _, developer, catalogue = bank()
    applied(developer, catalogue, LAGGED.replace("lag: 1d\n", ""))
    delivered(developer, source(catalogue), payments((1, 1, 0, 50.0, 1, "web")))
    made = building.build(service(catalogue), rows((1, 30), (1, 36500)))
    assert made.table["spend__amount"].to_pylist() == [None, 50]


def test_the_store_knows_hashes_and_an_erased_subject_is_unknown(db: None) -> None:
    _, developer, catalogue = bank()
    applied(developer, catalogue)
    delivered(developer, source(catalogue), HISTORY)
    part = source(catalogue).parts.get()
    assert "customer_id" not in {item["name"] for item in part.columns}
    subject = Subject.objects.get(hash=subjects.hashed(catalogue, "customer", "1"))
    assert subjects.raw_key(subject) == "1"
    assert bytes(subject.sealed) != b"1"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (pa.table({"as_of": [day(1)]}), "no column “customer_id”"),
        (pa.table({"customer_id": [1]}), "no column “as_of”"),
        (pa.table({"customer_id": [1], "as_of": ["soon"]}), "not a time"),
        (pa.table({"customer_id": [1], "as_of": [day(1)], "spend__items": [3]}), "already"),
    ],
)
def test_rows_that_cannot_be_used(db: None, asked: pa.Table, words: str) -> None:
    _, developer, catalogue = bank()
    applied(developer, catalogue)
    delivered(developer, source(catalogue), HISTORY)
    with pytest.raises(BadInput) as refused:
        building.build(service(catalogue), asked)
    assert refused.value.code == "rows_unusable"
    assert words in refused.value.detail


def test_a_source_that_was_not_read(db: None) -> None:
    _, developer, catalogue = bank()
    applied(developer, catalogue)
    with pytest.raises(CountersignError) as refused:
        building.build(service(catalogue), rows((1, 1)))
    assert refused.value.code == "source_unread"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda t: t.drop_columns(["items"]), "source_schema"),
        (lambda t: t.set_column(3, "amount", pa.array(["a"] * t.num_rows)), "source_schema"),
        (
            lambda t: t.set_column(1, "paid_at", pa.array([None] * t.num_rows, pa.timestamp("us"))),
            "source_times",
        ),
        (lambda t: t.drop_columns(["customer_id"]), "source_schema"),
    ],
)
def test_a_source_that_drifts_leaves_the_store_as_it_was(db: None, change: object, code: str) -> None:
    _, developer, catalogue = bank()
    applied(developer, catalogue)
    delivered(developer, source(catalogue), HISTORY)
    with pytest.raises(CountersignError) as refused:
        delivered(developer, source(catalogue), change(HISTORY))  # type: ignore[operator]
    assert refused.value.code == code
    assert source(catalogue).parts.count() == 1


def test_division_by_zero_and_a_broken_test_name_view_and_rows(db: None) -> None:
    _, developer, catalogue = bank()
    text = (
        "kind: entity\nname: customer\nkey: customer_id\n---\nkind: source\nname: payments\npath: p\nevent_time: paid_at\n"
        "known_time: booked_at\n---\nkind: view\nname: spend\nentity: customer\nsource: payments\n"
        "features: {each: float}\ntransform: {each: amount / items}\n"
    )
    applied(developer, catalogue, text)
    zero = payments((1, 1, 1, 5.0, 0, "x"), (1, 2, 2, 5.0, 2, "x"))
    with pytest.raises(BadInput) as refused:
        delivered(developer, source(catalogue), zero)
    assert refused.value.code == "division_by_zero"
    assert "in 1 row" in refused.value.detail
    safe = (
        text.replace("amount / items", "'amount / NULLIF(items, 0)'") + "tests: [{feature: each, max: 1}]\n"
    )
    applied(developer, catalogue, safe)
    with pytest.raises(BadInput) as refused:
        delivered(developer, source(catalogue), zero)
    assert refused.value.code == "view_test_failed"
    assert "at most 1" in refused.value.detail


def test_build_is_offered_to_rooms_above_as_pandas(db: None) -> None:
    _, developer, catalogue = bank()
    applied(developer, catalogue)
    delivered(developer, source(catalogue), HISTORY)
    made = queries.build(queries.service(developer, "fraud"), rows((1, 4), (9, 4)).to_pandas())
    assert made["spend__amount"].iloc[0] == 150
    assert made["spend__channel"].isna().tolist() == [False, True]
