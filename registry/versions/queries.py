"""Reads of versions and grants, always by what the reader may see."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, TextChoices
from django.db.models.functions import Coalesce

from mrm.access.actors import Actor
from mrm.kernel.errors import BadInput, NotFound
from mrm.kernel.ports import Port
from mrm.ledger.clock import now
from mrm.policy import queries as policies
from mrm.web.shapes import Link
from registry.data.models import Snapshot
from registry.data.queries import used_by
from registry.inventory.models import Model
from registry.inventory.queries import model_by_reference
from registry.inventory.rules import name_key
from registry.versions.aliases import alias_key
from registry.versions.models import (
    Alias,
    Lineage,
    PromotionRequest,
    StageRow,
    Tag,
    UseGrant,
    Version,
)
from registry.versions.rules import Format, RequestState, Stage

Narrow = Callable[[QuerySet[Version], str], QuerySet[Version]]


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
    """The versions of visible models, with stage, number of grants, aliases and tags."""
    stage = StageRow.objects.filter(version=OuterRef("pk")).order_by("-number").values("stage")[:1]
    grants = UseGrant.objects.filter(version=OuterRef("pk")).order_by().values("version")
    counted = grants.annotate(n=Count("pk")).values("n")
    rows: QuerySet[Version] = (
        Version.objects.visible_to(actor)
        .with_facts()
        .prefetch_related("aliases", "tags")
        .annotate(stage_now=Subquery(stage), grant_count=Coalesce(Subquery(counted), 0))
    )
    return rows


def search(actor: Actor, asked: Mapping[str, str]) -> QuerySet[Version]:
    """Visible versions by `name` (of the model, or title), `tag` (`key` or `key=value`, on version or model),
    `alias`, `stage`, `format` and `model` (reference); an empty filter asks nothing."""
    rows = versions(actor)
    for name, narrow in FILTERS.items():
        if value := asked.get(name, "").strip():
            rows = narrow(rows, value)
    return rows


def _tagged(rows: QuerySet[Version], value: str) -> QuerySet[Version]:
    key, equals, wanted = value.partition("=")
    tags = Tag.objects.filter(key=key.strip(), **({"value": wanted.strip()} if equals else {}))
    of_versions = tags.filter(version__isnull=False).values("version")
    of_models = tags.filter(version__isnull=True).values("model")
    return rows.filter(Q(pk__in=of_versions) | Q(model__in=of_models))


def _one_of(name: str, choices: type[TextChoices], field: str) -> Narrow:
    def narrow(rows: QuerySet[Version], value: str) -> QuerySet[Version]:
        if value not in choices.values:
            raise BadInput(
                "bad_parameter",
                f"{name} is {value!r}, which is none of its values.",
                f"Use one of: {', '.join(choices.values)}.",
            )
        return rows.filter(**{field: value})

    return narrow


FILTERS: Mapping[str, Narrow] = {
    "model": lambda rows, value: rows.filter(model__reference=value),
    "name": lambda rows, value: rows.filter(
        Q(model__name_key__contains=name_key(value)) | Q(title__icontains=value)
    ),
    "tag": _tagged,
    "alias": lambda rows, value: rows.filter(
        pk__in=Alias.objects.filter(key=alias_key(value)).values("version")
    ),
    "stage": _one_of("stage", Stage, "stage_now"),
    "format": _one_of("format", Format, "format"),
}


ASKED: Mapping[str, str] = {
    "model": "reference of a model",
    "name": "part of the model's name or of the version's title",
    "tag": "a key, or key=value, on the version or its model",
    "alias": "an alias, however it is spelled",
    "stage": ", ".join(Stage.values),
    "format": ", ".join(Format.values),
}


def aliases_of(version: Version) -> list[str]:
    """The names that point at a version."""
    return [alias.name for alias in version.aliases.all()]


def version_by_alias(model: Model, name: str) -> Version | None:
    """The version a name of a model points at."""
    found = Alias.objects.filter(model=model, key=alias_key(name)).select_related("version__model").first()
    return found.version if found else None


def tags_of(row: Version | Model) -> dict[str, str]:
    """The tags of a version, or of a model itself."""
    return {
        tag.key: tag.value for tag in row.tags.all() if isinstance(row, Version) or tag.version_id is None
    }


def lapses(version: Version, today: date | None = None) -> list[str]:
    """What the grants of the uses that a version is in production for say, where that is not `active`.

    A lapsed or restricted grant keeps serving and is flagged; a revoked one has ended its production.
    """
    on = today or policies.today(version.scope, now())
    serving = set(version.serves)
    held = {grant.use.reference: grant.standing(on) for grant in grants_of(version)}
    said = [held.get(reference, "not granted") for reference in sorted(serving)]
    return [standing for standing in said if standing != "active"]


def open_request(version: Version) -> PromotionRequest | None:
    """The promotion request that waits."""
    found: PromotionRequest | None = (
        version.requests.filter(state=RequestState.OPEN).select_related("requested_by").first()
    )
    return found


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
