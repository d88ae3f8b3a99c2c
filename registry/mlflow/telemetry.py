"""What clients log: metrics, parameters, tags, inputs. Operational rows (models.py says why), written in bulk."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from mrm.kernel.canonical import digest
from mrm.kernel.errors import BadInput
from registry.mlflow.models import (
    ClientRun,
    Experiment,
    ExperimentTag,
    LatestMetric,
    LoggedModel,
    Metric,
    ModelFact,
    RunFact,
    RunInput,
)
from registry.mlflow.protocol import Sent
from registry.mlflow.rules import (
    BATCH_ALL,
    BATCH_METRICS,
    BATCH_PARAMS,
    BATCH_TAGS,
    KEY_LENGTH,
    PARAM_LENGTH,
    TAG_LENGTH,
    FactKind,
    InputKind,
    checked_key,
    checked_value,
    wrong,
)

PARAM, TAG = FactKind.PARAM, FactKind.TAG


@dataclass(frozen=True)
class Point:
    """One value of a metric, as it was sent."""

    key: str
    value: float
    timestamp: int
    step: int
    model: str = ""
    dataset: tuple[str, str] = ("", "")

    @property
    def rank(self) -> tuple[int, int, float]:
        """The latest is that of the highest step, then time, then value."""
        return self.step, self.timestamp, -math.inf if math.isnan(self.value) else self.value


@dataclass(frozen=True)
class Batch:
    """What one call logs."""

    points: Sequence[Point] = ()
    params: Sequence[tuple[str, str]] = ()
    tags: Sequence[tuple[str, str]] = ()


def point(sent: Sent) -> Point:
    """A metric out of a call."""
    return Point(
        checked_key(sent.needed("key"), "metric"),
        sent.double("value"),
        sent.whole("timestamp"),
        sent.whole("step", 0),
        sent.text("model_id", limit=64),
        (sent.text("dataset_name", limit=500), sent.text("dataset_digest", limit=64)),
    )


def param(sent: Sent) -> tuple[str, str]:
    """A parameter out of a call."""
    key = checked_key(sent.needed("key"), "parameter")
    return key, checked_value(sent.text("value", limit=10**6), "parameter", key, PARAM_LENGTH)


def tag(sent: Sent) -> tuple[str, str]:
    """A tag out of a call."""
    key = checked_key(sent.needed("key"), "tag")
    return key, checked_value(sent.text("value", limit=10**6), "tag", key, TAG_LENGTH)


def free_tag(sent: Sent) -> tuple[str, str]:
    """A tag of a registered model, a version or a logged model: any key of a sensible length."""
    key = sent.needed("key", limit=KEY_LENGTH)
    return key, checked_value(sent.text("value", limit=10**6), "tag", key, TAG_LENGTH)


def batch(sent: Sent) -> Batch:
    """A batch out of a call, within MLflow's limits."""
    metrics, params = sent.rows("metrics", BATCH_METRICS), sent.rows("params", BATCH_PARAMS)
    tags = sent.rows("tags", BATCH_TAGS)
    if len(metrics) + len(params) + len(tags) > BATCH_ALL:
        raise wrong(f"A batch logging request can contain at most {BATCH_ALL} entries in total.")
    return Batch(
        [point(item) for item in metrics], [param(item) for item in params], [tag(item) for item in tags]
    )


def log(run: ClientRun, what: Batch) -> None:
    """Write a batch, all of it or nothing; the run's row is locked, so that writers of one run queue."""
    with transaction.atomic():
        ClientRun.objects.select_for_update().get(pk=run.pk)
        _params(run, what.params)
        keep_tags(run, what.tags)
        _points(run, what.points)


def keep_tags(run: ClientRun, tags: Iterable[tuple[str, str]]) -> None:
    """Set tags of a run; the last value of a key stands."""
    rows = [RunFact(run=run, kind=TAG, key=key, value=value) for key, value in dict(tags).items()]
    RunFact.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["run", "kind", "key"], update_fields=["value"]
    )


def _params(run: ClientRun, params: Iterable[tuple[str, str]]) -> None:
    wanted: dict[str, str] = {}
    for key, value in params:
        if wanted.setdefault(key, value) != value:
            raise _changed(key, wanted[key], value)
    held = dict(RunFact.objects.filter(run=run, kind=PARAM, key__in=wanted).values_list("key", "value"))
    for key, value in held.items():
        if wanted[key] != value:
            raise _changed(key, value, wanted[key])
    RunFact.objects.bulk_create(
        [RunFact(run=run, kind=PARAM, key=k, value=v) for k, v in wanted.items() if k not in held]
    )


