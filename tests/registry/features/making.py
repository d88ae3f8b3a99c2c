"""Catalogues, definitions and sources for tests, made by verbs, with their jobs run to the end in this process."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mrm.access.actors import Actor, robot
from mrm.access.intake import Upload
from mrm.access.rules import Robot, Role
from mrm.jobs import leases
from mrm.jobs.context import JobContext
from mrm.jobs.handlers import handlers
from mrm.jobs.models import Job
from mrm.kernel.canonical import tidy
from mrm.kernel.errors import CountersignError
from registry.features import building, named, verbs
from registry.features.models import Catalogue, Definition, TrainingSet
from registry.features.rules import Kind
from tests import make

START = datetime(2026, 1, 1, tzinfo=UTC)

DEFINITIONS = """
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
features: {amount: float, items: int, channel: text, large: bool}
transform: {large: amount > 100}
ttl: 30d
owner: Payments team
description: What a customer paid last.
---
kind: service
name: fraud
features: [spend:amount, spend:items, spend:channel, spend:large]
"""


def day(number: float) -> datetime:
    """The nth day of the story."""
    return START + timedelta(days=number)


def bank() -> tuple[make.Bank, Actor, Catalogue]:
    """A bank with a developer and a feature catalogue."""
    house = make.bank()
    developer = house.person("developer", Role.MODEL_DEVELOPER)
    return house, developer, verbs.open_catalogue(developer, entity=house.entity, name="Features")


def work(job_id: Any) -> Job:
    """Do a job here to its end; an error it ends with is raised."""
    fence = leases.claim(job_id)
    assert fence is not None
    job: Job = Job.objects.select_related("requested_by").get(pk=job_id)
    sink = os.open(os.devnull, os.O_WRONLY)
    context = JobContext(job, fence, robot(Robot.WORKER, on_behalf_of=job.requested_by), sink)
    try:
        handlers.get(job.kind).run(context)
    except CountersignError as error:
        leases.fail(fence, error)
        raise
    else:
        leases.succeed(fence, tidy(context.result))
    finally:
        os.close(sink)
    job.refresh_from_db()
    return job


def applied(who: Actor, catalogue: Catalogue, text: str = DEFINITIONS) -> list[Definition]:
    """Definitions, applied."""
    return verbs.apply_definitions(who, catalogue=catalogue, file=Upload.of("features.yaml", text.encode()))


def delivered(who: Actor, source: Definition, rows: pa.Table) -> Job:
    """Rows, read into the store."""
    sink = io.BytesIO()
    pq.write_table(rows, sink)
    return work(verbs.load_source(who, source=source, file=Upload.of("rows.parquet", sink.getvalue())).pk)


def source(catalogue: Catalogue, name: str = "payments") -> Definition:
    """The newest version of a source."""
    return named.definition_named(catalogue, Kind.SOURCE, name)


def service(catalogue: Catalogue, name: str = "fraud") -> Definition:
    """The newest version of a service."""
    return named.definition_named(catalogue, Kind.SERVICE, name)


def payments(*lines: tuple[Any, ...]) -> pa.Table:
    """Rows of the source: customer, day paid, day booked, amount, items, channel."""
    columns = list(zip(*lines, strict=True))
    stamp = pa.timestamp("us", tz="UTC")
    return pa.table(
        {
            "customer_id": pa.array(columns[0], pa.int64()),
            "paid_at": pa.array([day(value) for value in columns[1]], stamp),
            "booked_at": pa.array([day(value) for value in columns[2]], stamp),
            "amount": pa.array(columns[3], pa.float64()),
            "items": pa.array(columns[4], pa.int64()),
            "channel": pa.array(columns[5], pa.string()),
        }
    )


def rows(*lines: tuple[Any, float]) -> pa.Table:
    """Rows of a build: customer and the day of the decision."""
    ids, days = zip(*lines, strict=True)
    return pa.table(
        {
            "customer_id": pa.array(ids, pa.int64()),
            "as_of": pa.array([day(value) for value in days], pa.timestamp("us", tz="UTC")),
        }
    )


HISTORY = payments(
    (1, 1, 1.5, 50.0, 1, "web"),
    (1, 3, 3.0, 150.0, 2, "shop"),
    (1, 3, 5.0, 120.0, 2, "shop"),  # restated on day 5
    (1, 2, 6.0, 10.0, 9, "late"),  # late, and older than what is known by then
    (2, 2, 2.0, 70.0, None, None),
)


def recorded(who: Actor, catalogue: Catalogue) -> TrainingSet:
    """A training set, built and recorded."""
    asked, fraud = rows((1, 4), (2, 8), (5, 9)), service(catalogue)
    made = building.build(fraud, asked)
    kept = verbs.Kept(made.rows_digest, asked.num_rows, None, made.watermark, made.data_digest)
    return verbs.record_build(robot(Robot.WORKER, on_behalf_of=who.person), service=fraud, kept=kept)


def brought_online(who: Actor, catalogue: Catalogue) -> Job:
    """The service, materialised up to now."""
    return work(verbs.materialise(who, service=service(catalogue)).pk)


def compared(who: Actor, catalogue: Catalogue) -> Job:
    """One served row, and its comparison."""
    line = b'{"customer_id": 1, "at": "2026-01-08T00:00:00Z", "features": {"spend__amount": 120.0}}'
    verbs.record_served(who, service=service(catalogue), file=Upload.of("served.ndjson", line))
    return work(verbs.compare(who, service=service(catalogue)).pk)
