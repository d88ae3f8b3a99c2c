"""The doors of access: pages for people, acts over the API, tokens, the set-up link."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from mrm.access import setup_link, verbs
from mrm.access.acts import VERBS
from mrm.access.models import ApiToken, Entry, Person, User
from mrm.access.openapi import offered
from mrm.access.rules import Role
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def bank() -> make.Bank:
    return make.bank()


def signed_in(account: User) -> Client:
    client = Client()
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client


def call(token: str, act: str, body: dict[str, Any], key: str = "k-1") -> Any:
    headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
    return Client().post(f"/api/v1/acts/{act}", json.dumps(body), "application/json", headers=headers)


@pytest.fixture
def token(bank: make.Bank) -> str:
    return verbs.issue_token(bank.admin(), account=bank.administrator, name="test")


def test_the_set_up_link_makes_the_first_administrator_once() -> None:
    link = setup_link.issue()
    client = Client()
    assert client.get(link).status_code == 200
    facts = {"name": "Ada", "username": "ada", "password": "short"}
    answer = client.post(link, facts)
    assert answer.status_code == 422 or "password" in answer.content.decode()
    assert not Person.objects.filter(robot=False).exists()
    answer = client.post(link, facts | {"password": "a much longer passphrase"})
    assert answer.status_code == 302
    assert [person.name for person in Person.objects.filter(robot=False)] == ["Ada"]
    assert Client().get(link).status_code == 409


def test_signing_in_by_password(bank: make.Bank) -> None:
    client = Client()
    assert client.get("/people/").status_code == 302
    wrong = client.post("/sign-in/", {"username": bank.administrator.username, "password": "nope"})
    assert wrong.status_code == 422
    right = client.post("/sign-in/", {"username": bank.administrator.username, "password": make.PASSWORD})
    assert right.status_code == 302
    assert client.get("/people/").status_code == 200
    assert Entry.objects.filter(act="session.sign_in").count() == 1


def test_an_administrator_adds_a_person_by_clicking_and_a_double_click_is_one_person(bank: make.Bank) -> None:
    client = signed_in(bank.administrator)
    page = client.get("/people/new/").content.decode()
    key = page.split('name="idempotency_key" value="')[1].split('"')[0]
    facts = {"name": "Otto Owner", "entity": str(bank.entity.pk), "idempotency_key": key}
    first, second = client.post("/people/new/", facts), client.post("/people/new/", facts)
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]
    person = Person.objects.get(name="Otto Owner")
    here = person.get_absolute_url()
    assert client.post(f"{here}account/", {"username": "otto", "password": make.PASSWORD}).status_code == 302
    assert client.post(f"{here}otto/role/", {"role": "model_owner"}).status_code == 302
    grant = {"scope": str(bank.entity.scope_id), "level": "act"}
    assert client.post(f"{here}otto/grant/", grant).status_code == 302
    shown = client.get(here).content.decode()
    assert "model owner" in shown
    assert "sees and acts" in shown
    assert client.post(f"{here}otto/role/model_owner/take/", {}).status_code == 302
    assert client.post(f"{here}otto/grant/{bank.entity.scope_id}/take/", {}).status_code == 302
    assert not User.objects.get(username="otto").groups.exists()


def test_others_see_why_they_may_not_and_leave_one_denied_entry(bank: make.Bank) -> None:
    owner = bank.person("owner", Role.MODEL_OWNER)
    client = signed_in(bank.accounts["owner"])
    assert "added by an administrator" in client.get("/people/new/").content.decode()
    refused = client.post("/people/new/", {"name": "X", "entity": str(bank.entity.pk)})
    assert refused.status_code == 403
    assert "Only an administrator may add a natural person" in refused.content.decode()
    assert Entry.objects.filter(person=owner.person, outcome="denied").count() == 1


def test_an_act_over_the_api(bank: make.Bank, token: str) -> None:
    answer = call(token, "person.add", {"entity": str(bank.entity.pk), "name": "Api Person"})
    assert answer.status_code == 201, answer.content
    assert answer.json()["result"]["reference"].startswith("P-")
    again = call(token, "person.add", {"entity": str(bank.entity.pk), "name": "Api Person"})
    assert again.json() == answer.json()
    other = call(token, "person.add", {"entity": str(bank.entity.pk), "name": "Another"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("body", "key", "status", "code"),
    [
        ({"name": "X"}, "k", 422, "bad_parameter"),
        ({"entity": "M-00000", "name": "X", "who": 1}, "k", 422, "bad_parameter"),
        ({"entity": "018f0000-0000-7000-8000-000000000000", "name": "X"}, "k", 404, "not_found"),
        ({"entity": "", "name": 7}, "k", 404, "not_found"),
        ({}, "", 400, "idempotency_key_missing"),
    ],
)
def test_bad_input_over_the_api_is_named(
    token: str, body: dict[str, Any], key: str, status: int, code: str
) -> None:
    answer = call(token, "person.add", body, key)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["remedy"]


def test_a_dead_token_is_nobody(bank: make.Bank, token: str) -> None:
    assert Client().post("/api/v1/acts/person.add", {}, "application/json").status_code == 401
    verbs.revoke_token(bank.admin(), token=ApiToken.objects.get())
    assert call(token, "person.add", {}).status_code == 401


def test_every_act_for_people_is_in_the_schema(bank: make.Bank) -> None:
    client = signed_in(bank.administrator)
    schema = client.get("/api/v1/schema/?format=json").json()
    for name, verb in VERBS.items():
        assert (f"/api/v1/acts/{name}" in schema["paths"]) is offered(verb)
    assert schema["openapi"].startswith("3.1")
    assert client.get("/api/v1/docs/").status_code == 200
