"""Calls about registered models: the inventory, as a client of a registry sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet

from mrm.access.acts import may_see
from mrm.access.models import LegalEntity
from mrm.access.rules import Role, ScopeKind
from mrm.kernel.errors import BadInput, RuleRefused
from registry.inventory import verbs as inventory
from registry.inventory.models import Model
from registry.inventory.rules import ModelClass, Origin, name_key
from registry.mlflow import queries, registering, searching, telemetry
from registry.mlflow.calls.experiments import Answer
from registry.mlflow.calls.versions import of as version_of
from registry.mlflow.calls.versions import shape as version_shape
from registry.mlflow.calls.versions import with_page
from registry.mlflow.grammar import Clause
from registry.mlflow.protocol import Call, call
from registry.mlflow.rules import BATCH_TAGS, NOTE, TAG_LENGTH, wrong
from registry.mlflow.shapes import millis, pairs
from registry.versions import verbs as versions
from registry.versions.aliases import WORKFLOW
from registry.versions.models import Alias, Tag, Version
from registry.versions.queries import version_by_alias
from registry.versions.rules import Stage

LONGEST_NAME = 120
STAGES = {
    "none": Stage.DEV,
    "staging": Stage.STAGING,
    "production": Stage.PROD,
    "archived": Stage.ARCHIVED,
}


def of(request: Call) -> Model:
    """The model that a call names."""
    return queries.registered_model(request.actor, request.sent.needed("name", limit=250))


def shapes(rows: Sequence[Model], name: str = "") -> list[Answer]:
    """Models with their newest versions, tags and aliases; the same number of queries for one and for a hundred."""
    newest: dict[Any, list[Version]] = {row.pk: [] for row in rows}
    for version in queries.latest_versions(rows):
        newest[version.model_id].append(version)
    tags: dict[Any, list[Tag]] = {row.pk: [] for row in rows}
    for tag in Tag.objects.filter(model__in=rows, version__isnull=True):
        tags[tag.model_id].append(tag)
    aliases: dict[Any, list[Alias]] = {row.pk: [] for row in rows}
    for alias in Alias.objects.filter(model__in=rows).select_related("version"):
        aliases[alias.model_id].append(alias)
    return [_shape(row, name or row.name, newest[row.pk], tags[row.pk], aliases[row.pk]) for row in rows]


def _shape(row: Model, name: str, newest: list[Version], tags: list[Tag], aliases: list[Alias]) -> Answer:
    created = millis(row.proposed_at)
    said = {tag.key: tag.value for tag in tags}
    note = said.pop(NOTE, row.purpose)
    return {
        "name": name,
        "creation_timestamp": created,
        "last_updated_timestamp": max([created, *(millis(item.registered_at) for item in newest)]),
        "user_id": row.responsible.name,
        "description": note,
        "latest_versions": [version_shape(item, name) for item in newest],
        "tags": pairs(said.items()),
        "aliases": [{"alias": item.name, "version": str(item.version.number)} for item in aliases],
    }


def answer(request: Call, row: Model) -> Answer:
    """The answer that is one model, under the name by which it was asked for when that is its reference."""
    asked = request.sent.text("name")
    return {"registered_model": shapes([row], asked if asked == row.reference else "")[0]}


@call("POST", "registered-models/create")
def create(request: Call) -> Answer:
    """A new candidate in the inventory: a name, a legal entity and the caller as who is responsible."""
    sent, actor = request.sent, request.actor
    name = sent.needed("name", limit=LONGEST_NAME)
    tags = dict(telemetry.free_tag(item) for item in sent.rows("tags", BATCH_TAGS))
    purpose = sent.text("description", limit=TAG_LENGTH)
    if any(mark in name for mark in "/:"):
        raise wrong(f"Invalid name: '{name[:60]}'. Registered model name cannot contain '/' or ':'.")
    registering.throttle(actor.person.pk)
    key = name_key(name)
    if key in WORKFLOW or key.startswith("mrm.") or queries.REFERENCE.fullmatch(name.strip().upper()):
        raise registering.name_not_free(actor.person.pk, name)
    if Model.objects.visible_to(actor).filter(name_key=key, entity__in=_entities(request, tags)).exists():
        raise _taken(name)
    entity = _entity(request, tags)
    try:
        model = inventory.propose(
            actor,
            entity=entity,
            name=name,
            responsible=actor.person,
            developer=actor.person if actor.has(Role.MODEL_DEVELOPER) else None,
            purpose=purpose,
        )
    except BadInput as refused:
        if refused.code != "name_taken":
            raise
        seen = may_see(actor, entity.scope)
        raise _taken(name) if seen else registering.name_not_free(actor.person.pk, name) from None
    for tag, value in tags.items():
        if not tag.startswith("mrm."):
            versions.tag_model(actor, model=model, key=tag, value=value)
    return answer(request, model)


def _entities(request: Call, tags: dict[str, str]) -> QuerySet[LegalEntity]:
    """The legal entities in which the name would be taken."""
    rows = LegalEntity.objects.all()
    return rows.filter(code=tags["mrm.entity"]) if "mrm.entity" in tags else rows


def _entity(request: Call, tags: dict[str, str]) -> LegalEntity:
    scope = queries.home(request.actor, {name: value for name, value in tags.items() if name == "mrm.entity"})
    while scope.kind != ScopeKind.ENTITY and scope.parent is not None:
        scope = scope.parent
    return LegalEntity.objects.get(scope=scope)


def _taken(name: str) -> BadInput:
    return BadInput(
        "model_name_taken", f"Registered Model (name={name}) already exists.", "Register a version of it."
    )


@call("GET", "registered-models/get")
def get(request: Call) -> Answer:
    """One model."""
    return answer(request, of(request))


@call("POST", "registered-models/rename")
def rename(request: Call) -> Answer:
    """Another name."""
    model, name = of(request), request.sent.needed("new_name", limit=LONGEST_NAME)
    if any(mark in name for mark in "/:"):
        raise wrong(f"Invalid name: '{name[:60]}'. Registered model name cannot contain '/' or ':'.")
    registering.throttle(request.actor.person.pk)
    if name_key(name) in WORKFLOW or name_key(name).startswith("mrm."):
        raise registering.name_not_free(request.actor.person.pk, name)
    try:
        changed = inventory.describe(
            request.actor,
            model=model,
            purpose=model.purpose,
            model_class=ModelClass(model.model_class),
            origin=Origin(model.origin),
            method=model.method,
            name=name,
        )
    except BadInput as refused:
        raise _taken(name) if refused.code == "name_taken" else refused from None
    return {"registered_model": shapes([changed])[0]}


@call("PATCH", "registered-models/update")
def update(request: Call) -> Answer:
    """Another description; the purpose that stands in the inventory is the owner's to change."""
    model, text = of(request), request.sent.text("description", limit=5000)
    versions.tag_model(request.actor, model=model, key=NOTE, value=text)
    return answer(request, model)


