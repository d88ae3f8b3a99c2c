"""Calls about versions of registered models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet

from mrm.kernel.errors import RuleRefused
from registry.inventory.models import Model
from registry.inventory.rules import name_key
from registry.mlflow import files, queries, registering, searching, telemetry
from registry.mlflow.calls.experiments import Answer
from registry.mlflow.grammar import Clause
from registry.mlflow.models import Registration
from registry.mlflow.protocol import Call, call
from registry.mlflow.rules import BATCH_TAGS, NOTE, TAG_LENGTH, wrong
from registry.mlflow.shapes import millis, pairs
from registry.versions import verbs as versions
from registry.versions.models import Tag, Version
from registry.versions.rules import Admission, Stage

STAGE_OUT = {
    Stage.DEV: "None",
    Stage.STAGING: "Staging",
    Stage.PROD: "Production",
    Stage.ARCHIVED: "Archived",
}
STAGE_IN = {"staging": Stage.STAGING, "production": Stage.PROD, "archived": Stage.ARCHIVED}
ELSEWHERE = "The artefact is kept by another registry: it was never seen here and is not admitted."


def shape(row: Version, name: str = "") -> Answer:
    """A version as the protocol writes it."""
    kept: Registration | None = getattr(row, "mlflow", None)
    tags = {tag.key: tag.value for tag in row.tags.all()}
    note = tags.pop(NOTE, row.notes)
    status, message = standing(row)
    at = millis(row.registered_at)
    return {
        "name": name or row.model.name,
        "version": str(row.number),
        "creation_timestamp": at,
        "last_updated_timestamp": at,
        "user_id": row.registered_by.name,
        "current_stage": STAGE_OUT[Stage(row.stage)],
        "description": note,
        "source": kept.source if kept else place(row),
        "run_id": (kept.run_key if kept else "") or "",
        "run_link": kept.run_link if kept else "",
        "status": status,
        "status_message": message,
        "tags": pairs(tags.items()),
        "aliases": [alias.name for alias in row.aliases.all()],
        **({"model_id": kept.model_key} if kept and kept.model_key else {}),
    }


def standing(row: Version) -> tuple[str, str]:
    """Pending until inspected, failed with our sentence, else ready."""
    if not row.format:
        return "READY", ELSEWHERE
    if row.admission == Admission.PENDING:
        return "PENDING_REGISTRATION", "The artefact is being inspected in a process of its own."
    if row.admission == Admission.ADMITTED or row.found is None:
        return "READY", ""
    return "FAILED_REGISTRATION", f"{row.found.detail} {row.found.remedy}".strip()


def place(row: Version) -> str:
    """Where a client reads the files of a version."""
    return f"mlflow-artifacts:/{files.VERSIONS}/{row.pk.hex}"


def of(request: Call) -> Version:
    """The version that a call names."""
    name, number = request.sent.needed("name", limit=250), request.sent.needed("version", limit=20)
    if not number.isdigit() or len(number) > 9:
        raise wrong(f"Model version must be an integer, got '{number}'.")
    return queries.version(request.actor, name, int(number))


def asked(request: Call, row: Version) -> str:
    """The name by which a model was asked for, when that is its reference."""
    name = request.sent.text("name")
    return name if name == row.model.reference else row.model.name


def answer(request: Call, row: Version) -> Answer:
    """The answer that is one version, read afresh."""
    found = queries.shown_versions().get(pk=row.pk)
    return {"model_version": shape(found, asked(request, found))}


@call("POST", "model-versions/create")
def create(request: Call) -> Answer:
    """A version from what was logged; it waits until its artefact has been inspected."""
    sent, actor = request.sent, request.actor
    model = queries.registered_model(actor, sent.needed("name", limit=250))
    tags = dict(telemetry.free_tag(item) for item in sent.rows("tags", BATCH_TAGS))
    version = registering.receive_version(
        actor,
        model=model,
        source=sent.needed("source", limit=1000),
        run_id=sent.text("run_id", limit=64),
        run_link=sent.text("run_link", limit=1000),
        model_id=sent.text("model_id", limit=64),
        notes=sent.text("description", limit=TAG_LENGTH),
    )
    for tag, value in tags.items():
        versions.tag_version(actor, version=version, key=tag, value=value)
    return answer(request, version)


@call("GET", "model-versions/get")
def get(request: Call) -> Answer:
    """One version."""
    row = of(request)
    return {"model_version": shape(row, asked(request, row))}


@call("PATCH", "model-versions/update")
def update(request: Call) -> Answer:
    """Another description."""
    row, text = of(request), request.sent.text("description", limit=5000)
    versions.tag_version(request.actor, version=row, key=NOTE, value=text)
    return answer(request, row)


@call("DELETE", "model-versions/delete")
def delete(request: Call) -> Answer:
    """Refused: a version is kept."""
    row = of(request)
    raise RuleRefused(
        "never_deleted",
        f"Version {row.number} of {row.model.name} is registered, and a registered version is never deleted.",
        f"Archive it instead: {request.base}{row.get_absolute_url()}",
    )


@call("GET", "model-versions/get-download-uri")
def download_uri(request: Call) -> Answer:
    """Where its files are: those that were registered, whatever lies in the run's folder by now."""
    row = of(request)
    held = row.mlflow_files.exists()
    kept: Registration | None = getattr(row, "mlflow", None)
    return {"artifact_uri": place(row) if held or kept is None else kept.source}


