"""Tables equal the log: every governed row says what its last revision said, every revision is in its leaf."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.apps import apps
from django.db import models

from mrm.access.models import Revision
from mrm.access.rows import payload, row_type
from mrm.kernel.canonical import canonical, sha256
from mrm.kernel.ports import Port
from mrm.ledger.report import Problem

read_bytes: Port[Callable[[str], bytes]] = Port("act.read_bytes")
CHUNK = 500
# These tables hold the log itself or index it; they are compared through the leaves.
INDEX = {"access.entry", "access.touch", "access.revision"}
LOG = "ledger"


def problems() -> Iterator[Problem]:
    """Every place where the tables say something else than the ledger."""
    yield from _revisions()
    for model in governed():
        yield from _rows(model)


def governed() -> list[type[models.Model]]:
    """The tables whose rows leave revisions."""
    return [
        model
        for model in apps.get_models()
        if getattr(model, "record_kind", "") in {"governed", "append_only"}
        and row_type(model) not in INDEX
        and model._meta.app_label != LOG
    ]


def _revisions() -> Iterator[Problem]:
    leaf_id, listed = None, frozenset[str]()
    rows = Revision.objects.select_related("leaf").order_by("leaf_id", "id").iterator(CHUNK)
    for revision in rows:
        if revision.leaf_id != leaf_id:
            leaf_id, listed = revision.leaf_id, _digests(bytes(revision.leaf.bytes))
        place = f"{revision.row_type} {revision.row_id} revision {revision.number}"
        if revision.salt and _digest(revision.salt, revision.payload) != revision.digest:
            yield Problem(place, "the payload is not what its digest says")
        gone = revision.payload is None
        if not gone and revision.digest not in listed:
            yield Problem(place, f"leaf {revision.leaf_id} does not name this revision")


def _digest(salt: str, facts: Any) -> str:
    return sha256(bytes.fromhex(salt) + canonical(facts))


def _digests(leaf: bytes) -> frozenset[str]:
    entry = json.loads(leaf)
    changes: Iterable[dict[str, Any]] = entry.get("changes", [])
    if summary := entry.get("changes_list"):
        read = read_bytes.get("vault")
        changes = [json.loads(line) for line in read(summary["digest"]).splitlines()] if read else []
    return frozenset(change["after"] for change in changes if change["after"])


def _rows(model: type[models.Model]) -> Iterator[Problem]:
    kind = row_type(model)
    batch: list[models.Model] = []
    for row in model._default_manager.order_by("pk").iterator(CHUNK):
        batch.append(row)
        if len(batch) == CHUNK:
            yield from _compare(kind, batch)
            batch = []
    yield from _compare(kind, batch)
    yield from _missing(kind, model)


def _compare(kind: str, rows: list[models.Model]) -> Iterator[Problem]:
    latest: dict[str, Any] = {}
    revisions = Revision.objects.filter(row_type=kind, row_id__in=[str(row.pk) for row in rows])
    for revision in revisions.order_by("number"):
        latest[revision.row_id] = revision.payload
    for row in rows:
        key = str(row.pk)
        if key not in latest:
            yield Problem(f"{kind} {key}", "the row is in no entry of the ledger")
        elif names := differing(row, latest[key] or {}):
            yield Problem(f"{kind} {key}", f"the row does not say what the ledger says: {', '.join(names)}")


def differing(row: models.Model, said: dict[str, Any]) -> list[str]:
    """The columns in which a row differs from its last revision.

    A column that came to the table after that revision is not in it: the migration gave such a row the column's
    default, and any other value is one that no act wrote. A column that left the table says nothing any more.
    """
    defaults = {
        field.attname: field.get_default() for field in row._meta.concrete_fields if field.attname not in said
    }
    before = payload(type(row)(**defaults)) if defaults else {}
    now = payload(row)
    return sorted(name for name in now if now[name] != said.get(name, before.get(name)))


def _missing(kind: str, model: type[models.Model]) -> Iterator[Problem]:
    """Rows whose last revision still speaks of them, and that are not there."""
    last = models.Subquery(
        Revision.objects.filter(row_type=kind, row_id=models.OuterRef("row_id"))
        .order_by("-number")
        .values("number")[:1]
    )
    alive = Revision.objects.filter(row_type=kind, number=last, payload__isnull=False).order_by("id")
    batch: list[str] = []
    for key in alive.values_list("row_id", flat=True).iterator(CHUNK):
        batch.append(key)
        if len(batch) == CHUNK:
            yield from _absent(kind, model, batch)
            batch = []
    yield from _absent(kind, model, batch)


def _absent(kind: str, model: type[models.Model], keys: list[str]) -> Iterator[Problem]:
    there = {str(key) for key in model._default_manager.filter(pk__in=keys).values_list("pk", flat=True)}
    for key in keys:
        if key not in there:
            yield Problem(f"{kind} {key}", "the ledger knows this row, and it is gone")