@call("DELETE", "registered-models/delete")
def delete(request: Call) -> Answer:
    """Refused: an entry of the inventory is kept."""
    model = of(request)
    raise RuleRefused(
        "never_deleted",
        f"{model.name} stands in the inventory, and nothing there is ever deleted.",
        f"Archive its versions, or have it decommissioned: {request.base}{model.get_absolute_url()}",
    )


def _by_name(clause: Clause) -> Q:
    """Names are compared as the inventory compares them; patterns mind the case as MLflow's do."""
    if isinstance(clause.value, str) and clause.operator in {"=", "!="}:
        met = Q(name_key=name_key(clause.value)) | Q(reference=clause.value)
        return ~met if clause.operator == "!=" else met
    return searching.compared("name", clause, number=False)


MODELS = searching.Searchable(
    attributes={
        "name": searching.Attribute(_by_name, "name"),
        "timestamp": searching.moment("proposed_at"),
        "creation_timestamp": searching.moment("proposed_at"),
        "last_updated_timestamp": searching.moment("proposed_at"),
    },
    stores={"tag": searching.Store(Tag, "model", facts={"version__isnull": True})},
    default=("name", "id"),
)


@call("GET", "registered-models/search")
def search(request: Call) -> Answer:
    """Models by filter."""
    rows: QuerySet[Any] = Model.objects.visible_to(request.actor).select_related("responsible")
    rows = searching.matching(rows, MODELS, request.sent.text("filter"))
    rows = searching.ordered(rows, MODELS, request.sent.texts("order_by", 20))
    page = searching.page(rows, request.sent, most=1000, default=100)
    return page.answer("registered_models", shapes(page.rows))


@call("GET", "registered-models/get-latest-versions")
@call("POST", "registered-models/get-latest-versions")
def latest(request: Call) -> Answer:
    """The newest version of each stage."""
    model, wanted = of(request), request.sent.texts("stages", 10)
    strange = [name for name in wanted if name.lower() not in STAGES]
    if strange:
        raise wrong(
            f"Invalid Model Version stage: {strange[0][:40]}. None, Staging, Production, Archived are known."
        )
    stages = {STAGES[name.lower()] for name in wanted} or set(STAGES.values())
    found = [item for item in queries.latest_versions([model]) if item.stage in stages]
    return {"model_versions": [version_shape(item, model.name) for item in found]}


@call("POST", "registered-models/set-tag")
def set_tag(request: Call) -> Answer:
    """Set a tag."""
    key, value = telemetry.free_tag(request.sent)
    versions.tag_model(request.actor, model=of(request), key=key, value=value)
    return {}


@call("DELETE", "registered-models/delete-tag")
def delete_tag(request: Call) -> Answer:
    """Take a tag away."""
    versions.untag_model(request.actor, model=of(request), key=request.sent.needed("key"))
    return {}


@call("POST", "registered-models/alias")
def set_alias(request: Call) -> Answer:
    """Set an alias; `champion` is the promotion to production."""
    alias, version = request.sent.needed("alias", limit=300), version_of(request)
    with_page(request, version, lambda: versions.set_alias(request.actor, version=version, name=alias))
    return {}


@call("DELETE", "registered-models/alias")
def delete_alias(request: Call) -> Answer:
    """Take an alias away."""
    versions.remove_alias(request.actor, model=of(request), name=request.sent.needed("alias", limit=300))
    return {}


@call("GET", "registered-models/alias")
def get_alias(request: Call) -> Answer:
    """The version that an alias points at."""
    model, alias = of(request), request.sent.needed("alias", limit=300)
    found = version_by_alias(model, alias)
    if found is None:
        raise queries.absent(f"Registered model alias '{alias[:60]}'")
    return {
        "model_version": version_shape(
            queries.version(request.actor, model.reference, found.number), model.name
        )
    }
