"""From names to definitions, inside one catalogue. Nothing here asks who reads: callers hold a catalogue they may see."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Max, Q

from mrm.kernel.errors import BadInput
from registry.features.join import Wanted
from registry.features.models import Catalogue, Definition
from registry.features.rules import FeatureName, Kind, versioned


def definition_named(catalogue: Catalogue, kind: Kind, text: str) -> Definition:
    """A definition by `name` (the newest version) or `name@v2`."""
    name, number = versioned(text)
    rows = Definition.objects.filter(catalogue=catalogue, kind=kind, name=name).select_related("catalogue")
    found: Definition | None = (
        rows.filter(number=number).first() if number else rows.order_by("-number").first()
    )
    if found is None:
        raise unknown(catalogue, kind, text)
    return found


def unknown(catalogue: Catalogue, kind: Kind, text: str) -> BadInput:
    """A name that stands for nothing."""
    names = sorted(
        set(Definition.objects.filter(catalogue=catalogue, kind=kind).values_list("name", flat=True))
    )
    word = kind.label
    known = f"It holds: {', '.join(names[:20])}." if names else f"It holds no {word} yet."
    return BadInput(
        "definition_unknown",
        f"The feature catalogue “{catalogue.name}” holds no {word} “{text}”.",
        f"{known} Apply the definition first, or in the same file.",
    )


def newest(rows: Any) -> Any:
    """Only the newest version of each name."""
    last = rows.order_by().values("catalogue", "kind", "name").annotate(last=Max("number"))
    condition = Q(pk__in=[])
    for item in last:
        condition |= Q(catalogue=item["catalogue"], kind=item["kind"], name=item["name"], number=item["last"])
    return rows.filter(condition)


def views_of_source(source: Definition) -> list[Definition]:
    """Every version of every view that reads this version of the source."""
    rows = Definition.objects.filter(
        catalogue=source.catalogue_id, kind=Kind.VIEW, body__source=source.label
    ).select_related("catalogue")
    return list(rows.order_by("name", "number"))


def newest_views(source: Definition) -> list[Definition]:
    """The newest version of each view that reads this version of the source."""
    views = {view.name: view for view in views_of_source(source)}
    return list(views.values())


def keys_of_source(source: Definition) -> list[Definition]:
    """The feature keys under which views read the source."""
    labels = {view.body["entity"]: view.catalogue for view in views_of_source(source)}
    return [definition_named(catalogue, Kind.KEY, label) for label, catalogue in sorted(labels.items())]


def features_of(service: Definition) -> list[FeatureName]:
    """The features of a service in its order, each with its view's version."""
    return [FeatureName.of(text) for text in service.body["features"]]


def plan(service: Definition, features: Iterable[FeatureName] | None = None) -> list[Wanted]:
    """What a service reads, view by view."""
    catalogue = service.catalogue
    by_view: dict[str, list[FeatureName]] = {}
    for item in features or features_of(service):
        by_view.setdefault(f"{item.view}@v{item.number}", []).append(item)
    found = []
    for label, items in by_view.items():
        view = definition_named(catalogue, Kind.VIEW, label)
        found.append(
            Wanted(
                view=view,
                key=definition_named(catalogue, Kind.KEY, view.body["entity"]),
                source=definition_named(catalogue, Kind.SOURCE, view.body["source"]),
                columns=[(item.feature, item.column) for item in items],
            )
        )
    return found
