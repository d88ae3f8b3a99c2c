"""Experiments in the menu, and the client's run on a version's page."""

from __future__ import annotations

from typing import Any

from mrm.access.actors import Actor
from mrm.web.menu import item
from registry.mlflow.models import Experiment, Imported, Registration
from registry.mlflow.rules import Lifecycle
from registry.versions.models import Version
from registry.versions.queries import Panel, panels


def register() -> None:
    """Called when the room is ready."""
    item("experiments", "First line", "Experiments", "experiments", order=35, count=_count)
    panels.register("mlflow", came_from)


def _count(request: Any) -> int | None:
    rows = Experiment.objects.visible_to(request.actor).filter(lifecycle=Lifecycle.ACTIVE)
    return int(rows.count())


def came_from(actor: Actor, version: Version) -> Panel | None:
    """Where a client's version came from: its run, its source word for word, its files."""
    kept = Registration.objects.filter(version=version).select_related("run__experiment").first()
    if kept is None:
        return None
    run = kept.run
    seen = run is not None and Experiment.objects.visible_to(actor).filter(pk=run.experiment_id).exists()
    before = Imported.objects.filter(version=version).first()
    context = {
        "kept": kept,
        "before": before,
        "run": run if seen else None,
        "files": version.mlflow_files.order_by("path"),
    }
    title = "From another MLflow" if before else "From an MLflow client"
    return Panel(title, "mlflow/origin.html", context, order=20)
