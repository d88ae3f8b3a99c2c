"""Reads of versions and grants, always by what the reader may see."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from mrm.access.actors import Actor
from mrm.kernel.errors import NotFound
from mrm.kernel.ports import Port
from mrm.web.shapes import Link
from registry.data.models import Snapshot
from registry.data.queries import used_by
from registry.inventory.models import Model
from registry.inventory.queries import model_by_reference
from registry.versions.models import Lineage, StageRow, UseGrant, Version


@dataclass(frozen=True)
class Panel:
    """A section that another room puts on the version's page: its head, a template and what that reads."""

    title: str
    template: str
    context: Mapping[str, Any]
    order: int = 50


panels: Port[Callable[[Actor, Version], Panel | None]] = Port("version.panel")
"""name → (reader, version) → a section for the version's page, or None."""


def versions(actor: Actor) -> QuerySet[Version]:
    """The versions of visible models, with stage and number of grants."""
    stage = StageRow.objects.filter(version=OuterRef("pk")).order_by("-number").values("stage")[:1]
    rows: QuerySet[Version] = (
        Version.objects.visible_to(actor)
        .with_facts()
        .annotate(stage_now=Subquery(stage), grant_count=Count("grants"))
    )
    return rows


def of_model(actor: Actor, reference: str) -> tuple[Model, QuerySet[Version]]:
    """A visible model and its versions, the newest first."""
    model = model_by_reference(actor, reference)
    return model, versions(actor).filter(model=model).order_by("-number")


def version(actor: Actor, reference: str, number: int) -> Version:
    """One version of a visible model; the same NotFound for absent and forbidden."""
    found = versions(actor).filter(model__reference=reference, number=number).first()
    if found is None:
        raise NotFound
    return found


def grants_of(version: Version) -> QuerySet[UseGrant]:
    """The use grants of a version, with their uses."""
    rows: QuerySet[UseGrant] = UseGrant.objects.filter(version=version).select_related("use")
    return rows.order_by("granted_at", "id")


def grant(actor: Actor, reference: str) -> UseGrant:
    """One visible grant."""
    found: UseGrant = UseGrant.objects.select_related("use", "version__model").one(actor, reference=reference)
    return found


def standings(version: Version, today: date) -> list[tuple[UseGrant, str]]:
    """Each grant with what it says today."""
    return [(item, item.standing(today)) for item in grants_of(version)]


def that_use(actor: Actor, snapshot: Snapshot) -> Sequence[Link]:
    """The visible versions that name a snapshot: for the snapshot's page."""
    named = Q(built_on=snapshot) | Q(tried_on=snapshot) | Q(scored_on=snapshot)
    later = Lineage.objects.filter(named).values("version")
    rows = (
        Version.objects.visible_to(actor)
        .filter(named | Q(pk__in=later))
        .select_related("model")
        .order_by("registered_at")
    )
    return [Link(str(item), item.get_absolute_url()) for item in rows]


used_by.register("versions", that_use)
