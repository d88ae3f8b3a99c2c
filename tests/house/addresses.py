"""The address of every route, for what the story made. A new kind of object is one line here."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

from django.urls import reverse

from mrm.access.history import entries_about
from mrm.access.models import Person, User
from mrm.policy.models import Policy
from registry.features.models import Catalogue
from registry.mlflow.models import ClientRun
from tests.house.routes import routes
from tests.house.story import Story

Find = Callable[[Story], Any]


def owner(story: Story) -> Person:
    """Somebody of the bank with an account."""
    return Person.objects.get(pk=story.case.owner.person.pk)


def client_run(story: Story) -> ClientRun:
    """The run that a client logged for the model."""
    return ClientRun.objects.filter(scope=story.case.model.scope).latest("created_at")


# What `<…:reference>` is, by the first part of the address.
REFERENCES: dict[str, Find] = {
    "account": lambda story: story.bank.administrator.tokens.get().reference,
    "conditions": lambda story: story.condition.reference,
    "datasets": lambda story: story.case.whole.dataset.reference,
    "envelopes": lambda story: story.envelope.reference,
    "features": lambda story: Catalogue.objects.get().reference,
    "experiments": lambda story: client_run(story).experiment.reference,
    "findings": lambda story: story.finding.reference,
    "models": lambda story: story.case.model.reference,
    "papers": lambda story: story.paper.reference,
    "people": lambda story: owner(story).reference,
    "recipes": lambda story: story.recipe.reference,
    "runs": lambda story: story.run.reference,
    "snapshots": lambda story: story.case.whole.reference,
    "validations": lambda story: story.running.reference,
}
# What any other part of an address is, by its name.
PARTS: dict[str, Find] = {
    "change": lambda story: story.case.model.use_changes.all()[0].pk,
    "condition": lambda story: story.condition.reference,
    "digest": lambda story: entries_about(story.case.model).order_by("-id")[0].leaf.hash,
    "document": lambda story: story.finding.documents.all()[0].pk,
    "export": lambda story: story.paper.exports.get().pk,
    "grant": lambda story: story.grant.reference,
    "item": lambda story: story.running.items.all()[0].key,
    "job": lambda story: story.job.pk,
    "key": lambda story: story.evidence.result_digest,
    "kind": lambda story: "model",
    "number": lambda story: story.case.version.number,
    "other": lambda story: story.case.whole.reference,
    "path": lambda story: "experiments/search",
    "role": lambda story: "model_owner",
    "scope": lambda story: story.case.model.entity.scope_id,
    "token": lambda story: "0" * 40,
    "use": lambda story: story.case.model.uses.get().reference,
    "username": lambda story: User.objects.get(pk=story.case.owner.account_id).username,
}
# Where a route means another object than its neighbours, or a part has another meaning there.
SPECIAL: dict[tuple[str, str], Find] = {
    ("condition-withdraw", "reference"): lambda story: story.validation.reference,
    ("api-feature-read", "name"): lambda story: "fraud",
    ("api-feature-service", "name"): lambda story: "fraud",
    ("feature-service", "name"): lambda story: "fraud",
    ("feature-service-compare", "name"): lambda story: "fraud",
    ("feature-service-materialise", "name"): lambda story: "fraud",
    ("feature-service-served", "name"): lambda story: "fraud",
    ("feature-source", "name"): lambda story: "payments",
    ("feature-source-load", "name"): lambda story: "payments",
    ("feature-view", "name"): lambda story: "spend",
    ("client-run", "key"): lambda story: client_run(story).key,
    ("go", "key"): lambda story: story.case.model.pk,
    ("go", "kind"): lambda story: "inventory.model",
    ("policy", "digest"): lambda story: Policy.objects.all()[0].digest,
    ("policy-approve", "digest"): lambda story: Policy.objects.all()[0].digest,
    ("policy-draft", "digest"): lambda story: Policy.objects.all()[0].digest,
    ("validation-content", "reference"): lambda story: story.validation.reference,
    ("validation-sign", "reference"): lambda story: story.validation.reference,
}
# Routes whose object stands in the query.
QUERIES: dict[str, Find] = {
    "finding-new": lambda story: f"?model={story.case.model.reference}&version={story.case.version.number}",
    "validation-new": lambda story: (
        f"?model={story.case.model.reference}&version={story.case.version.number}"
    ),
}
# Parts that say how, not which: they stay when the object is one that does not exist.
STAY = {"kind", "role", "username"}


def address(name: str, story: Story, *, absent: bool = False) -> str:
    """The address of the route for what the story made, or for something that does not exist."""
    pattern = routes()[name]
    first = pattern.removeprefix("api/v1/").partition("/")[0]
    facts = {}
    for kind, part in re.findall(r"<(?:(\w+):)?(\w+)>", pattern):
        find = SPECIAL.get((name, part)) or (REFERENCES[first] if part == "reference" else PARTS[part])
        facts[part] = find(story)
        if absent and part not in STAY:
            facts[part] = missing(kind, facts[part])
    query = QUERIES[name](story) if name in QUERIES else ""
    if absent:
        query = re.sub(r"([A-Z])-\w+", r"\1-00000", query)
    return reverse(name, kwargs=facts) + query


def missing(kind: str, value: Any) -> Any:
    """What could be such an object and is none."""
    if kind == "uuid" or isinstance(value, uuid.UUID):
        return uuid.UUID(int=7)
    return 99 if kind == "int" else f"{str(value)[:2]}00000"
