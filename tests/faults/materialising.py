"""What the trials on materialising do inside the bank's own processes: called through its shell, one line of answer."""

from __future__ import annotations

import io
import json
import random

import pyarrow as pa
import pyarrow.parquet as pq

from mrm.access.actors import actor_of
from mrm.access.intake import Upload
from mrm.access.models import User
from mrm.access.rules import Door, Role
from mrm.jobs import inline
from mrm.jobs.rules import JobState
from registry.features import building, queries, verbs
from registry.features.models import Catalogue, OnlineState
from tests import make
from tests.registry.features.making import applied, day, payments, service, source

CUSTOMERS, SPREAD = 6000, 24


def prepare() -> None:
    """A catalogue, and some payments of each customer on every day: each day changes every online row."""
    house = make.bank()
    developer = house.person("developer", Role.MODEL_DEVELOPER)
    catalogue = verbs.open_catalogue(developer, entity=house.entity, name="Features")
    applied(developer, catalogue)
    draw = random.Random(1)
    rows = payments(
        *[
            (customer, paid := number + draw.random(), paid, round(draw.uniform(1, 200), 2), number, None)
            for number in range(SPREAD)
            for customer in range(CUSTOMERS)
        ]
    )
    sink = io.BytesIO()
    pq.write_table(rows, sink)
    file = Upload.of("rows.parquet", sink.getvalue())
    job = inline.finish(verbs.load_source(developer, source=source(catalogue), file=file).pk)
    assert job.state == JobState.SUCCEEDED, job.error_detail


def begin(number: int) -> None:
    """Ask for the service up to a day; the job is left to the worker."""
    developer = actor_of(
        User.objects.get(username__startswith="developer"),
        door=Door.SHELL,
        method="shell",
        factors=("password",),
    )
    job = verbs.materialise(developer, service=service(Catalogue.objects.get()), until=day(number))
    print(json.dumps(job.pk.hex))


def judge() -> None:
    """How many online rows differ from what a build as of the watermark says, of how many."""
    state, fraud = OnlineState.objects.get(), service(Catalogue.objects.get())
    ids = list(range(CUSTOMERS + 5))
    online = queries.read(fraud, pa.table({"customer_id": ids})).table.to_pylist()
    asked = pa.table(
        {"customer_id": ids, "as_of": pa.array([state.until] * len(ids), pa.timestamp("us", tz="UTC"))}
    )
    offline = (
        building.build(fraud, asked, at_watermark=state.watermark).table.drop_columns(["as_of"]).to_pylist()
    )
    known = sum(row["spend__amount"] is not None for row in offline)
    different = sum(one != other for one, other in zip(online, offline, strict=True))
    print(
        json.dumps(
            {"until": state.until.isoformat(), "rows": state.rows, "known": known, "different": different}
        )
    )
