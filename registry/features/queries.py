"""Reads of the feature store, always by what the reader may see; and what other rooms ask of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from mrm.access.actors import Actor
from mrm.access.models import LegalEntity, Scope
from mrm.access.rows import granted_scopes
from mrm.kernel.errors import BadInput, NotFound
from mrm.kernel.ports import Port
from mrm.web.shapes import Link
from registry.features import building, feast, materialising, named
from registry.features.materialising import Answered
from registry.features.models import Catalogue, Comparison, Definition, OnlineState
from registry.features.rules import SKEWED, Kind, Verdict, versioned

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

used_by: Port[Callable[[Actor, Definition], Sequence[Link]]] = Port("features.used_by")
"""name → (reader, view or service) → links to what reads that version, as far as the reader may see it.

Which names those are is said by `names_of`; they are the names of one legal entity's catalogues."""


def catalogues(actor: Actor) -> QuerySet[Catalogue]:
    """The catalogues a reader may see."""
    rows: QuerySet[Catalogue] = Catalogue.objects.visible_to(actor).select_related("entity", "scope")
    return rows


def catalogue(actor: Actor, reference: str) -> Catalogue:
    """One visible catalogue."""
    found: Catalogue = Catalogue.objects.select_related("entity", "scope").one(actor, reference=reference)
    return found


def definitions(actor: Actor) -> QuerySet[Definition]:
    """Every version of every definition in visible catalogues."""
    rows: QuerySet[Definition] = Definition.objects.visible_to(actor).select_related(
        "catalogue", "catalogue__entity", "scope", "applied_by"
    )
    return rows


def found(actor: Actor, kind: Kind, text: str, *, within: Catalogue | None = None) -> Definition:
    """A definition by `name` or `name@v2`, in one catalogue or in all that the reader may see.

    A name that several visible catalogues hold must be asked with its catalogue.
    """
    name, number = versioned(text)
    rows = definitions(actor).filter(kind=kind, name=name)
    rows = rows.filter(catalogue=within) if within else rows
    rows = rows.filter(number=number) if number else rows
    matches = {row.catalogue_id: row for row in rows.order_by("number")}
    if not matches:
        raise NotFound(
            "definition_unknown",
            f"There is no {kind.label} “{text}” that you may see.",
            "Look at the feature catalogue, or apply its definition first.",
        )
    if len(matches) > 1:
        raise BadInput(
            "catalogue_unclear",
            f"Several feature catalogues hold a {kind.label} “{name}”.",
            f"Name one: {', '.join(sorted(row.catalogue.reference for row in matches.values()))}.",
        )
    return next(iter(matches.values()))


def service(actor: Actor, name: str, *, within: Catalogue | None = None) -> Definition:
    """A feature service by `name` or `name@v2`."""
    return found(actor, Kind.SERVICE, name, within=within)


def pinned(service: Definition) -> list[str]:
    """The features of a service as a model version pins them: `view@v2:feature`."""
    return list(service.body["features"])


def build(
    service: Definition,
    frame: pd.DataFrame,
    known_until: datetime | None = None,
    *,
    at_watermark: Mapping[str, int] | None = None,
) -> pd.DataFrame:
    """The training set of a service as pandas: `frame` (key and `as_of`) with one `view__feature` column each."""
    import pyarrow as pa

    rows = pa.Table.from_pandas(frame, preserve_index=False)
    built = building.build(service, rows, known_until=known_until, at_watermark=at_watermark)
    made: pd.DataFrame = built.table.to_pandas()
    return made


def read(service: Definition, rows: pa.Table) -> Answered:
    """What serving would read now for rows with the service's keys."""
    return feast.read(service, rows) if feast.chosen() else materialising.read(service, rows)


def watermark(service: Definition) -> dict[str, int]:
    """The last row of each source of a service now; given to `build` again it fixes what is known."""
    return building.marks(named.plan(service))


def catalogue_entities(actor: Actor) -> QuerySet[LegalEntity]:
    """The legal entities in which somebody may open a catalogue: one's own, and those granted."""
    rows = LegalEntity.objects.order_by("name")
    granted = granted_scopes(actor, acting=True)
    if granted is None:
        return rows
    return rows.filter(
        Q(scope__in=Scope.objects.filter(granted).values("pk")) | Q(scope=actor.person.scope_id)
    )


def newest(actor: Actor) -> QuerySet[Definition]:
    """The newest version of each visible definition."""
    last = (
        Definition.objects.filter(
            catalogue=OuterRef("catalogue"), kind=OuterRef("kind"), name=OuterRef("name")
        )
        .order_by("-number")
        .values("number")[:1]
    )
    return definitions(actor).filter(number=Subquery(last))


def versions(actor: Actor, within: Catalogue, kind: Kind, name: str) -> list[Definition]:
    """Every version of a definition, the newest first; the same NotFound for absent and forbidden."""
    rows = list(definitions(actor).filter(catalogue=within, kind=kind, name=name).order_by("-number"))
    if not rows:
        raise NotFound
    return rows


