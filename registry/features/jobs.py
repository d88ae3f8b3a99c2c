"""Jobs of the feature store: read a source, bring a service online."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from mrm import vault
from mrm.access.actors import robot
from mrm.access.installation import group_scope
from mrm.access.rules import Robot
from mrm.jobs import steps
from mrm.jobs.context import JobContext
from mrm.jobs.handlers import Handler, handlers
from mrm.jobs.models import Job
from mrm.jobs.processes import Limits
from mrm.jobs.verbs import schedule
from mrm.kernel.canonical import sha256
from mrm.kernel.clock import utc
from mrm.ledger.clock import now
from registry.data import offline
from registry.features import building, comparing, loading, materialising, named, subjects
from registry.features.models import Comparison, Definition, Delivery, ServedBatch
from registry.features.store import opened
from registry.features.verbs import Compared, receive_part, record_comparison

QUERY_SECONDS = 600
COMPARED_ROWS = 200_000


def load(ctx: JobContext) -> None:
    """Read a delivery or a query, hash, keep what is new; the delivery is forgotten however it ended."""
    source = Definition.objects.select_related("catalogue", "scope").get(pk=ctx.payload["source"])
    wanted = ctx.payload.get("delivery")
    delivery = Delivery.objects.filter(pk=wanted).first() if wanted else None
    try:
        ctx.result = _loaded(ctx, source, delivery)
    finally:
        if delivery is not None:
            delivery.delete()


def _loaded(ctx: JobContext, source: Definition, delivery: Delivery | None) -> dict[str, Any]:
    ctx.progress(0, 4, "reading")
    if delivery is not None:
        key = subjects.unwrap(bytes(delivery.key), str(delivery.pk))
        data = subjects.unseal(key, vault.get(delivery.sealed), str(delivery.pk))
        table, file_digest = loading.table_of(data), sha256(data)
    else:
        table, file_digest = offline.select(source.body["query"], seconds=QUERY_SECONDS).table, ""
    ctx.progress(1, 4, "hashing keys")
    part, raw = loading.prepare(source, table, now(), file_digest)
    ctx.progress(2, 4, "sealing keys")
    for feature_key, known in raw.items():
        subjects.remember(feature_key, known)
    if part is None:
        return {"rows": 0, "skipped": table.num_rows}
    ctx.progress(3, 4, "receiving")
    row = receive_part(ctx.actor, source=source, part=part, fence=ctx.fence)
    with opened() as store:
        store.source(source)  # brings an engine's own tables up to date
    ctx.progress(4, 4, "done")
    return {"part": row.number, "rows": part.rows, "skipped": part.skipped}


def materialise(ctx: JobContext) -> None:
    """Bring a service online up to the time that was asked for."""
    service = Definition.objects.select_related("catalogue", "scope").get(pk=ctx.payload["service"])
    until = datetime.fromisoformat(ctx.payload["until"])

    def write(do: Callable[[], None]) -> None:
        with transaction.atomic():
            steps.locked(ctx.fence)
            do()

    state = materialising.materialise(service, until, write=write, told=ctx.progress)
    ctx.result = {"until": utc(state.until), "rows": state.rows}


def compare(ctx: JobContext) -> None:
    """Judge what was served: one service, or every one of which something new came."""
    wanted = ctx.payload.get("service")
    rows = Definition.objects.select_related("catalogue", "scope")
    services = [rows.get(pk=wanted)] if wanted else [rows.get(pk=key) for key in uncompared()]
    skewed = []
    for number, service in enumerate(services):
        ctx.progress(number, len(services), service.label)
        row = record_comparison(ctx.actor, service=service, found=compared(service), fence=ctx.fence)
        skewed += [service.label] if row.skewed else []
    ctx.result = {"services": len(services), "skewed": skewed}


def compared(service: Definition) -> Compared:
    """The newest batches against what is known."""
    batches: list[ServedBatch] = []
    rows = 0
    for batch in ServedBatch.objects.filter(service=service).order_by("-number"):
        if batches and rows + batch.rows > COMPARED_ROWS:
            break
        batches.append(batch)
        rows += batch.rows
    marks = building.marks(named.plan(service))
    found = comparing.compare(service, batches, marks)
    return Compared(batches[-1].number, batches[0].number, rows, marks, found)


def uncompared() -> list[Any]:
    """The services of which a batch came that no comparison has seen."""
    last = ServedBatch.objects.values("service").annotate(last=Max("number"))
    seen = dict(Comparison.objects.values_list("service").annotate(Max("last_batch")))
    return [item["service"] for item in last if item["last"] > seen.get(item["service"], 0)]


def plan_comparison() -> None:
    """Called each second by the scheduler: a minute in which served features wait is the period of one job."""
    if not uncompared():
        return
    key = f"features.compare:{now():%Y-%m-%dT%H:%M}"
    if not Job.objects.filter(period_key=key).exists():
        with suppress(IntegrityError):  # another scheduler was quicker
            schedule(
                robot(Robot.SCHEDULER),
                group=group_scope(),
                kind="features.compare",
                title="Skew of served features",
                period_key=key,
            )


handlers.register("features.compare", Handler(compare, Limits(seconds=1800)))
handlers.register("features.materialise", Handler(materialise, Limits(seconds=3600)))
handlers.register("features.load", Handler(load, Limits(seconds=1800)))
