"""The inventory by clicking and over the API: the way to the register, lists, and what strangers do not see."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mrm.access.actors import Actor
from mrm.access.models import User
from mrm.access.rules import GrantLevel, Role
from registry.inventory import columns, verbs
from registry.inventory.models import Model, Tiering, Use
from registry.inventory.rules import State
from tests.mrm.policy.people import person
from tests.registry.inventory.making import LARGE, SMALL, USE, FirstLine

BACKEND = "django.contrib.auth.backends.ModelBackend"
TYPED = {
    "portfolio": "Consumer instalment credit",
    "decision": "Approve or decline",
    "jurisdiction": "de",
    "start": "2026-01-01",
    "exposure": "250000000",
    "currency": "eur",
    "expected_volume": "20000",
}


def browser(actor: Actor) -> Client:
    client = Client()
    client.force_login(User.objects.get(pk=actor.account_id), backend=BACKEND)
    return client


def sent(client: Client, url: str, facts: dict[str, Any]) -> Any:
    """Post a form as shown: with its key."""
    page = client.get(url).content.decode()
    key = re.search(r'name="idempotency_key" value="([^"]+)"', page)
    assert key, page
    return client.post(url, {**facts, "idempotency_key": key[1]})


def proposal(line: FirstLine, **more: Any) -> dict[str, Any]:
    return {
        "name": "Consumer instalment PD",
        "purpose": "To rank applicants.",
        "model_class": "pd",
        "origin": "in_house",
        "method": "scorecard",
        "entity": line.entity.pk,
        "owner": line.owner.person.pk,
        "developer": line.developer.person.pk,
        **more,
    }


def test_a_model_gets_into_the_register_by_four_forms(bank_line: FirstLine) -> None:
    client = browser(bank_line.owner)
    answer = sent(client, "/models/new/", proposal(bank_line))
    assert answer.status_code == 302, answer.content.decode()
    model = Model.objects.get()
    here = f"/models/{model.reference}/"
    assert answer["Location"] == f"{here}uses/new/"
    assert sent(client, answer["Location"], TYPED)["Location"] == f"{here}rubric/"
    assert sent(client, f"{here}rubric/", LARGE)["Location"] == f"{here}register/"
    shown = client.get(f"{here}register/").content.decode()
    assert "250,000,000 EUR" in shown
    assert "Tier 1" in shown
    assert sent(client, f"{here}register/", {})["Location"] == here
    model.refresh_from_db()
    assert (model.state, model.tier) == (State.REGISTERED, 1)
    assert sent(client, f"{here}start-development/", {})["Location"] == here
    assert "registered already" not in client.get(f"{here}start-development/").content.decode()


def test_a_double_click_proposes_one_model(bank_line: FirstLine) -> None:
    client = browser(bank_line.owner)
    facts = proposal(bank_line, idempotency_key="the same")
    first, second = client.post("/models/new/", facts), client.post("/models/new/", facts)
    assert first["Location"] == second["Location"]
    assert Model.objects.count() == 1


def test_what_is_wrong_is_said_beside_the_form_which_keeps_what_was_typed(bank_line: FirstLine) -> None:
    bank_line.candidate("Consumer instalment PD")
    client = browser(bank_line.owner)
    answer = client.post("/models/new/", proposal(bank_line, name="CONSUMER INSTALMENT PD"))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "already" in text
    assert 'value="CONSUMER INSTALMENT PD"' in text
    model = Model.objects.get()
    answer = client.post(f"/models/{model.reference}/rubric/", SMALL | {"data": "gut feeling"})
    assert answer.status_code == 422
    assert not Tiering.objects.exists()


def test_pages_say_before_they_are_asked_why_somebody_may_not(bank_line: FirstLine) -> None:
    model = bank_line.candidate()
    here = f"/models/{model.reference}/"
    officer = browser(bank_line.officer)
    assert "proposed by model owners" in officer.get("/models/new/").content.decode()
    assert "Still missing" in browser(bank_line.owner).get(f"{here}register/").content.decode()
    text = officer.get(f"{here}describe/").content.decode()
    assert "Only a model owner may change what a model is for" in text
    assert officer.post(f"{here}describe/", proposal(bank_line)).status_code == 403


def test_uses_and_tier_change_by_their_pages(bank_line: FirstLine) -> None:
    model = bank_line.registered()
    here = f"/models/{model.reference}/"
    use = Use.objects.get()
    client = browser(bank_line.owner)
    assert "250000000.00" in client.get(f"{here}uses/{use.reference}/").content.decode()
    assert sent(client, f"{here}uses/{use.reference}/", TYPED | {"exposure": "1000"}).status_code == 302
    use.refresh_from_db()
    assert use.exposure == 1000
    officer = browser(bank_line.officer)
    set_ = sent(officer, f"{here}tier/override/", {"tier": "2", "reason": "Small by now."})
    assert set_["Location"] == f"{here}tier/"
    shown = officer.get(f"{here}tier/").content.decode()
    assert "Small by now." in shown
    assert sent(officer, f"{here}tier/", {}).status_code == 302
    assert Tiering.objects.filter(model=model).count() == 3


def test_a_new_owner_and_description_by_their_pages(bank_line: FirstLine) -> None:
    model = bank_line.registered()
    heir = person("Hugo Heir", Role.MODEL_OWNER, on=bank_line.entity.scope)
    here = f"/models/{model.reference}/"
    client = browser(bank_line.owner)
    facts = proposal(bank_line, name="A better name", purpose="To rank.")
    assert sent(client, f"{here}describe/", facts)["Location"] == here
    assert sent(client, f"{here}assign/", {"owner": heir.person.pk}).status_code == 302
    model.refresh_from_db()
    assert (model.name, model.owner, model.developer) == ("A better name", heir.person, None)


def test_a_stranger_finds_no_trace(bank_line: FirstLine) -> None:
    model = bank_line.registered("Secret scorecard")
    stranger = browser(person("Stranger", Role.MODEL_OWNER))
    for url in ("/models/", "/models/?q=secret", "/models/?as=csv", "/api/v1/models/"):
        answer = stranger.get(url)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert answer.status_code == 200
        assert b"ecret" not in body.replace(b'value="secret"', b"")
        assert model.reference.encode() not in body
        assert b"Olga" not in body
    for page in (
        "describe",
        "assign",
        "register",
        "rubric",
        "tier",
        "tier/override",
        "uses/new",
        "start-development",
    ):
        assert stranger.get(f"/models/{model.reference}/{page}/").status_code == 404
        assert stranger.post(f"/models/{model.reference}/{page}/", {}).status_code == 404
    assert stranger.get(f"/models/{model.reference}/uses/{Use.objects.get().reference}/").status_code == 404
    assert stranger.get(f"/api/v1/models/{model.reference}/").status_code == 404
    assert stranger.get(f"/api/v1/models/{model.reference}/uses/").status_code == 404


def test_the_list_narrows_searches_and_exports(bank_line: FirstLine) -> None:
    bank_line.registered("Alpha scorecard")
    bank_line.registered("Beta =formula", answers=SMALL)
    bank_line.candidate("Gamma fraud", model_class="fraud", developer=None, purpose="=1+1")
    reader = browser(person("Rea Reader", Role.AUDITOR, on=bank_line.entity.scope, level=GrantLevel.READ))

    def names(query: str) -> list[str]:
        lines = b"".join(reader.get(f"/models/?{query}&as=csv").streaming_content).decode()  # type: ignore[arg-type]
        return [row["Name"] for row in csv.DictReader(io.StringIO(lines))]

    assert names("") == ["Alpha scorecard", "Beta =formula", "Gamma fraud"]
    assert names("sort=-name")[0] == "Gamma fraud"
    assert names("tier=1") == ["Alpha scorecard"]
    assert names("tier=none") == ["Gamma fraud"]
    assert names("state=registered&tier=3") == ["Beta =formula"]
    assert names("class=fraud") == ["Gamma fraud"]
    assert names("q=ALPHA+olga") == ["Alpha scorecard"]
    assert names("q=instalment+credit") == ["Alpha scorecard", "Beta =formula"]
    assert names("q=nothing") == []
    assert names(f"owner={bank_line.owner.person.reference}&entity={bank_line.entity.code}") == names("")
    page = reader.get("/models/").content.decode()
    assert 'aria-label="1 of tier 1, registered"' in page
    assert 'href="?tier=none&amp;state=candidate"' in page
    assert "Register a model" not in page


def test_the_list_costs_the_same_for_two_and_for_forty_models(bank_line: FirstLine) -> None:
    reader = browser(person("Rea Reader", Role.AUDITOR, on=bank_line.entity.scope, level=GrantLevel.READ))

    def count(url: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert reader.get(url).status_code == 200
        return len(queries)

    for number in range(2):
        bank_line.candidate(f"Model {number}")
    few = {url: count(url) for url in ("/models/", "/models/?q=model", "/api/v1/models/")}
    for number in range(2, 40):
        bank_line.candidate(f"Model {number}")
    assert {url: count(url) for url in few} == few


def test_the_api_reads_what_the_page_shows(bank_line: FirstLine) -> None:
    model = bank_line.registered()
    bank_line.candidate("Other", model_class="fraud")
    client = browser(bank_line.owner)
    listed = client.get("/api/v1/models/?class=pd").json()["results"]
    assert [row["reference"] for row in listed] == [model.reference]
    one = client.get(f"/api/v1/models/{model.reference}/").json()
    assert (one["tier"], one["state"], one["uses"][0]["exposure"]) == (1, "registered", "250000000.00")
    assert one["tiering"]["scores"]["materiality"]["points"] == 9
    uses = client.get(f"/api/v1/models/{model.reference}/uses/").json()["results"]
    assert [use["decision"] for use in uses] == [USE["decision"]]


def test_an_approved_models_use_form_says_it_makes_a_proposal(bank_line: FirstLine, upper_room: Any) -> None:
    model = bank_line.registered()
    for state in (State.IN_VALIDATION, State.APPROVED):
        upper_room("advance", {"to": state}, model=model)
    client = browser(bank_line.owner)
    url = f"/models/{model.reference}/uses/new/"
    assert "becomes a proposal" in client.get(url).content.decode()
    assert sent(client, url, TYPED)["Location"] == f"/models/{model.reference}/"
    assert Use.objects.count() == 1


def test_acts_of_the_inventory_over_the_api(bank_line: FirstLine) -> None:
    model = bank_line.candidate()
    verbs.add_use(bank_line.owner, model=model, **USE)
    client = browser(bank_line.owner)
    answer = client.post(
        "/api/v1/acts/model.answer_rubric",
        {"model": model.reference, "answers": LARGE},
        "application/json",
        headers={"Idempotency-Key": "one"},
    )
    assert answer.status_code == 201, answer.content
    bad = client.post(
        "/api/v1/acts/model.answer_rubric",
        {"model": model.reference, "answers": LARGE | {"data": 7}},
        "application/json",
        headers={"Idempotency-Key": "two"},
    )
    assert (bad.status_code, bad.json()["code"]) == (422, "rubric_answer")


def test_an_upper_room_fills_a_column_with_one_question(
    bank_line: FirstLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = bank_line.candidate("Alpha")
    bank_line.candidate("Beta")
    asked: list[int] = []

    def values(rows: Any) -> dict[Any, Any]:
        asked.append(rows.count())
        return {model.pk: "1 high"}

    monkeypatch.setitem(
        columns.port._providers, "open_findings", columns.ModelColumn("Open findings", values)
    )
    client = browser(bank_line.owner)
    page = client.get("/models/").content.decode()
    assert "Open findings" in page
    assert page.count("1 high") == 1
    assert asked == [2]
    lines = b"".join(client.get("/models/?as=csv").streaming_content).decode()  # type: ignore[arg-type]
    assert [row["Open findings"] for row in csv.DictReader(io.StringIO(lines))] == ["1 high", ""]


def test_a_candidate_is_agreed_to_be_no_model_on_its_pages(bank_line: FirstLine) -> None:
    model = bank_line.candidate("Fee table")
    here = model.get_absolute_url()
    owner, officer = browser(bank_line.owner), browser(bank_line.officer)
    assert f"{here}non-model/" in owner.get(here).content.decode()
    assert sent(owner, f"{here}non-model/", {"rationale": "Prices estimate nothing."})["Location"] == here
    assert "Decide whether Fee table is a model" in officer.get("/").content.decode()
    shown = officer.get(f"{here}non-model/decide/").content.decode()
    assert "Prices estimate nothing." in shown
    decided = sent(officer, f"{here}non-model/decide/", {"agree": "yes", "reason": "So it is."})
    assert decided["Location"] == here
    model.refresh_from_db()
    assert model.state == State.NON_MODEL
    shown = owner.get(here).content.decode()
    assert "agreed to be no model" in shown
    assert "So it is." in shown
    assert sent(owner, f"{here}reconsider/", {"reason": "It grew."})["Location"] == here


def test_a_proposed_change_of_uses_is_taken_back_on_the_model_page(
    bank_line: FirstLine, upper_room: Any
) -> None:
    model = bank_line.registered()
    for state in (State.IN_VALIDATION, State.APPROVED):
        upper_room("advance", {"to": state}, model=model)
    owner = browser(bank_line.owner)
    use = model.uses.get()
    sent(owner, f"{model.get_absolute_url()}uses/{use.reference}/", {**TYPED, "portfolio": "Online loans"})
    change = model.use_changes.get()
    way = f"{model.get_absolute_url()}use-changes/{change.pk}/withdraw/"
    assert way in owner.get(model.get_absolute_url()).content.decode()
    assert sent(owner, way, {"reason": "Not now."}).status_code == 302
    change.refresh_from_db()
    assert change.standing == "withdrawn"
