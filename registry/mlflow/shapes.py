"""Rows as MLflow's protocol writes them. Lists are shaped with the same number of queries whatever their length."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from registry.mlflow.models import (
    ClientRun,
    Experiment,
    ExperimentTag,
    LatestMetric,
    LoggedModel,
    Metric,
    MetricBase,
    ModelFact,
    RunFact,
    RunInput,
)
from registry.mlflow.rules import RUN_NAME, FactKind, InputKind, number_out

Shape = dict[str, Any]


def millis(moment: datetime) -> int:
    """A time as MLflow writes it."""
    return int(moment.timestamp() * 1000)


def pairs(facts: Iterable[tuple[str, str]]) -> list[Shape]:
    """Keys and values."""
    return [{"key": key, "value": value} for key, value in facts]


def metric_shape(row: MetricBase) -> Shape:
    """One value of a metric."""
    return {"key": row.key, "value": number_out(row.number), "timestamp": row.timestamp, "step": row.step}


def experiment_shapes(rows: Sequence[Experiment]) -> list[Shape]:
    """Experiments with their tags."""
    tags = grouped(ExperimentTag.objects.filter(experiment__in=rows), "experiment_id")
    return [
        {
            "experiment_id": row.reference,
            "name": row.name,
            "artifact_location": row.place,
            "lifecycle_stage": row.lifecycle,
            "creation_time": millis(row.created_at),
            "last_update_time": millis(row.changed_at),
            "tags": pairs((tag.key, tag.value) for tag in tags[row.pk]),
        }
        for row in rows
    ]


def grouped(rows: Iterable[Any], name: str) -> dict[Any, list[Any]]:
    """Rows by a key of theirs."""
    found: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found


def run_info(row: ClientRun, name: str) -> Shape:
    """The head of a run."""
    info = {
        "run_id": row.key,
        "run_uuid": row.key,
        "run_name": name,
        "experiment_id": row.experiment.reference,
        "user_id": row.user,
        "status": row.status,
        "start_time": row.start_time,
        "artifact_uri": row.place,
        "lifecycle_stage": row.lifecycle,
    }
    if row.end_time is not None:
        info["end_time"] = row.end_time
    return info


def run_shapes(rows: Sequence[ClientRun]) -> list[Shape]:
    """Runs with everything they logged."""
    facts = grouped(RunFact.objects.filter(run__in=rows).order_by("key"), "run_id")
    latest = grouped(LatestMetric.objects.filter(run__in=rows).order_by("key"), "run_id")
    inputs = grouped(RunInput.objects.filter(run__in=rows).order_by("id"), "run_id")
    return [_run(row, facts[row.pk], latest[row.pk], inputs[row.pk]) for row in rows]


def _run(row: ClientRun, facts: list[RunFact], latest: list[LatestMetric], inputs: list[RunInput]) -> Shape:
    tags = {item.key: item.value for item in facts if item.kind == FactKind.TAG}
    params = [(item.key, item.value) for item in facts if item.kind == FactKind.PARAM]
    data = [item for item in inputs if item.kind == InputKind.DATASET]
    return {
        "info": run_info(row, tags.get(RUN_NAME, "")),
        "data": {
            "metrics": [metric_shape(item) for item in latest],
            "params": pairs(params),
            "tags": pairs(tags.items()),
        },
        "inputs": {
            "dataset_inputs": [dataset_shape(item) for item in data],
            "model_inputs": [{"model_id": item.name} for item in inputs if item.kind == InputKind.MODEL],
        },
        "outputs": {
            "model_outputs": [
                {"model_id": item.name, "step": item.step} for item in inputs if item.kind == InputKind.OUTPUT
            ]
        },
    }


def dataset_shape(row: RunInput) -> Shape:
    """A dataset that went into a run."""
    known = {
        name: row.facts[name]
        for name in ("source_type", "source", "schema", "profile")
        if row.facts.get(name)
    }
    return {
        "tags": pairs(row.facts.get("tags", {}).items()),
        "dataset": {"name": row.name, "digest": row.digest, "source_type": "", "source": "", **known},
    }


def logged_model_shapes(rows: Sequence[LoggedModel]) -> list[Shape]:
    """Logged models with parameters, tags and metrics."""
    facts = grouped(ModelFact.objects.filter(logged_model__in=rows).order_by("key"), "logged_model_id")
    metrics = grouped(
        Metric.objects.filter(logged_model__in=rows).select_related("run").order_by("id"), "logged_model_id"
    )
    return [_logged(row, facts[row.pk], metrics[row.pk]) for row in rows]


def _logged(row: LoggedModel, facts: list[ModelFact], metrics: list[Metric]) -> Shape:
    info: Shape = {
        "model_id": row.key,
        "experiment_id": row.experiment.reference,
        "name": row.name,
        "creation_timestamp_ms": millis(row.created_at),
        "last_updated_timestamp_ms": millis(row.changed_at),
        "artifact_uri": row.place,
        "status": row.status,
        "creator_id": 0,
        "model_type": row.model_type,
        "tags": pairs((item.key, item.value) for item in facts if item.kind == FactKind.TAG),
    }
    if row.run is not None:
        info["source_run_id"] = row.run.key
    return {
        "info": info,
        "data": {
            "params": pairs((item.key, item.value) for item in facts if item.kind == FactKind.PARAM),
            "metrics": [_model_metric(row, item) for item in metrics],
        },
    }


def _model_metric(model: LoggedModel, row: Metric) -> Shape:
    known = {"dataset_name": row.dataset_name, "dataset_digest": row.dataset_digest}
    return {
        **metric_shape(row),
        "model_id": model.key,
        "run_id": row.run.key,
        **{name: value for name, value in known.items() if value},
    }
