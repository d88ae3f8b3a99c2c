"""The tables of datasets and snapshots."""

from __future__ import annotations

from mrm.web.tables import Choice, Column, Empty, Table
from registry.data.rules import SnapshotStatus


class DatasetTable(Table):
    """Datasets by name."""

    caption = "Datasets"
    columns = (
        Column("reference", "Id", kind="id", link=lambda d: d.get_absolute_url(), sort="reference"),
        Column("name", "Name", head=True, link=lambda d: d.get_absolute_url(), sort="name"),
        Column("entity.name", "Legal entity", sort="entity__name"),
        Column("source", "Source", missing="not said"),
        Column("snapshot_count", "Snapshots", kind="number", sort="snapshot_count"),
        Column("released_count", "Released", kind="number", sort="released_count"),
        Column("last_upload", "Last upload", kind="day", num=True, sort="last_upload", missing="none yet"),
    )
    search = ("reference", "name", "source", "description")
    order = "name"
    empty = Empty(
        "No datasets yet",
        "A dataset holds snapshots: files that models are built and tested on, kept under their digest.",
    )


class SnapshotTable(Table):
    """The snapshots of a dataset, the newest first."""

    caption = "Snapshots"
    columns = (
        Column("reference", "Id", kind="id", link=lambda s: s.get_absolute_url(), sort="reference"),
        Column("title", "Title", head=True, value=lambda s: s.title or s.file_name, sort="title"),
        Column(
            "state",
            "State",
            value=lambda s: s.standing.get_state_display(),
            tone=lambda s: {"released": "good", "blocked": "bad", "failed": "bad"}.get(s.status, ""),
            sort="standing__state",
        ),
        Column("rows", "Rows", kind="number", value=lambda s: s.filled and s.filled.rows, missing="not read"),
        Column(
            "digest",
            "Data digest",
            kind="digest",
            value=lambda s: s.filled.data_digest if s.filled else "",
        ),
        Column("uploaded_at", "Uploaded", kind="day", num=True, sort="uploaded_at"),
        Column("uploaded_by.name", "By", sort="uploaded_by__name"),
    )
    filters = (Choice("state", "State", SnapshotStatus.choices, field="standing__state"),)
    search = ("reference", "title", "file_name")
    order = "-uploaded_at"
    empty = Empty(
        "No snapshots yet", "Upload a file: it is read, profiled and tried for quality before it may be used."
    )
