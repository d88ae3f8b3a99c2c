"""Calls about runs: begin, log, read, search, end."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import QuerySet

from mrm.ledger.clock import now
from registry.mlflow import queries, searching, shapes, telemetry, verbs
from registry.mlflow.calls.experiments import Answer, in_view, tags_of, wanted
from registry.mlflow.models import ClientRun, Metric, RunFact
from registry.mlflow.protocol import Call, call
from registry.mlflow.rules import RUN_NAME, FactKind, InputKind, RunStatus, wrong
from registry.mlflow.telemetry import Batch

OVER = {RunStatus.FINISHED, RunStatus.FAILED, RunStatus.KILLED}
LOGGED_MODELS = "mlflow.log-model.history"


def of(request: Call) -> ClientRun:
    """The run that a call names, for reading; older clients call its id run_uuid."""
    name = "run_uuid" if request.sent.has("run_uuid") and not request.sent.has("run_id") else "run_id"
    return queries.run(request.actor, request.sent.needed(name, limit=64))


def to_write(request: Call) -> ClientRun:
    """The run that a call names, if the caller may log to it."""
    return queries.writable(request.actor, of(request))


@call("POST", "runs/create")
def create(request: Call) -> Answer:
    """A new run."""
    sent, tags = request.sent, tags_of(request.sent)
    name = sent.text("run_name", limit=250) or tags.get(RUN_NAME, "")
    start = sent.whole("start_time", 0, low=0) or shapes.millis(now())
    user = sent.text("user_id", limit=250)
    experiment = wanted(request, or_default=True)
    run = verbs.start_run(request.actor, experiment=experiment, user=user, start_time=start)
    tags[RUN_NAME] = name or f"run-{run.key[-8:]}"
    telemetry.keep_tags(run, tags.items())
    return {"run": shapes.run_shapes([run])[0]}


@call("GET", "runs/get")
def get(request: Call) -> Answer:
    """One run with everything it logged last."""
    return {"run": shapes.run_shapes([of(request)])[0]}


@call("POST", "runs/update")
def update(request: Call) -> Answer:
    """Another name, status or end; the end is an act that seals the digest of what was logged."""
    sent, run = request.sent, to_write(request)
    status = sent.text("status") or run.status
    if status not in RunStatus.values:
        raise wrong(
            f"Invalid value for parameter 'status': one of {', '.join(RunStatus.values)} is expected."
        )
    end = sent.whole("end_time", low=0) if sent.has("end_time") else run.end_time
    if name := sent.text("run_name", limit=250):
        telemetry.keep_tags(run, [(RUN_NAME, name)])
    if status != run.status or end != run.end_time:
        logged = telemetry.logged_digest(run) if status in OVER else ""
        run = verbs.finish_run(request.actor, run=run, status=RunStatus(status), end_time=end, logged=logged)
    return {"run_info": shapes.run_shapes([run])[0]["info"]}


@call("POST", "runs/delete")
def delete(request: Call) -> Answer:
    """Put away."""
    verbs.delete_run(request.actor, run=of(request))
    return {}


@call("POST", "runs/restore")
def restore(request: Call) -> Answer:
    """Bring back."""
    verbs.restore_run(request.actor, run=of(request))
    return {}


@call("POST", "runs/log-metric")
def log_metric(request: Call) -> Answer:
    """One value of a metric."""
    point = telemetry.point(request.sent)
    telemetry.log(to_write(request), Batch(points=[point]))
    return {}


@call("POST", "runs/log-parameter")
def log_parameter(request: Call) -> Answer:
    """One parameter."""
    param = telemetry.param(request.sent)
    telemetry.log(to_write(request), Batch(params=[param]))
    return {}


@call("POST", "runs/log-batch")
def log_batch(request: Call) -> Answer:
    """Metrics, parameters and tags at once: all or nothing."""
    batch = telemetry.batch(request.sent)
    telemetry.log(to_write(request), batch)
    return {}


@call("POST", "runs/set-tag")
def set_tag(request: Call) -> Answer:
    """One tag."""
    tag = telemetry.tag(request.sent)
    telemetry.log(to_write(request), Batch(tags=[tag]))
    return {}


@call("POST", "runs/delete-tag")
def delete_tag(request: Call) -> Answer:
    """Take a tag away."""
    run, key = to_write(request), request.sent.needed("key")
    gone, _ = RunFact.objects.filter(run=run, kind=FactKind.TAG, key=key).delete()
    if not gone:
        raise queries.absent(f"Tag '{key[:60]}' of run '{run.key}'")
    return {}


@call("POST", "runs/log-model")
def log_model(request: Call) -> Answer:
    """What older clients note of a logged model: kept as the tag they look for."""
    run, text = to_write(request), request.sent.needed("model_json", limit=10**6)
    try:
        noted = json.loads(text)
        if not isinstance(noted, dict) or not isinstance(noted.get("artifact_path"), str):
            raise ValueError
    except (ValueError, RecursionError):
        raise wrong("Malformed model info: 'model_json' must be an object with an artifact_path.") from None
    held = RunFact.objects.filter(run=run, kind=FactKind.TAG, key=LOGGED_MODELS).first()
    history = [*json.loads(held.value), noted] if held else [noted]
    telemetry.keep_tags(run, [(LOGGED_MODELS, json.dumps(history[-50:]))])
    return {}


@call("POST", "runs/log-inputs")
def log_inputs(request: Call) -> Answer:
    """Datasets and models that went in."""
    rows = [telemetry.dataset_input(item) for item in request.sent.rows("datasets")]
    rows += [telemetry.model_input(item, InputKind.MODEL) for item in request.sent.rows("models")]
    telemetry.keep_inputs(to_write(request), rows)
    return {}


@call("POST", "runs/outputs")
def log_outputs(request: Call) -> Answer:
    """Models that came out."""
    rows = [telemetry.model_input(item, InputKind.OUTPUT) for item in request.sent.rows("models")]
    telemetry.keep_inputs(to_write(request), rows)
    return {}


@call("POST", "runs/search")
def search(request: Call) -> Answer:
    """Runs of experiments by filter."""
    keys = request.sent.texts("experiment_ids")
    if not keys:
        return {"runs": []}
    rows: QuerySet[Any] = ClientRun.objects.visible_to(request.actor).select_related("experiment")
    named_ = queries.experiments(request.actor).filter(reference__in=keys)
    if "0" in keys:
        named_ = named_ | queries.experiments(request.actor).filter(name="Default")
    rows = in_view(rows.filter(experiment__in=named_), request.sent, "run_view_type")
    rows = searching.matching(rows, searching.RUNS, request.sent.text("filter"))
    rows = searching.ordered(rows, searching.RUNS, request.sent.texts("order_by", 20))
    page = searching.page(rows, request.sent, most=50_000, default=1000)
    return page.answer("runs", shapes.run_shapes(page.rows))


@call("GET", "metrics/get-history")
def history(request: Call) -> Answer:
    """Every value of a metric of a run, in order."""
    key = request.sent.needed("metric_key", limit=250)
    rows = Metric.objects.filter(run=of(request), key=key).order_by("timestamp", "step", "id")
    page = searching.page(rows, request.sent, most=25_000, default=25_000)
    return page.answer("metrics", [shapes.metric_shape(row) for row in page.rows])


@call("GET", "metrics/get-history-bulk")
@call("GET", "metrics/get-history-bulk-interval")
def history_bulk(request: Call) -> Answer:
    """A metric of several runs, within steps."""
    sent = request.sent
    keys = sent.texts("run_ids", 100) or sent.texts("run_id", 100)
    if not keys:
        raise wrong("Missing value for required parameter 'run_ids'.")
    rows = Metric.objects.filter(
        run__in=ClientRun.objects.visible_to(request.actor).filter(pk__in=queries.hexes(keys)),
        key=sent.needed("metric_key", limit=250),
    ).select_related("run")
    if sent.has("start_step"):
        rows = rows.filter(step__gte=sent.whole("start_step"))
    if sent.has("end_step"):
        rows = rows.filter(step__lte=sent.whole("end_step"))
    most = sent.whole("max_results", 2500, low=1, high=25_000)
    found = rows.order_by("run", "step", "timestamp", "id")[:most]
    return {"metrics": [{**shapes.metric_shape(row), "run_id": row.run.key} for row in found]}
