"""Calls about experiments."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from registry.mlflow import queries, searching, shapes, telemetry, verbs
from registry.mlflow.models import Experiment, ExperimentTag
from registry.mlflow.protocol import Call, Sent, call
from registry.mlflow.rules import BATCH_TAGS, DEFAULT_EXPERIMENT, NAME_LENGTH, Lifecycle, wrong

Answer = dict[str, Any]
VIEWS = {
    "": [Lifecycle.ACTIVE],
    "ACTIVE_ONLY": [Lifecycle.ACTIVE],
    "1": [Lifecycle.ACTIVE],
    "DELETED_ONLY": [Lifecycle.DELETED],
    "2": [Lifecycle.DELETED],
    "ALL": [Lifecycle.ACTIVE, Lifecycle.DELETED],
    "3": [Lifecycle.ACTIVE, Lifecycle.DELETED],
}


def in_view(rows: QuerySet[Any], sent: Sent, name: str) -> QuerySet[Any]:
    """The rows of the lifecycle that a call wants to see."""
    stages = VIEWS.get(sent.text(name))
    if stages is None:
        raise wrong(f"Invalid value for parameter '{name}': ACTIVE_ONLY, DELETED_ONLY or ALL is expected.")
    return rows.filter(lifecycle__in=stages)


def tags_of(sent: Sent) -> dict[str, str]:
    """The tags that came with a call."""
    return dict(telemetry.tag(item) for item in sent.rows("tags", BATCH_TAGS))


def wanted(request: Call, *, or_default: bool = False) -> Experiment:
    """The experiment that a call names; the default one is made when a run needs it."""
    key = request.sent.needed("experiment_id", limit=64)
    if key == "0" and or_default:
        rows = queries.experiments(request.actor).filter(name=DEFAULT_EXPERIMENT, lifecycle=Lifecycle.ACTIVE)
        found = rows.select_related("scope").order_by("id").first()
        return found or verbs.create_experiment(
            request.actor, scope=queries.home(request.actor, {}), name=DEFAULT_EXPERIMENT
        )
    return queries.experiment(request.actor, key)


@call("POST", "experiments/create")
def create(request: Call) -> Answer:
    """A new experiment; where it belongs is said by a tag, or clear from the caller's grants."""
    name, tags = request.sent.needed("name", limit=NAME_LENGTH), tags_of(request.sent)
    made = verbs.create_experiment(request.actor, scope=queries.home(request.actor, tags), name=name)
    telemetry.keep_experiment_tags(made, tags.items())
    return {"experiment_id": made.reference}


@call("GET", "experiments/get")
def get(request: Call) -> Answer:
    """One experiment by id."""
    return {"experiment": shapes.experiment_shapes([wanted(request)])[0]}


@call("GET", "experiments/get-by-name")
def get_by_name(request: Call) -> Answer:
    """One experiment by name."""
    name = request.sent.needed("experiment_name", limit=NAME_LENGTH)
    return {"experiment": shapes.experiment_shapes([queries.experiment_named(request.actor, name)])[0]}


@call("POST", "experiments/search")
@call("GET", "experiments/search")
def search(request: Call) -> Answer:
    """Experiments by filter."""
    rows = in_view(queries.experiments(request.actor), request.sent, "view_type")
    rows = searching.matching(rows, searching.EXPERIMENTS, request.sent.text("filter"))
    rows = searching.ordered(rows, searching.EXPERIMENTS, request.sent.texts("order_by", 20))
    page = searching.page(rows, request.sent, most=50_000, default=1000)
    return page.answer("experiments", shapes.experiment_shapes(page.rows))


@call("POST", "experiments/update")
def update(request: Call) -> Answer:
    """Another name."""
    name = request.sent.text("new_name", limit=NAME_LENGTH)
    if name.strip():
        verbs.rename_experiment(request.actor, experiment=wanted(request), name=name)
    return {}


@call("POST", "experiments/delete")
def delete(request: Call) -> Answer:
    """Put away."""
    verbs.delete_experiment(request.actor, experiment=wanted(request))
    return {}


@call("POST", "experiments/restore")
def restore(request: Call) -> Answer:
    """Bring back."""
    verbs.restore_experiment(request.actor, experiment=wanted(request))
    return {}


@call("POST", "experiments/set-experiment-tag")
def set_tag(request: Call) -> Answer:
    """Set a tag."""
    tag = telemetry.tag(request.sent)
    telemetry.keep_experiment_tags(queries.open_to(request.actor, wanted(request)), [tag])
    return {}


@call("POST", "experiments/delete-experiment-tag")
def delete_tag(request: Call) -> Answer:
    """Take a tag away."""
    experiment = queries.open_to(request.actor, wanted(request))
    key = request.sent.needed("key")
    gone, _ = ExperimentTag.objects.filter(experiment=experiment, key=key).delete()
    if not gone:
        raise queries.absent(f"Tag '{key[:60]}'")
    return {}
