"""The tables of the feature store."""

from __future__ import annotations

from mrm.web.tables import Choice, Column, Empty, Table
from registry.features.models import Definition
from registry.features.rules import Kind


def says(row: Definition) -> str:
    """What a definition says, in a line."""
    body = row.body
    match Kind(row.kind):
        case Kind.KEY:
            return ", ".join(body["key"])
        case Kind.SOURCE:
            return f"known by {row.clock.label}"
        case Kind.VIEW:
            names = list(body["features"])
            return (
                f"{len(names)} of {body['source']}: {', '.join(names[:4])}{', …' if len(names) > 4 else ''}"
            )
        case Kind.SERVICE:
            return f"{len(body['features'])} features"


def address(row: Definition) -> str:
    """The page of what it defines."""
    return row.get_absolute_url().partition("?")[0]


class DefinitionTable(Table):
    """The newest version of each definition."""

    caption = "Feature definitions"
    columns = (
        Column("name", "Name", head=True, link=address, sort="name"),
        Column("kind", "Kind", value=lambda row: row.get_kind_display(), sort="kind"),
        Column("number", "Version", kind="number", sort="number"),
        Column("body", "Holds", value=says),
        Column("owner", "Owner", sort="owner", missing="not said"),
        Column(
            "catalogue.name",
            "Catalogue",
            link=lambda row: row.catalogue.get_absolute_url(),
            sort="catalogue__name",
        ),
        Column("catalogue.entity.name", "Legal entity", sort="catalogue__entity__name"),
        Column("applied_at", "Applied", kind="day", num=True, sort="applied_at"),
    )
    filters = (Choice("kind", "Kind", Kind.choices),)
    search = ("name", "owner", "description", "catalogue__name")
    search_hint = "name, owner or description"
    order = "name"
    empty = Empty(
        "No feature definitions yet",
        "A view says how features are computed of a source; a service says which of them a model reads. Both are applied "
        "from one YAML file, in a feature catalogue.",
    )


class PartTable(Table):
    """What came of a source, the newest first."""

    caption = "Parts of the store"
    columns = (
        Column("number", "Part", kind="number", sort="number"),
        Column("received_at", "Received", kind="day", num=True, sort="received_at"),
        Column("rows", "Rows", kind="number", sort="rows"),
        Column("event_from", "Events from", kind="day", num=True, missing="beyond the calendar"),
        Column("event_to", "Events to", kind="day", num=True, missing="beyond the calendar"),
        Column("clock", "Known by", value=lambda row: row.get_clock_display()),
        Column("parquet", "Digest", kind="digest"),
    )
    order = "-number"
    empty = Empty("Nothing was read yet", "Deliver its file, or have its query asked.")


class TrainingSetTable(Table):
    """Builds of a service."""

    caption = "Training sets"
    prefix = "t-"
    columns = (
        Column("reference", "Id", kind="id"),
        Column("service", "Service", value=lambda row: row.service.label),
        Column("rows", "Rows", kind="number", sort="rows"),
        Column("known_until", "Known until", kind="day", num=True, missing="each row's moment"),
        Column("data_digest", "Data digest", kind="digest"),
        Column("built_at", "Built", kind="day", num=True, sort="built_at"),
        Column("built_by.name", "By"),
    )
    order = "-built_at"
    empty = Empty("No training set yet", "manage.py features build makes one, as it was known then.")
