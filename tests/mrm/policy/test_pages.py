"""Policies by clicking: reading, drafting with errors named, approving by somebody else."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mrm.access.actors import Actor
from mrm.access.installation import group_scope
from mrm.access.models import User
from mrm.access.rules import Role
from mrm.policy import pack, queries, verbs
from mrm.policy.models import Policy
from mrm.policy.readable import differences, readable
from mrm.policy.rules import Kind
from tests.mrm.policy.people import bank, person
from tests.mrm.policy.test_policy import TODAY, body_of, officers

pytestmark = pytest.mark.django_db


def browser(actor: Actor) -> Client:
    client = Client()
    client.force_login(
        User.objects.get(pk=actor.account_id), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def typed(**more: Any) -> dict[str, Any]:
    body = body_of(Kind.REASONS)
    body["max_reasons"] = 3
    return {
        "kind": "reasons",
        "name": "standard",
        "valid_from": TODAY.isoformat(),
        "why": "Three are clearer.",
        "body": json.dumps(body),
        **more,
    }


def test_every_policy_of_the_pack_has_a_page_in_words() -> None:
    client = browser(person("Rea Reader", Role.AUDITOR))
    listed = client.get("/policies/").content.decode()
    for policy in Policy.objects.all():
        assert policy.get_absolute_url() in listed
        page = client.get(policy.get_absolute_url())
        assert page.status_code == 200
        assert policy.digest in page.content.decode()
    gate = client.get(Policy.objects.get(kind=Kind.GATE, version=2).get_absolute_url()).content.decode()
    assert "staging to prod" in gate
    assert "No condition of use has lapsed" in gate
    assert client.get("/policies/0123456789abcdef/").status_code == 404
    assert client.get("/policies/a/").status_code == 404


def test_one_officer_drafts_and_another_approves() -> None:
    author, second = officers()
    start = Policy.objects.get(kind=Kind.REASONS)
    client = browser(author)
    shown = client.get(f"{start.get_absolute_url()}draft/").content.decode()
    assert "&quot;max_reasons&quot;: 4" in shown
    answer = client.post(f"{start.get_absolute_url()}draft/", typed())
    assert answer.status_code == 302, answer.content.decode()
    draft = Policy.objects.get(kind=Kind.REASONS, version=2)
    assert answer["Location"] == draft.get_absolute_url()
    approve = f"{draft.get_absolute_url()}approve/"
    assert "another risk officer approves" in client.get(draft.get_absolute_url()).content.decode()
    assert client.post(approve, {}).status_code == 403
    other = browser(second)
    text = other.get(approve).content.decode()
    assert "max_reasons" in text
    assert "<td>4</td><td>3</td>" in text
    assert other.post(approve, {"note": "Agreed."})["Location"] == draft.get_absolute_url()
    assert "approved already" in other.get(approve).content.decode()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"schema": 1,\n "max_reasons": }', "Line 2, column"),
        ('{"schema": 1, "max_reasons": NaN}', "no number"),
        ('{"schema": 1}', "max_reasons"),
        (
            '{"schema": 1, "max_reasons": 99, "methods": {"default": "points_below_maximum"}, "source": "x"}',
            "99",
        ),
    ],
)
def test_a_bad_body_is_refused_where_it_breaks_and_stays_in_the_form(body: str, words: str) -> None:
    author, _ = officers()
    answer = browser(author).post("/policies/new/", typed(body=body))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert words in text
    assert "max_reasons" in text
    assert Policy.objects.filter(kind=Kind.REASONS).count() == 1


def test_who_may_not_draft_is_told_before() -> None:
    owner = browser(person("Olga Owner", Role.MODEL_OWNER, on=bank().scope))
    assert "drafted by risk officers" in owner.get("/policies/new/").content.decode()
    assert owner.post("/policies/new/", typed()).status_code in {403, 404}
    local = browser(person("Lea Local", Role.RISK_OFFICER, on=bank().scope))
    assert "aria-disabled" not in local.get("/policies/new/").content.decode()
    made = local.post("/policies/new/", typed(entity=str(bank().pk)))
    assert made.status_code == 302
    assert Policy.objects.get(version=1, kind=Kind.REASONS, entity=bank()).drafted_by.name == "Lea Local"


def test_the_list_costs_the_same_however_many_versions() -> None:
    author, second = officers()
    client = browser(person("Rea Reader", Role.AUDITOR, on=group_scope()))

    def count() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get("/policies/").status_code == 200
        return len(found)

    few = count()
    for number in range(1, 6):
        body = body_of(Kind.REASONS)
        body["max_reasons"] = number + 4
        made = verbs.draft(author, kind=Kind.REASONS, body=body, valid_from=TODAY, why="more")
        verbs.approve(second, policy=made)
    assert count() == few


def test_standing_tells_draft_coming_in_force_and_past() -> None:
    author, second = officers()
    body = body_of(Kind.REASONS)
    for number in (1, 2, 3):
        body["max_reasons"] = number
        made = verbs.draft(author, kind=Kind.REASONS, body=body, valid_from=TODAY, why="try")
        if number < 3:
            verbs.approve(second, policy=made)

    def standing(days: int) -> list[str]:
        rows = queries.with_standing(queries.history(made), timezone.now() + timedelta(days=days))
        return [row.standing for row in rows.order_by("version")]  # type: ignore[attr-defined]

    assert standing(0) == ["in force", "coming", "coming", "draft"]
    assert standing(2) == ["past", "past", "in force", "draft"]


def test_a_body_in_words_leaves_nothing_out() -> None:
    def texts(block: Any) -> str:
        own = [block.title, *(part for pair in block.facts for part in pair)]
        own += [line for row in block.rows for cell in row for line in cell]
        return " ".join([*own, *map(texts, block.parts)])

    def leaves(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [leaf for key, item in value.items() if key != "schema" for leaf in leaves(item)]
        if isinstance(value, list):
            return [leaf for item in value for leaf in leaves(item)]
        return [] if value is None or isinstance(value, bool) else [str(value)]

    for item in pack.shipped():
        shown = texts(readable(item.body))
        assert [leaf for leaf in leaves(item.body) if leaf not in shown] == []


def test_differences_name_the_place() -> None:
    body = body_of(Kind.THRESHOLDS)
    body["tests"]["disc.auc"]["limits"]["red_below"] = 0.55
    before = body_of(Kind.THRESHOLDS)
    assert differences(before, body) == [("tests/disc.auc/limits/red_below", "0.6", "0.55")]
