"""Online equals offline as of the watermark, for every entity, however often and in whatever steps it is made."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest
from django.conf import settings as house

from mrm.access.rules import Role
from mrm.kernel.errors import CountersignError, RuleRefused
from registry.features import building, materialising, online, queries, subjects, verbs
from registry.features.models import Catalogue, OnlineState, Subject
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
    work,
)


def many(seed: int, count: int, first: float, last: float) -> pa.Table:
    """Payments of twenty customers, some booked late."""
    draw = random.Random(seed)
    return payments(
        *[
            (
                draw.randrange(20),
                paid := draw.uniform(first, last),
                paid + draw.choice([0, 0.5, 9]),
                round(draw.uniform(1, 200), 2),
                draw.choice([None, 1, 2]),
                draw.choice(["web", "shop", None]),
            )
            for _ in range(count)
        ]
    )


def offline(catalogue: Catalogue, until: datetime, ids: list[int]) -> dict[str, list[Any]]:
    """What a build says at the watermark."""
    asked = pa.table(
        {"customer_id": ids, "as_of": pa.array([until] * len(ids), pa.timestamp("us", tz="UTC"))}
    )
    state = OnlineState.objects.get()
    found = building.build(service(catalogue), asked, at_watermark=state.watermark).table
    made: dict[str, list[Any]] = found.drop_columns(["as_of"]).to_pydict()
    return made


@pytest.mark.services
def test_online_equals_offline_at_the_watermark_step_by_step(db: None) -> None:
    _, developer, catalogue = bank()
    applied(developer, catalogue)
    ids = list(range(22))
    given = pa.table({"customer_id": ids})
    for number, until in enumerate((20, 25, 25, 70)):
        delivered(developer, source(catalogue), many(number, 60, number * 5, number * 10 + 10))
        work(verbs.materialise(developer, service=service(catalogue), until=day(until)).pk)
        answered = queries.read(service(catalogue), given)
        assert answered.watermark == day(until)
        assert answered.table.to_pydict() == offline(catalogue, day(until), ids)
        again = online.TableStore().count(service(catalogue))
        work(verbs.materialise(developer, service=service(catalogue), until=day(until)).pk)
        assert online.TableStore().count(service(catalogue)) == again
    with pytest.raises(RuleRefused) as refused:
        verbs.materialise(developer, service=service(catalogue), until=day(30))
    assert refused.value.code == "online_back"


def test_a_materialisation_that_broke_off_is_done_again(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    _, developer, catalogue = bank()
    applied(developer, catalogue)
    delivered(developer, source(catalogue), many(1, 80, 0, 20))
    monkeypatch.setattr(materialising, "PIECE", 4)
    writes = 0

    def breaks_off(do: Any) -> None:
        nonlocal writes
        writes += 1
        if writes == 3:
            raise ConnectionError
        do()

    with pytest.raises(ConnectionError):
        materialising.materialise(service(catalogue), day(10), write=breaks_off, told=lambda *_: None)
    assert not OnlineState.objects.exists(), "nobody reads what is not whole"
    with pytest.raises(CountersignError) as refused:
        queries.read(service(catalogue), pa.table({"customer_id": [1]}))
    assert refused.value.code == "online_missing"
    delivered(developer, source(catalogue), many(2, 40, 5, 12))
    work(verbs.materialise(developer, service=service(catalogue), until=day(12)).pk)
    ids = list(range(20))
    assert queries.read(service(catalogue), pa.table({"customer_id": ids})).table.to_pydict() == offline(
        catalogue, day(12), ids
    )


def test_an_erased_subject_is_unknown_everywhere(db: None) -> None:
    house_, developer, catalogue = bank()
    applied(developer, catalogue)
    delivered(developer, source(catalogue), HISTORY)
    work(verbs.materialise(developer, service=service(catalogue), until=day(10)).pk)
    officer = house_.person("officer", Role.RISK_OFFICER)
    verbs.erase_subject(
        officer, catalogue=catalogue, key="customer", value="1", reason="Request 7 of the data office."
    )
    subject = Subject.objects.get(hash=subjects.hashed(catalogue, "customer", "1"))
    assert subjects.raw_key(subject) is None
    both = pa.table({"customer_id": [1, 2]})
    assert queries.read(service(catalogue), both).table["spend__amount"].to_pylist() == [None, 70]
    assert building.build(service(catalogue), rows((1, 7), (2, 7))).table["spend__amount"].to_pylist() == [
        None,
        70,
    ]
    delivered(developer, source(catalogue), payments((1, 8, 8, 5.0, 1, "web")))
    subject.refresh_from_db()
    assert subject.sealed is None, "what comes later does not bring the name back"


@pytest.mark.only_services
def test_redis_keeps_the_same_rows(db: None, settings: Any) -> None:
    settings.MRM_ONLINE_URL = house.CELERY_BROKER_URL
    if not settings.MRM_ONLINE_URL.startswith("redis"):
        pytest.skip("runs with Redis")
    _, developer, catalogue = bank()
    applied(developer, catalogue)
    delivered(developer, source(catalogue), many(1, 80, 0, 20))
    ids = list(range(22))
    for until in (10, 15, 60):
        work(verbs.materialise(developer, service=service(catalogue), until=day(until)).pk)
        answered = queries.read(service(catalogue), pa.table({"customer_id": ids}))
        assert answered.table.to_pydict() == offline(catalogue, day(until), ids)
    assert OnlineState.objects.get().rows == len(set(many(1, 80, 0, 20)["customer_id"].to_pylist()))