@call("POST", "model-versions/transition-stage")
def transition(request: Call) -> Answer:
    """A stage, by the acts that lead there: promotion through the gate, or archiving."""
    row, wanted = of(request), request.sent.needed("stage", limit=20).lower()
    stage = STAGE_IN.get(wanted)
    if stage is None:
        raise wrong(
            f"Invalid Model Version stage: {wanted}. Staging, Production and Archived can be asked for; "
            "a version does not go back to None."
        )
    if stage == Stage.ARCHIVED:
        versions.archive(request.actor, version=row, reason="Archived by an MLflow client.")
    else:
        with_page(request, row, lambda: versions.promote(request.actor, version=row, stage=stage))
    return answer(request, row)


def with_page(request: Call, version: Version, act: Callable[[], Any]) -> None:
    """Do an act of the workflow; when a rule refuses, say on which page the requirements stand."""
    try:
        act()
    except RuleRefused as refused:
        page = f"{request.base}{version.get_absolute_url()}"
        raise RuleRefused(refused.code, refused.detail, f"{refused.remedy} See {page}") from None


def _by_name(clause: Clause) -> Q:
    """The model's name, compared as the inventory compares names."""
    if isinstance(clause.value, str) and clause.operator in {"=", "!="}:
        met = Q(model__name_key=name_key(clause.value)) | Q(model__reference=clause.value)
        return ~met if clause.operator == "!=" else met
    return searching.compared("model__name", clause, number=False)


VERSIONS = searching.Searchable(
    attributes={
        "name": searching.Attribute(_by_name, "model__name"),
        "version_number": searching.number("number"),
        "version": searching.number("number"),
        "run_id": searching.text("mlflow__run_key"),
        "source_path": searching.text("mlflow__source"),
        "creation_timestamp": searching.moment("registered_at"),
        "last_updated_timestamp": searching.moment("registered_at"),
    },
    stores={"tag": searching.Store(Tag, "version")},
    default=("-registered_at", "-number", "id"),
)


@call("GET", "model-versions/search")
def search(request: Call) -> Answer:
    """Versions by filter."""
    rows: QuerySet[Any] = queries.shown_versions().filter(model__in=Model.objects.visible_to(request.actor))
    rows = searching.matching(rows, VERSIONS, request.sent.text("filter"))
    rows = searching.ordered(rows, VERSIONS, request.sent.texts("order_by", 20))
    page = searching.page(rows, request.sent, most=200_000, default=10_000)
    return page.answer("model_versions", [shape(row) for row in page.rows])


@call("POST", "model-versions/set-tag")
def set_tag(request: Call) -> Answer:
    """Set a tag."""
    key, value = telemetry.free_tag(request.sent)
    versions.tag_version(request.actor, version=of(request), key=key, value=value)
    return {}


@call("DELETE", "model-versions/delete-tag")
def delete_tag(request: Call) -> Answer:
    """Take a tag away."""
    versions.untag_version(request.actor, version=of(request), key=request.sent.needed("key"))
    return {}
