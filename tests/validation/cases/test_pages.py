"""The pages: every one answers to who may see it and is absent for a stranger; signing goes through the page."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mrm.access.actors import Actor
from mrm.access.models import Signature, User
from mrm.access.rules import Role
from tests.mrm.policy.people import PASSWORD, person
from tests.validation.cases.making import Bank, content, fresh, work
from tests.validation.cases.test_separation import give
from validation.cases.models import Validation
from validation.cases.rules import ValidationState
from validation.cases.verbs import testing
from validation.findings.models import Finding

PAGES = ("", "?item=data.period", "run/", "independence/", "conditions/new/", "opinion/", "freeze/", "withdraw/",
         "appoint/", "items/data.period/exempt/")  # fmt: skip


def browser(who: Actor) -> Client:
    """A browser somebody is signed in with."""
    client = Client()
    client.force_login(
        User.objects.get(pk=who.account_id), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def test_pages_answer_members_and_are_absent_for_strangers(house: Bank) -> None:
    validation = house.tested(items=["data.period"])
    evidence = validation.results.exclude(evidence=None).first().evidence
    finding = Finding.objects.get(validation_id=validation.pk)
    base = f"/validations/{validation.reference}/"
    found = [base + page for page in PAGES]
    found += [evidence.get_absolute_url(), evidence.get_absolute_url() + "json/", finding.get_absolute_url()]
    found += [f"/api/v1/validations/{validation.reference}/", f"/api/v1/evidence/{evidence.short}/"]
    member = browser(house.validator)
    stranger = browser(person("Stan Stranger", Role.VALIDATOR))
    for address in found:
        assert member.get(address).status_code == 200, address
        assert stranger.get(address).status_code == 404, address
    for address in (
        "/validations/",
        "/findings/",
        "/findings/board/",
        "/evidence/",
        "/conditions/",
        "/to-sign/",
    ):
        text = stranger.get(address).content.decode()
        for secret in (validation.reference, finding.reference, evidence.short, house.model.name):
            assert secret not in text, address


def test_rating_on_the_desk_goes_to_the_next_item(house: Bank) -> None:
    validation = house.judged()
    answer = browser(house.validator).post(
        f"/validations/{validation.reference}/?item=data.period",
        {"rating": "not_concluded", "text": "No dates.", "evidence": "", "idempotency_key": "k1"},
    )
    assert answer.status_code == 302
    assert validation.items.get(key="data.period").assessment.rating == "not_concluded"
    refused = browser(house.validator).post(
        f"/validations/{validation.reference}/?item=data.period",
        {"rating": "2", "text": "Fine.", "evidence": "ev:0123456789", "idempotency_key": "k2"},
    )
    assert refused.status_code == 422
    assert "no evidence of this model" in refused.content.decode()


@pytest.mark.slow
def test_an_approval_is_signed_on_the_page_with_the_password(house: Bank) -> None:
    validation = house.signed()
    address = f"/validations/{validation.reference}/sign/"
    officer = browser(house.officer)
    shown = officer.get(address).content.decode()
    assert content(validation).digest in shown
    assert "Your decision" in shown
    facts = {
        "digest": content(validation).digest,
        "decision": "approve",
        "reason": "Read.",
        "password": "not my password",
        "idempotency_key": "s1",
    }
    refused = officer.post(address, facts)
    assert refused.status_code == 409
    assert "password is not right" in refused.content.decode()
    assert Signature.objects.count() == 1
    assert officer.post(address, {**facts, "password": PASSWORD, "digest": "0" * 64}).status_code == 409
    assert officer.post(address, {**facts, "password": PASSWORD, "idempotency_key": "s2"}).status_code == 302
    assert Signature.objects.count() == 2
    assert "nobody decides twice" in officer.get(address).content.decode()
    assert "validated" in browser(give_up(house)).get(address).content.decode()
    assert fresh(validation).state == ValidationState.SIGNED


def give_up(house: Bank) -> Actor:
    """The validator, holding the approver's role as well."""
    return give(house, house.validator, Role.APPROVER)


@pytest.mark.parametrize("address", ["/validations/", "/findings/", "/evidence/"])
def test_lists_take_the_same_number_of_queries_however_long(house: Bank, address: str) -> None:
    client = browser(house.validator)
    client.get(address)
    house.tested(items=["data.period"])
    with CaptureQueriesContext(connection) as short:
        client.get(address)
    house.issue_all(Validation.objects.get())
    testing.run_tests(house.validator, validation=Validation.objects.get(), items=["data.quality"])
    work()
    with CaptureQueriesContext(connection) as long:
        client.get(address)
    assert len(long) == len(short)
