"""Every route answers every relation as the matrix says; absent and forbidden are answered alike."""

from __future__ import annotations

import re

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tests.house.addresses import address
from tests.house.doors import MEMBERS, RELATIONS, ROUTES
from tests.house.routes import ACTS, PAGES, routes
from tests.house.story import Story

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_every_route_is_declared_and_every_declared_route_is_there() -> None:
    assert list(ROUTES) == PAGES, "one line per route in tests/house/doors.py, sorted"
    assert {name for name in routes() if name.startswith("act-")} == {f"act-{name}" for name in ACTS}


def ask(story: Story, who: str, url: str) -> HttpResponse:
    """GET as somebody."""
    return story.clients[who].get(url)  # type: ignore[return-value]


def seen(answer: HttpResponse, url: str) -> int:
    """The status of an answer; a page that sends to the sign-in page says by that what the API says by 401."""
    to_sign_in = answer.status_code == 302 and answer["Location"].startswith("/sign-in/")
    assert not (to_sign_in and url.startswith("/api/"))
    return 401 if to_sign_in else answer.status_code


@pytest.mark.parametrize("name", PAGES)
def test_a_door_shows_what_the_matrix_says(name: str, story: Story) -> None:
    url = address(name, story)
    assert {who: seen(ask(story, who, url), url) for who in RELATIONS} == ROUTES[name]


@pytest.mark.parametrize("name", [name for name in PAGES if ROUTES[name]["stranger"] == 404])
def test_forbidden_is_answered_as_absent(name: str, story: Story) -> None:
    who = "stranger"
    forbidden, absent = address(name, story), address(name, story, absent=True)
    first, second = plain(ask(story, who, forbidden), forbidden), plain(ask(story, who, absent), absent)
    assert first[0] == second[0] == 404
    assert first[1].splitlines() == second[1].splitlines()


def plain(answer: HttpResponse, url: str) -> tuple[int, str]:
    """An answer without its address, request id, clock and form token, which differ from request to request."""
    key = answer["X-Request-Id"]
    text = answer.content.decode().replace(url, "").replace(key, "").replace(key[:8], "")
    return answer.status_code, re.sub(r"\b(?:[A-Za-z0-9]{64}|\d\d:\d\d)\b", "", text)


@pytest.mark.parametrize("act", ACTS)
def test_an_act_over_the_api_needs_a_caller(act: str, story: Story) -> None:
    answer = Client().post(reverse(f"act-{act}"), {}, "application/json", headers={"Idempotency-Key": "k"})
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_signed_in"


LISTS = [
    name
    for name in PAGES
    if all(ROUTES[name][who] == 200 for who in MEMBERS)
    and ROUTES[name]["nobody"] == 401
    and "<" not in routes()[name]
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
