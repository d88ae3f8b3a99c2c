"""The tables of experiments and runs."""

from __future__ import annotations

from mrm.web.tables import Choice, Column, Empty, Table
from registry.mlflow.rules import RunStatus

TONES = {RunStatus.FINISHED: "good", RunStatus.FAILED: "bad", RunStatus.KILLED: "bad"}


class ExperimentTable(Table):
    """Experiments of clients, the newest first."""

    caption = "Experiments"
    columns = (
        Column("reference", "Id", kind="id", link=lambda e: e.get_absolute_url(), sort="reference"),
        Column("name", "Name", head=True, link=lambda e: e.get_absolute_url(), sort="name"),
        Column("run_count", "Runs", kind="number", sort="run_count"),
        Column("scope.label", "Belongs to", sort="scope__label"),
        Column("origin", "Origin", missing="a client here"),
        Column("created_at", "Opened", kind="day", num=True, sort="created_at"),
        Column("created_by.name", "By", sort="created_by__name"),
    )
    search = ("reference", "name")
    order = "-created_at"
    empty = Empty(
        "No experiments yet",
        "Set MLFLOW_TRACKING_URI and MLFLOW_TRACKING_TOKEN in a notebook: what it logs is shown here.",
    )


class RunTable(Table):
    """Runs of an experiment, the newest first."""

    caption = "Runs"
    columns = (
        Column("name", "Run", head=True, link=lambda r: r.get_absolute_url(), sort="name", missing="no name"),
        Column(
            "status",
            "Status",
            value=lambda r: r.get_status_display(),
            tone=lambda r: TONES.get(RunStatus(r.status), ""),
            sort="status",
        ),
        Column("metrics", "Metrics", value=lambda r: r.metric_line, missing="none"),
        Column("params", "Parameters", value=lambda r: r.param_line, missing="none"),
        Column("created_at", "Begun", kind="day", num=True, sort="created_at"),
        Column("created_by.name", "By", sort="created_by__name"),
    )
    filters = (Choice("status", "Status", RunStatus.choices, field="status"),)
    search = ("name", "user")
    order = "-created_at"
    empty = Empty("No runs yet", "mlflow.start_run() in a notebook begins one.")
