"""Pages of what clients log: experiments, and a run with its metrics drawn over their steps."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils.functional import cached_property

from mrm.access.history import entries_about
from mrm.access.pages import MemberList, MemberPage
from mrm.access.rows import as_uuid
from mrm.kernel.numbers import stat
from mrm.web import words
from mrm.web.shapes import Fact, Link
from registry.mlflow import queries
from registry.mlflow.models import ClientRun, Experiment, LatestMetric, Metric, RunFact
from registry.mlflow.rules import RUN_NAME, FactKind, InputKind, Lifecycle, number_out
from registry.mlflow.tables import TONES, ExperimentTable, RunTable

MOST_POINTS, MOST_CHARTS = 2000, 8


class Experiments(MemberList):
    """Every experiment that the reader may see."""

    title = "Experiments"
    sub = "What MLflow clients log; evidence only once a recipe repeats it"
    nav = "experiments"
    table_class = ExperimentTable

    def get_queryset(self) -> QuerySet[Experiment]:
        """Active ones, with the number of their runs."""
        counted = Count("runs", filter=Q(runs__lifecycle=Lifecycle.ACTIVE))
        rows = queries.experiments(self.actor).filter(lifecycle=Lifecycle.ACTIVE)
        return rows.select_related("scope", "created_by").annotate(run_count=counted)


class OneExperiment(MemberList):
    """The runs of an experiment."""

    nav = "experiments"
    table_class = RunTable
    kwargs: dict[str, Any]

    @cached_property
    def experiment(self) -> Experiment:
        """The experiment of the address."""
        found: Experiment = Experiment.objects.select_related("scope").one(
            self.actor, reference=self.kwargs["reference"]
        )
        return found

    def get_title(self) -> str:
        """Its name."""
        return self.experiment.name

    def get_crumbs(self) -> list[tuple[str, str]]:
        """Experiments."""
        return [("Experiments", "/experiments/")]

    def get_queryset(self) -> QuerySet[Any]:
        """Active runs, each with its name, latest metrics and parameters."""
        name = RunFact.objects.filter(run=OuterRef("pk"), kind=FactKind.TAG, key=RUN_NAME).values("value")
        rows: Any = self.experiment.runs.filter(lifecycle=Lifecycle.ACTIVE)
        listed: QuerySet[Any] = (
            rows.select_related("experiment", "created_by")
            .annotate(name=Subquery(name[:1]))
            .prefetch_related(
                Prefetch("latest", queryset=LatestMetric.objects.order_by("key")),
                Prefetch("facts", queryset=RunFact.objects.filter(kind=FactKind.PARAM).order_by("key")),
            )
        )
        return listed


class OneRun(MemberPage):
    """A run: parameters, metrics over steps, inputs, files, and the versions registered from it."""

    template_name = "mlflow/run.html"
    nav = "experiments"
    kwargs: dict[str, Any]

    @cached_property
    def run(self) -> ClientRun:
        """The run of the address."""
        rows = ClientRun.objects.select_related("experiment", "scope", "created_by")
        found: ClientRun = rows.one(
            self.actor, pk=as_uuid(self.kwargs["key"]), experiment__reference=self.kwargs["reference"]
        )
        return found

    @cached_property
    def facts(self) -> dict[str, dict[str, str]]:
        """Parameters and tags."""
        found: dict[str, dict[str, str]] = {FactKind.PARAM: {}, FactKind.TAG: {}}
        for row in self.run.facts.order_by("key"):
            found[row.kind][row.key] = row.value
        return found

    def get_title(self) -> str:
        """Its name."""
        return self.facts[FactKind.TAG].get(RUN_NAME) or self.run.key

    def get_sub(self) -> str:
        """Which run."""
        return f"Run {self.run.key}"

    def get_crumbs(self) -> list[tuple[str, str]]:
        """Experiments, the experiment."""
        experiment = self.run.experiment
        return [("Experiments", "/experiments/"), (experiment.name, experiment.get_absolute_url())]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What the template reads."""
        run = self.run
        latest = list(run.latest.order_by("key"))
        data = run.inputs.filter(kind=InputKind.DATASET)
        registered = run.registrations.select_related("version__model").order_by("id")
        return super().get_context_data(
            **kwargs,
            facts=self.head(),
            params=self.facts[FactKind.PARAM].items(),
            tags=[
                (key, value)
                for key, value in self.facts[FactKind.TAG].items()
                if not key.startswith("mlflow.")
            ],
            metrics=[(row.key, figure(row.number), row.step) for row in latest],
            charts=[chart(run, row.key) for row in latest[:MOST_CHARTS] if several(run, row.key)],
            inputs=[
                (row.name, row.digest, row.facts.get("tags", {}).get("mlflow.data.context", ""))
                for row in data
            ],
            files=run.experiment.files.filter(path__startswith=f"{run.key}/").order_by("path")[:200],
            models=run.logged_models.filter(lifecycle=Lifecycle.ACTIVE).order_by("id"),
            versions=[Link(str(row.version), row.version.get_absolute_url()) for row in registered],
            entries=entries_about(run),
        )

    def head(self) -> list[Fact]:
        """The facts at the top."""
        run = self.run
        status = Fact("Status", run.get_status_display(), tone=TONES.get(run.status, ""))  # type: ignore[call-overload]
        took = (run.end_time - run.start_time) / 1000 if run.end_time else None
        return [
            status,
            Fact("Begun", words.day(began(run)), note=run.created_by.name),
            Fact("Took", f"{took:,.1f} s" if took is not None else "not over"),
            Fact("Standing", "not reproduced", note="a client's own log; a recipe repeats it"),
            Fact("Origin", run.origin or "a client here"),
        ]


def began(run: ClientRun) -> datetime:
    """When the client says that it began; when we heard of it, should that be no time."""
    try:
        return datetime.fromtimestamp(run.start_time / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return run.created_at


def figure(value: float) -> str:
    """A metric as pages write numbers."""
    shown = number_out(value)
    return shown if isinstance(shown, str) else str(stat(value))


def several(run: ClientRun, key: str) -> bool:
    """Whether there is a curve to draw."""
    return len(run.metrics.filter(key=key, is_nan=False)[:2]) > 1


def chart(run: ClientRun, key: str) -> dict[str, Any]:
    """A metric over its steps; long histories are thinned evenly."""
    rows = list(
        Metric.objects.filter(run=run, key=key, is_nan=False)
        .exclude(value__in=[float("inf"), float("-inf")])
        .order_by("step", "timestamp", "id")
        .values("step", "value")
    )
    every = len(rows) // MOST_POINTS + 1
    return {
        "name": f"metric-{key}",
        "title": f"{key} over the steps of the run",
        "subtitle": f"{len(rows):,} values logged by the client"
        + (f", every {every}th drawn" if every > 1 else ""),
        "kind": "steps",
        "data": rows[::every],
        "options": {"y": key},
    }
