"""Tier 1 with exactly four people: one who owns and develops, and three who decide; everybody else is kept out."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, TestCase

from mrm.access import verbs as people
from mrm.access.actors import Actor, actor_of, robot
from mrm.access.models import Entry, Person, User
from mrm.access.rules import Door, Robot, Role
from registry.inventory.models import Model
from registry.inventory.rules import State
from registry.versions.models import UseGrant, Version
from tests.mrm.policy.people import PASSWORD, person
from tests.validation.cases.making import Bank, content, make_bank
from validation.cases.models import Validation
from validation.cases.rules import ValidationState

pytestmark = [pytest.mark.django_db, pytest.mark.services, pytest.mark.slow]
LISTS = ("/models/", "/versions/", "/validations/", "/findings/", "/evidence/", "/papers/", "/jobs/", "/datasets/",
         "/conditions/", "/to-sign/", "/models/?format=csv", "/search/?q=Consumer", "/api/v1/models/",
         "/api/v1/validations/", "/api/v1/findings/", "/api/v1/evidence/")  # fmt: skip


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[Bank]:
    """The bank, once for this file, in a transaction of the file's own."""
    with django_db_blocker.unblock():
        atomics = TestCase._enter_atomics()  # type: ignore[attr-defined]
        try:
            yield make_bank(one_builds=True)
        finally:
            TestCase._rollback_atomics(atomics)  # type: ignore[attr-defined]


@pytest.fixture
def house(made: Bank) -> Bank:
    """The bank, its rows read afresh."""
    return replace(
        made,
        model=Model.objects.get(pk=made.model.pk),
        version=Version.objects.get(pk=made.version.pk),
        people={},
    )


def page(who: Actor, validation: Validation) -> str:
    """Approve on the page; what it answers."""
    client = browser(who)
    facts = {"digest": content(validation).digest, "decision": "approve", "reason": "", "password": PASSWORD,
             "idempotency_key": f"page-{who.person.pk}"}  # fmt: skip
    answer = client.post(f"/validations/{validation.reference}/sign/", facts)
    assert answer.status_code in {403, 404, 409}, answer.status_code
    return answer.content.decode()


def api(who: Actor, validation: Validation) -> str:
    """Approve over the API; what it answers."""
    token = people.issue_token(who, account=User.objects.get(pk=who.account_id), name="approve")
    answer = Client().post(
        "/api/v1/acts/approval.sign",
        json.dumps({"validation": validation.reference, "ticket": "none"}),
        "application/json",
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": f"api-{who.person.pk}"},
    )
    assert answer.status_code == 403
    return str(answer.json()["detail"])


def shell(who: Actor, validation: Validation) -> str:
    """Approve at the shell; what it answers."""
    username = User.objects.get(pk=who.account_id).username
    read = password_on_a_pipe()
    with pytest.raises(CommandError) as refused:
        call_command(
            "act", "approval.sign", f"validation={validation.reference}", "ticket=none",
            username=username, password_fd=read, stdout=StringIO(),
        )  # fmt: skip
    return str(refused.value)


def password_on_a_pipe() -> int:
    """A descriptor that yields the password, as `--password-fd` takes it."""
    reading, writing = os.pipe()
    os.write(writing, PASSWORD.encode() + b"\n")
    os.close(writing)
    return reading


def browser(who: Actor) -> Client:
    """A browser somebody is signed in with."""
    client = Client()
    client.force_login(
        User.objects.get(pk=who.account_id), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def also_approver(who: Actor) -> Actor:
    """The same person, who was given the approver's role on top: the role alone must not suffice."""
    account = User.objects.get(pk=who.account_id)
    people.give_role(robot(Robot.MIGRATOR, door=Door.INSTALL), account=account, role=Role.APPROVER)
    return actor_of(User.objects.get(pk=who.account_id))


def test_four_people_take_a_tier_one_model_through(house: Bank) -> None:
    house.granted()
    assert UseGrant.objects.filter(version=house.version, state="active").count() == 1
    house.model.refresh_from_db()
    assert house.model.state == State.APPROVED
    acted = set(Entry.objects.filter(outcome="done", person__robot=False).values_list("person", flat=True))
    four = {who.person.pk for who in (house.owner, house.validator, house.officer, house.approver)}
    assert house.owner.person == house.developer.person
    assert acted == four
    assert Person.objects.filter(robot=False).count() == 4


@pytest.mark.parametrize("who", ["owner", "validator"])
@pytest.mark.parametrize("door", [page, api, shell])
def test_who_built_or_validated_approves_by_no_door_with_reason_and_one_entry(
    house: Bank, who: str, door: Callable[[Actor, Validation], str]
) -> None:
    validation = house.signed()
    said = door(also_approver(getattr(house, who)), validation)
    assert ("validated" if who == "validator" else "may neither validate nor approve") in said
    assert Entry.objects.filter(act="approval.sign", outcome="denied").count() == 1
    validation.refresh_from_db()
    assert validation.state == ValidationState.SIGNED
    assert not UseGrant.objects.exists()


def test_a_stranger_finds_no_trace(house: Bank) -> None:
    validation = house.granted()
    stranger = browser(person("Stan Stranger", Role.VALIDATOR, Role.APPROVER))
    for address in (
        house.model.get_absolute_url(),
        house.version.get_absolute_url(),
        house.whole.get_absolute_url(),
        validation.get_absolute_url(),
    ):
        assert stranger.get(address).status_code == 404, address
    secrets = (house.model.reference, house.model.name, validation.reference, house.whole.reference)
    shown = 0
    for address in LISTS:
        answer = stranger.get(address)
        assert answer.status_code in {200, 404}, address
        shown += answer.status_code == 200
        text = b"".join(answer) if answer.streaming else answer.content
        assert not [secret for secret in secrets if secret.encode() in text], address
    assert shown > len(LISTS) / 2
