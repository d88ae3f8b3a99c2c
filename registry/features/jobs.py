"""Jobs of the feature store: read a source, bring a service online."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from mrm import vault
from mrm.jobs import steps
from mrm.jobs.context import JobContext
from mrm.jobs.handlers import Handler, handlers
from mrm.jobs.processes import Limits
from mrm.kernel.canonical import sha256
from mrm.kernel.clock import utc
from mrm.ledger.clock import now
from registry.data import offline
from registry.features import loading, materialising, subjects
from registry.features.models import Definition, Delivery
from registry.features.store import opened
from registry.features.verbs import receive_part

QUERY_SECONDS = 600


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


handlers.register("features.materialise", Handler(materialise, Limits(seconds=3600)))
handlers.register("features.load", Handler(load, Limits(seconds=1800)))