def _changed(key: str, old: str, new: str) -> BadInput:
    return BadInput(
        "param_changed",
        f"Changing param values is not allowed. Param with key='{key}' was already logged with value='{old[:100]}'; "
        f"attempted new value='{new[:100]}'.",
        "Log it under another key, or in another run.",
    )


def _points(run: ClientRun, points: Sequence[Point]) -> None:
    if not points:
        return
    known = _models_named(run, {item.model for item in points if item.model})
    Metric.objects.bulk_create(
        [
            Metric(
                run=run,
                logged_model=known.get(item.model),
                dataset_name=item.dataset[0],
                dataset_digest=item.dataset[1],
                **_columns(item),
            )
            for item in points
        ]
    )
    newest: dict[str, Point] = {}
    for item in points:
        held = newest.get(item.key)
        if held is None or item.rank >= held.rank:
            newest[item.key] = item
    before = {row.key: row for row in LatestMetric.objects.filter(run=run, key__in=newest)}
    rows = [
        LatestMetric(run=run, **_columns(item))
        for item in newest.values()
        if item.key not in before or item.rank >= _point_of(before[item.key]).rank
    ]
    LatestMetric.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["run", "key"],
        update_fields=["value", "is_nan", "step", "timestamp"],
    )


def _columns(item: Point) -> dict[str, Any]:
    nan = math.isnan(item.value)
    return {
        "key": item.key,
        "value": 0.0 if nan else item.value,
        "is_nan": nan,
        "step": item.step,
        "timestamp": item.timestamp,
    }


def _point_of(row: LatestMetric) -> Point:
    return Point(row.key, row.number, row.timestamp, row.step)


def _models_named(run: ClientRun, keys: set[str]) -> dict[str, LoggedModel]:
    rows = LoggedModel.objects.filter(experiment=run.experiment_id) if keys else LoggedModel.objects.none()
    return {row.key: row for row in rows if row.key in keys} if keys else {}


def keep_experiment_tags(experiment: Experiment, tags: Iterable[tuple[str, str]]) -> None:
    """Set tags of an experiment."""
    rows = [ExperimentTag(experiment=experiment, key=key, value=value) for key, value in dict(tags).items()]
    ExperimentTag.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["experiment", "key"], update_fields=["value"]
    )


def keep_model_facts(model: LoggedModel, kind: FactKind, facts: Iterable[tuple[str, str]]) -> None:
    """Set parameters or tags of a logged model."""
    rows = [
        ModelFact(logged_model=model, kind=kind, key=key, value=value) for key, value in dict(facts).items()
    ]
    ModelFact.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["logged_model", "kind", "key"], update_fields=["value"]
    )


def keep_inputs(run: ClientRun, rows: Sequence[RunInput]) -> None:
    """Note what went into a run or came out of it; the same again changes nothing."""
    for row in rows:
        row.run = run
    RunInput.objects.bulk_create(rows, ignore_conflicts=True)


def dataset_input(sent: Sent) -> RunInput:
    """A dataset out of a call."""
    inner = sent.inner("dataset")
    facts = {name: inner.text(name, limit=10**6) for name in ("source_type", "source", "schema", "profile")}
    facts["tags"] = dict(free_tag(item) for item in sent.rows("tags", BATCH_TAGS))  # type: ignore[assignment]
    return RunInput(
        kind=InputKind.DATASET,
        name=inner.needed("name", limit=500),
        digest=inner.needed("digest", limit=36),
        facts=facts,
    )


def model_input(sent: Sent, kind: InputKind) -> RunInput:
    """A logged model that went in or came out."""
    return RunInput(kind=kind, name=sent.needed("model_id", limit=64), step=sent.whole("step", 0))


def logged_digest(run: ClientRun) -> str:
    """One digest over what the run has logged: parameters, tags, latest metrics with their number, file names and digests."""
    facts = run.facts.order_by("kind", "key").values_list("kind", "key", "value")
    latest = run.latest.order_by("key").values_list("key", "value", "is_nan", "step", "timestamp")
    files = run.experiment.files.filter(path__startswith=f"{run.key}/").order_by("path")
    return digest(
        {
            "facts": [list(row) for row in facts],
            "metrics": [[key, repr(value), nan, step, str(at)] for key, value, nan, step, at in latest],
            "points": run.metrics.count(),
            "files": [list(row) for row in files.values_list("path", "digest")],
        }
    )
