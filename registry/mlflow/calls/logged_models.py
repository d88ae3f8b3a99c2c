"""Calls about logged models (MLflow 3)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from mrm.ledger.clock import now
from registry.mlflow import queries, searching, shapes, telemetry
from registry.mlflow.calls.experiments import Answer, wanted
from registry.mlflow.grammar import Order
from registry.mlflow.models import LoggedModel, ModelFact
from registry.mlflow.protocol import Call, Sent, call
from registry.mlflow.rules import (
    BATCH_PARAMS,
    BATCH_TAGS,
    NAME_LENGTH,
    FactKind,
    Lifecycle,
    ModelStatus,
    wrong,
)

SETTLED = {
    "2": ModelStatus.READY,
    "3": ModelStatus.UPLOAD_FAILED,
    ModelStatus.READY.value: ModelStatus.READY,
    ModelStatus.UPLOAD_FAILED.value: ModelStatus.UPLOAD_FAILED,
}


def of(request: Call) -> LoggedModel:
    """The logged model of the path, for reading."""
    return queries.logged_model(request.actor, request.parts["model_id"])


def to_write(request: Call) -> LoggedModel:
    """The logged model of the path, if the caller may log to its experiment."""
    row = of(request)
    queries.open_to(request.actor, row.experiment)
    return row


def params_of(sent: Sent) -> list[tuple[str, str]]:
    """The parameters that came."""
    return [telemetry.param(item) for item in sent.rows("params", 10 * BATCH_PARAMS)]


def shape(row: LoggedModel) -> Answer:
    """The answer that is one logged model."""
    return {"model": shapes.logged_model_shapes([row])[0]}


@call("POST", "logged-models")
def create(request: Call) -> Answer:
    """A new logged model, waiting for its files."""
    sent = request.sent
    run = queries.run(request.actor, key) if (key := sent.text("source_run_id", limit=64)) else None
    params = params_of(sent)
    tags = [telemetry.free_tag(item) for item in sent.rows("tags", BATCH_TAGS)]
    experiment = queries.open_to(request.actor, wanted(request, or_default=True))
    name = sent.text("name", limit=NAME_LENGTH)
    if any(mark in name for mark in "/:.%\"'"):
        raise wrong(f"Invalid model name ('{name[:60]}'): it must be none of / : . % \" '.")
    at = now()
    row = LoggedModel.objects.create(
        experiment=experiment,
        run=run,
        name=name or "model",
        model_type=sent.text("model_type", limit=NAME_LENGTH),
        created_by=request.actor.person,
        created_at=at,
        changed_at=at,
    )
    telemetry.keep_model_facts(row, FactKind.PARAM, params)
    telemetry.keep_model_facts(row, FactKind.TAG, tags)
    return shape(row)


@call("POST", "logged-models/search")
def search(request: Call) -> Answer:
    """Logged models of experiments by filter."""
    sent = request.sent
    rows: QuerySet[Any] = LoggedModel.objects.visible_to(request.actor).select_related("experiment", "run")
    rows = rows.filter(lifecycle=Lifecycle.ACTIVE, experiment__reference__in=sent.texts("experiment_ids"))
    rows = searching.matching(rows, searching.LOGGED_MODELS, sent.text("filter"))
    orders = [_order(item) for item in sent.rows("order_by", 20)]
    rows = searching.ordered(rows, searching.LOGGED_MODELS, orders)
    page = searching.page(rows, sent, most=1000, default=100)
    return page.answer("models", shapes.logged_model_shapes(page.rows))


def _order(sent: Sent) -> Order:
    entity, dot, key = sent.needed("field_name").partition(".")
    ascending = sent.flag("ascending") if sent.has("ascending") else True
    return Order(entity, key, ascending) if dot else Order("", entity, ascending)


@call("GET", "logged-models/{model_id}")
def get(request: Call) -> Answer:
    """One logged model."""
    if request.sent.flag("allow_deleted"):
        row = queries.known_model(request.actor, request.parts["model_id"])
        if row is not None:
            return shape(row)
    return shape(of(request))


@call("PATCH", "logged-models/{model_id}")
def finalize(request: Call) -> Answer:
    """Its files are there, or failed to come."""
    status = SETTLED.get(request.sent.text("status"))
    if status is None:
        raise wrong(f"Invalid model status: {ModelStatus.READY} or {ModelStatus.UPLOAD_FAILED} is expected.")
    row = to_write(request)
    row.status, row.changed_at = status, now()
    row.save(update_fields=["status", "changed_at"])
    return shape(row)


@call("DELETE", "logged-models/{model_id}")
def delete(request: Call) -> Answer:
    """Put away; a version registered from it keeps its files."""
    row = to_write(request)
    row.lifecycle, row.changed_at = Lifecycle.DELETED, now()
    row.save(update_fields=["lifecycle", "changed_at"])
    return {}


@call("PATCH", "logged-models/{model_id}/tags")
def set_tags(request: Call) -> Answer:
    """Set tags."""
    tags = [telemetry.free_tag(item) for item in request.sent.rows("tags", BATCH_TAGS)]
    row = to_write(request)
    telemetry.keep_model_facts(row, FactKind.TAG, tags)
    return shape(row)


@call("DELETE", "logged-models/{model_id}/tags/{key}")
def delete_tag(request: Call) -> Answer:
    """Take a tag away."""
    row, key = to_write(request), request.parts["key"]
    gone, _ = ModelFact.objects.filter(logged_model=row, kind=FactKind.TAG, key=key).delete()
    if not gone:
        raise queries.absent(f"Tag '{key[:60]}'")
    return {}


@call("POST", "logged-models/{model_id}/params")
def log_params(request: Call) -> Answer:
    """Log parameters."""
    params = params_of(request.sent)
    telemetry.keep_model_facts(to_write(request), FactKind.PARAM, params)
    return {}
