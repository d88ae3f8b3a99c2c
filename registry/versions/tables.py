"""The table of versions."""

from __future__ import annotations

from mrm.web.tables import Column, Empty, Table
from registry.versions.rules import Admission

TONES = {Admission.ADMITTED: "good", Admission.REFUSED: "bad"}


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
        Column("stage_now", "Stage", kind="chip", sort="stage_now"),
        Column("grant_count", "Use grants", kind="number", sort="grant_count"),
        Column("artefact", "Artefact", kind="digest"),
        Column("registered_at", "Registered", kind="day", num=True, sort="registered_at"),
        Column("registered_by.name", "By", sort="registered_by__name"),
    )
    search = ("title", "format", "artefact")
    order = "-number"
    empty = Empty(
        "No versions yet",
        "A version is one build: its artefact, the data it was built and tested on, its inputs.",
    )
