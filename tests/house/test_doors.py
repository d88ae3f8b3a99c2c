"""Every route answers every relation as the matrix says; absent and forbidden are answered alike."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from mrm.access.acts import VERBS
from mrm.access.history import entries_about
from mrm.access.models import Person
from mrm.access.openapi import offered
from mrm.policy.models import Policy
from tests.house.doors import DOORS, RELATIONS, SHOWS
from tests.house.routes import routes
from tests.house.story import Story

pytestmark = pytest.mark.django_db
PAGES = sorted(name for name in routes() if not name.startswith("act-"))
ACTS = sorted(name for name, verb in VERBS.items() if offered(verb))


def test_every_route_is_declared_and_every_declared_route_is_there() -> None:
    found = routes()
    assert set(PAGES) == set(DOORS), "declare the route in tests/house/doors.py"
    assert {name for name in found if name.startswith("act-")} == {f"act-{name}" for name in ACTS}


def address(name: str, story: Story, *, absent: bool = False) -> str:
    """The address of the route for what the story made, or for something that does not exist."""
    case = story.case
    person = Person.objects.get(pk=case.owner.person.pk)
    account = person.accounts.get()
    finding, run = story.finding, story.running
    things: dict[str, Any] = {
        "models": case.model.reference, "datasets": case.whole.dataset.reference, "snapshots": case.whole.reference,
        "validations": run.reference, "findings": finding.reference, "conditions": story.condition.reference,
        "papers": story.paper.reference, "people": person.reference,
        "account": story.bank.administrator.tokens.get().reference,
    }  # fmt: skip
    pattern = routes()[name]
    first = pattern.removeprefix("api/v1/").partition("/")[0]
    ledger = entries_about(case.model).order_by("-id").first()
    given: dict[str, Any] = {
        "reference": things.get(first), "number": case.version.number, "use": case.model.uses.get().reference,
        "grant": story.grant.reference, "item": run.items.first().key, "condition": story.condition.reference,
        "document": finding.documents.first().pk, "change": case.model.use_changes.first().pk, "job": story.job.pk, "token": "0" * 40, "username": account.username,
        "role": "model_owner", "scope": case.model.entity.scope_id, "kind": "model", "export": story.paper.exports.get().pk,
        "key": str(case.model.pk) if first == "go" else story.evidence.result_digest,
        "digest": Policy.objects.first().digest if first == "policies" else ledger.leaf.hash,
    }  # fmt: skip
    if first == "go":
        given["kind"] = "inventory.model"
        given["key"] = str(uuid.UUID(int=7)) if absent else given["key"]
    if name in {"condition-withdraw", "validation-content", "validation-sign"}:
        given["reference"] = story.validation.reference
    facts = {}
    for kind, key in re.findall(r"<(\w+):(\w+)>", pattern):
        facts[key] = given[key]
        if absent and key not in {"kind", "role", "username"} and first != "go":
            facts[key] = {"uuid": uuid.UUID(int=7), "int": 99}.get(kind, f"{str(given[key])[:2]}00000")
    if name in {"validation-new", "finding-new"}:
        model = "M-00000" if absent else case.model.reference
        return reverse(name) + f"?model={model}&version={case.version.number}"
    return reverse(name, kwargs=facts)


def ask(story: Story, who: str, url: str) -> HttpResponse:
    """GET as somebody."""
    return story.clients[who].get(url)  # type: ignore[return-value]


def seen(answer: HttpResponse, url: str) -> str:
    """What an answer comes to, in the words of the matrix."""
    to_sign_in = answer.status_code == 302 and answer["Location"].startswith("/sign-in/")
    if answer.status_code == 401 if url.startswith("/api/") else to_sign_in:
        return "sign in"
    if answer.status_code == 404:
        return "absent"
    return "shown" if answer.status_code < 500 else f"broken: {answer.status_code}"


@pytest.mark.parametrize("name", PAGES)
def test_a_door_shows_what_the_matrix_says(name: str, story: Story) -> None:
    url = address(name, story)
    expected = dict(SHOWS[DOORS[name]])
    if DOORS[name] == "of oneself":
        expected["administrator"] = "shown"
    if name == "set-up":
        expected = dict.fromkeys(RELATIONS, "shown")
    assert {who: seen(ask(story, who, url), url) for who in RELATIONS} == expected


@pytest.mark.parametrize(
    "name", [name for name in PAGES if DOORS[name] in {"of the model", "of the dataset"}]
)
def test_forbidden_is_answered_as_absent(name: str, story: Story) -> None:
    who = "stranger"
    forbidden, absent = address(name, story), address(name, story, absent=True)
    first, second = plain(ask(story, who, forbidden), forbidden), plain(ask(story, who, absent), absent)
    assert first[0] == second[0] == 404
    assert first[1].splitlines() == second[1].splitlines()


def plain(answer: HttpResponse, url: str) -> tuple[int, str]:
    """An answer without its address, request id and form token, which differ from request to request."""
    key = answer["X-Request-Id"]
    text = answer.content.decode().replace(url, "").replace(key, "").replace(key[:8], "")
    return answer.status_code, re.sub(r"\b[A-Za-z0-9]{64}\b", "", text)


@pytest.mark.parametrize("act", ACTS)
def test_an_act_over_the_api_needs_a_caller(act: str, story: Story) -> None:
    answer = Client().post(reverse(f"act-{act}"), {}, "application/json", headers={"Idempotency-Key": "k"})
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_signed_in"


LISTS = [
    name for name in PAGES if DOORS[name] == "members" and "<" not in routes()[name] and name != "sign-out"
]


@pytest.mark.parametrize("name", LISTS)
def test_no_list_count_or_export_has_a_trace_for_a_stranger(name: str, story: Story) -> None:
    marks = [
        story.case.model.name,
        story.case.model.reference,
        story.running.reference,
        story.finding.reference,
    ]
    marks += [story.paper.reference, story.condition.reference, story.case.whole.reference]
    for tail in ("", "?as=csv", f"?q={story.case.model.name[:8]}"):
        answer = ask(story, "stranger", reverse(name) + tail)
        body = b"".join(answer) if answer.streaming else answer.content
        text = body.decode(errors="ignore")
        assert not [mark for mark in marks if mark in text], reverse(name) + tail
