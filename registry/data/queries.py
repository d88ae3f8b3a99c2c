"""Reads of datasets and snapshots, always by what the reader may see.

A grant on a model shows name, digest, schema and profile of the snapshots its versions name; the rows need a grant on
the dataset. Which versions name a snapshot is known on a higher floor and asked at the port `data.used_by`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from mrm.access.actors import Actor
from mrm.access.models import LegalEntity, Scope
from mrm.access.rows import granted_scopes
from mrm.evidence.models import Evidence
from mrm.kernel.errors import NotFound, RuleRefused
from mrm.kernel.ports import Port
from mrm.web.shapes import Link
from registry.data.models import Dataset, Snapshot
from registry.data.rules import SnapshotStatus

used_by: Port[Callable[[Actor, Snapshot], Sequence[Link]]] = Port("data.used_by")
"""name → (reader, snapshot) → links to what uses it, as far as the reader may see that."""


@dataclass(frozen=True)
class Seen:
    """A snapshot as one reader sees it: `full` with a grant on its dataset, else its facts alone."""

    snapshot: Snapshot
    full: bool
    uses: Sequence[Link]


def datasets(actor: Actor) -> QuerySet[Dataset]:
    """The datasets a reader may see, with how many snapshots each has and when the last came."""
    latest = Snapshot.objects.filter(dataset=OuterRef("pk")).order_by("-uploaded_at")
    rows: QuerySet[Dataset] = (
        Dataset.objects.visible_to(actor)
        .select_related("entity", "scope")
        .annotate(
            snapshot_count=Count("snapshots"),
            released_count=Count("snapshots", filter=Q(snapshots__standing__state=SnapshotStatus.RELEASED)),
            last_upload=Subquery(latest.values("uploaded_at")[:1]),
        )
    )
    return rows


def dataset(actor: Actor, reference: str) -> Dataset:
    """One visible dataset."""
    found: Dataset = Dataset.objects.select_related("entity", "scope").one(actor, reference=reference)
    return found


def snapshots(actor: Actor) -> QuerySet[Snapshot]:
    """The snapshots of visible datasets, with what lists show."""
    rows: QuerySet[Snapshot] = Snapshot.objects.visible_to(actor).select_related(
        "dataset", "scope", "standing", "content", "uploaded_by", "origin", "judgement"
    )
    return rows


def usable(actor: Actor) -> QuerySet[Snapshot]:
    """Released snapshots whose columns have roles: what a version may be built on."""
    return (
        snapshots(actor)
        .filter(standing__state=SnapshotStatus.RELEASED, column_roles__isnull=False)
        .distinct()
        .order_by("-uploaded_at")
    )


def seen(actor: Actor, reference: str) -> Seen:
    """A snapshot by grant on its dataset, or through a model that names it; else the same NotFound."""
    rows = Snapshot.objects.select_related(
        "dataset", "scope", "standing", "content", "uploaded_by", "origin", "judgement"
    )
    found: Snapshot | None = rows.filter(reference=reference).first()
    if found is None:
        raise NotFound
    uses = [link for _, provider in used_by.items() for link in provider(actor, found)]
    full = Snapshot.objects.visible_to(actor).filter(pk=found.pk).exists()
    if not full and not uses:
        raise NotFound
    return Seen(found, full, uses)


def before(snapshot: Snapshot) -> Snapshot | None:
    """The newest released snapshot of the same dataset that came earlier: what this one is compared with."""
    found: Snapshot | None = (
        Snapshot.objects.filter(dataset=snapshot.dataset_id, standing__state=SnapshotStatus.RELEASED)
        .filter(
            Q(uploaded_at__lt=snapshot.uploaded_at) | Q(uploaded_at=snapshot.uploaded_at, pk__lt=snapshot.pk)
        )
        .select_related("content")
        .order_by("-uploaded_at", "-pk")
        .first()
    )
    return found


def comparable(actor: Actor, snapshot: Snapshot, most: int = 6) -> list[Snapshot]:
    """Other snapshots of the dataset that were read and that the reader may see, the newest first."""
    rows = snapshots(actor).filter(dataset=snapshot.dataset_id, content__isnull=False)
    return list(rows.exclude(pk=snapshot.pk).order_by("-uploaded_at")[:most]) if snapshot.filled else []


def pair(actor: Actor, reference: str, other: str) -> tuple[Seen, Seen]:
    """Two snapshots to compare, the earlier first; refused while one of them has not been read."""
    both = (seen(actor, reference), seen(actor, other))
    for side in both:
        if side.snapshot.filled is None:
            raise RuleRefused(
                "snapshot_not_released",
                f"Snapshot {side.snapshot.reference} has not been read, so there is nothing to compare.",
                side.snapshot.standing.remedy or "Wait until it is profiled.",
            )
    one, two = sorted(both, key=lambda side: (side.snapshot.uploaded_at, str(side.snapshot.pk)))
    return one, two


def readable(actor: Actor) -> list[Snapshot]:
    """The newest released snapshot of each dataset the reader may see: what a query may name."""
    rows = snapshots(actor).filter(standing__state=SnapshotStatus.RELEASED).order_by("-uploaded_at", "-pk")
    newest: dict[Any, Snapshot] = {}
    for row in rows[:500]:
        newest.setdefault(row.dataset_id, row)
    return list(newest.values())


def quality(snapshot: Snapshot) -> list[Evidence]:
    """The evidence of the quality tests, in their order."""
    content = snapshot.filled
    if content is None:
        return []
    order = [item["evidence"] for item in content.quality]
    rows = Evidence.objects.filter(scope=snapshot.scope, result_digest__in=order)
    return sorted(rows, key=lambda row: order.index(row.result_digest))


def entities(actor: Actor) -> QuerySet[LegalEntity]:
    """The legal entities in which somebody may open a dataset: one's own, and those granted."""
    rows = LegalEntity.objects.order_by("name")
    granted = granted_scopes(actor, acting=True)
    if granted is None:
        return rows
    scopes = Scope.objects.filter(granted).values("pk")
    return rows.filter(Q(scope__in=scopes) | Q(scope=actor.person.scope_id))


def proposed_roles(snapshot: Snapshot) -> dict[str, Any]:
    """What the roles form starts with: the roles in force, those of the last snapshot with the same columns, or a guess."""
    content, own = snapshot.filled, snapshot.roles_row
    if own is not None:
        return dict(own.body)
    if content is None:
        return {"columns": {}, "event": "", "attributes": []}
    for other in Snapshot.objects.filter(dataset=snapshot.dataset, content__isnull=False).exclude(
        pk=snapshot.pk
    ):
        row = other.roles_row
        if row is not None and other.content.types == content.types:
            return dict(row.body)
    guess = {name: _guess(name, kind, content) for name, kind in content.types.items()}
    return {"columns": guess, "event": "", "attributes": []}


def _guess(name: str, kind: str, content: Any) -> str:
    facts = content.profile[name]
    if kind in {"date", "timestamp"}:
        return "date"
    if kind in {"int64", "text"} and facts["distinct"] == content.rows > 1:
        return "key"
    if name in {"p", "score", "grade", "weight", "exposure", "segment", "y"}:
        return name
    return "feature"
