"""The table of versions."""

from __future__ import annotations

from typing import Any

from mrm.web.tables import Choice, Column, Empty, Table
from registry.versions.models import Version
from registry.versions.queries import aliases_of, tags_of
from registry.versions.rules import Admission, Format, Stage

TONES = {Admission.ADMITTED: "good", Admission.REFUSED: "bad"}


STAGE = Column("stage_now", "Stage", kind="chip", sort="stage_now")
ALIASES = Column("aliases", "Aliases", value=lambda v: ", ".join(aliases_of(v)), missing="none")
REGISTERED = Column("registered_at", "Registered", kind="day", num=True, sort="registered_at")


class VersionTable(Table):
    """Versions of a model, the newest first."""

    caption = "Versions"
    columns = (
        Column(
            "number",
            "Version",
            head=True,
            value=lambda v: f"v{v.number}",
            link=lambda v: v.get_absolute_url(),
            sort="number",
        ),
        Column("title", "Title", missing="none"),
        Column("format", "Format", sort="format"),
        Column(
            "admission",
            "Admission",
            value=lambda v: Admission(v.admission).label,
            tone=lambda v: TONES.get(Admission(v.admission), ""),
        ),
        STAGE,
        ALIASES,
        Column("grant_count", "Use grants", kind="number", sort="grant_count"),
        Column("artefact", "Artefact", kind="digest"),
        REGISTERED,
        Column("registered_by.name", "By", sort="registered_by__name"),
    )
    search = ("title", "format", "artefact")
    order = "-number"
    empty = Empty(
        "No versions yet",
        "A version is one build: its artefact, the data it was built and tested on, its inputs.",
    )


class SearchTable(Table):
    """Versions of every model, the newest first."""

    caption = "Versions"
    columns = (
        Column(
            "model.name",
            "Version",
            head=True,
            value=lambda v: f"{v.model.name} v{v.number}",
            link=lambda v: v.get_absolute_url(),
            note=lambda v: v.title,
            sort="model__name",
        ),
        STAGE,
        ALIASES,
        Column(
            "tags",
            "Tags",
            value=lambda v: ", ".join(f"{k}={x}" for k, x in tags_of(v).items()),
            missing="none",
        ),
        Column("format", "Format", sort="format", missing="held elsewhere"),
        Column("origin", "Origin", value=lambda v: v.get_origin_display()),
        REGISTERED,
    )
    filters = (
        Choice("stage", "Stage", Stage.choices, field="stage_now"),
        Choice("format", "Format", Format.choices),
    )
    search = ("model__name", "title", "aliases__name", "tags__key", "tags__value")
    search_hint = "Name, alias or tag"
    order = "-registered_at"
    empty = Empty("No versions", "Nothing fits, or no version was registered yet.")

    def _find(self, rows: Any) -> Any:
        """By subquery: a version with two tags that fit is one row."""
        return rows.filter(pk__in=super()._find(Version.objects.all()).values("pk"))