def users(view: Definition) -> list[Definition]:
    """The services, by version, that read this version of a view."""
    rows = Definition.objects.filter(catalogue=view.catalogue_id, kind=Kind.SERVICE).select_related(
        "catalogue"
    )
    return [row for row in rows.order_by("name", "-number") if _reads(row, view)]


def _reads(service: Definition, view: Definition) -> bool:
    return any(text.startswith(f"{view.label}:") for text in service.body["features"])


def names_of(row: Definition) -> list[str]:
    """The features of a view or service by their pinned names."""
    return [f"{row.label}:{name}" for name in row.body["features"]] if row.kind == Kind.VIEW else pinned(row)


def services_of(row: Definition) -> list[Definition]:
    """The services that serve a view or service: those that read the view, or the service itself."""
    return users(row) if row.kind == Kind.VIEW else [row]


def spelled(service: Definition) -> set[str]:
    """How a recipe may name this version of a service: by number, and the newest by its name alone."""
    later = Definition.objects.filter(
        catalogue=service.catalogue_id, kind=Kind.SERVICE, name=service.name, number__gt=service.number
    )
    return {service.label} if later.exists() else {service.label, service.name}


def pinned_by(actor: Actor, row: Definition) -> list[Link]:
    """The model versions and recipes that pin a view or service, as far as the reader may see them."""
    return [link for _, provider in used_by.items() for link in provider(actor, row)]


def profile(view: Definition) -> dict[str, Any]:
    """How each feature was distributed in the part that came last."""
    source = named.definition_named(view.catalogue, Kind.SOURCE, view.body["source"])
    for part in source.parts.order_by("-number"):
        if view.label in part.profile:
            found: dict[str, Any] = part.profile[view.label]
            return found
    return {}


def skew_by_feature(services: Sequence[Definition]) -> dict[str, dict[str, Any]]:
    """The last verdict on each feature, over services."""
    found: dict[str, dict[str, Any]] = {}
    for row in services:
        last = newest_comparison(row)
        for item in last.features if last else []:
            found.setdefault(
                item["feature"],
                {**item, "label": Verdict(item["verdict"]).label, "wrong": item["verdict"] in SKEWED},
            )
    return found


def late(state: OnlineState, limit: int) -> bool:
    """Whether what serving reads is older than it may be."""
    return timezone.now() - state.until > timedelta(microseconds=limit)


@dataclass(frozen=True)
class SkewState:
    """How the comparison of a service stands: `met` or `unmet` for the gate, in a sentence, and where to look."""

    state: Literal["met", "unmet", "not_applicable"]
    sentence: str
    url: str
    compared_at: datetime | None = None
    evidence: tuple[str, ...] = ()

    @property
    def met(self) -> bool:
        """Whether the gate may take it."""
        return self.state == "met"


def skew_state(pinned_names: Sequence[str], *, entity: LegalEntity | None = None) -> SkewState:
    """How the features that a model version pins (`view@v2:feature`) compare, over every service that serves them.

    Met when each of them was compared and none is skewed in its newest comparison. Names are those of the catalogues of
    the model's legal entity. Asked by the gate, which shows no rows: a grant on the model is enough.
    """
    wanted = set(pinned_names)
    rows = Definition.objects.filter(kind=Kind.SERVICE).select_related("catalogue")
    rows = rows.filter(catalogue__entity=entity) if entity else rows
    services = [row for row in rows.order_by("-applied_at") if wanted & set(row.body["features"])]
    if not services:
        return SkewState(
            "unmet", "No feature service serves the features that this version pins.", "/features/"
        )
    verdicts: dict[str, dict[str, Any]] = {}
    newest: Comparison | None = None
    for row in services:
        last = newest_comparison(row)
        if last is not None:
            newest = max(newest or last, last, key=lambda item: item.compared_at)
            for item in last.features:
                if item["feature"] in wanted and item["verdict"] != Verdict.UNSEEN:
                    verdicts.setdefault(item["feature"], item)
    url = services[0].get_absolute_url()
    moment = newest.compared_at if newest else None
    wrong = [item for item in verdicts.values() if item["verdict"] in SKEWED]
    if wrong:
        names = ", ".join(f"{item['feature']} ({Verdict(item['verdict']).label})" for item in wrong[:5])
        return SkewState("unmet", f"Served features differ from what was known: {names}.", url, moment)
    if missing := sorted(wanted - set(verdicts)):
        return SkewState("unmet", f"Served values of {missing[0]} were not compared yet.", url, moment)
    return SkewState("met", f"All {len(wanted)} features were served as they were known.", url, moment)


def newest_comparison(service: Definition) -> Comparison | None:
    """The last comparison of one version of a service."""
    found: Comparison | None = Comparison.objects.filter(service=service).order_by("-compared_at").first()
    return found
