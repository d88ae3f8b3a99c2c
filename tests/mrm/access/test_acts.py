"""The frame: one entry per act, none when it fails, one `denied` when it is refused; and nothing past the guard."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from django.db import connection, transaction

from mrm.access import acts, denials, policy_table, signing, verbs, vocabulary
from mrm.access.guard import GuardViolation
from mrm.access.models import Entry, LegalEntity, Person, Revision, Scope, ScopeGrant, Signature, User
from mrm.access.rows import payload
from mrm.access.rules import GrantLevel, Role
from mrm.access.state import differing, problems
from mrm.kernel.errors import BadInput, Denied, NotFound, RuleRefused
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def bank() -> make.Bank:
    return make.bank()


def test_an_act_leaves_one_entry_with_every_changed_row(bank: make.Bank) -> None:
    before = Entry.objects.count()
    person = verbs.add_person(bank.admin(), entity=bank.entity, name="Otto Owner")
    entry = Entry.objects.order_by("-id")[0]
    assert Entry.objects.count() == before + 1
    leaf = json.loads(bytes(entry.leaf.bytes))
    assert leaf["act"] == "person.add"
    assert leaf["actor"] == str(bank.admin().person.pk)
    assert [change["type"] for change in leaf["changes"]] == ["access.person"]
    revision = Revision.objects.get(row_id=str(person.pk))
    assert leaf["changes"][0] == {
        "type": "access.person", "id": str(person.pk), "before": None, "after": revision.digest,
    }  # fmt: skip
    assert revision.payload["name"] == "Otto Owner"


def test_no_personal_data_stands_in_a_leaf(bank: make.Bank) -> None:
    verbs.add_person(
        bank.admin(), entity=bank.entity, name="Xaver Unmistakable", email="x@unmistakable.example"
    )
    leaf = bytes(Entry.objects.order_by("-id")[0].leaf.bytes)
    assert b"nmistakable" not in leaf


def test_a_failed_act_leaves_nothing(bank: make.Bank) -> None:
    person = verbs.add_person(bank.admin(), entity=bank.entity, name="Otto Owner")
    before = Entry.objects.count(), User.objects.count()
    with pytest.raises(BadInput) as refused:
        verbs.open_account(bank.admin(), person=person, username="otto", password="short")
    assert refused.value.code == "weak_password"
    assert (Entry.objects.count(), User.objects.count()) == before


def test_a_denied_act_leaves_exactly_one_entry_and_counts_repeats(bank: make.Bank) -> None:
    owner = bank.person("owner", Role.MODEL_OWNER)
    before = Entry.objects.count()
    for _ in range(4):
        with pytest.raises(Denied):
            verbs.add_person(owner, entity=bank.entity, name="Nobody")
    assert Entry.objects.count() == before + 1
    denied = Entry.objects.order_by("-id")[0]
    assert (denied.act, denied.outcome) == ("person.add", "denied")
    window = owner.person.pk
    assert denials.DenialWindow.objects.get(person_id=window).repeats == 3


def test_repeats_are_stated_when_the_window_ends(bank: make.Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = bank.person("owner", Role.MODEL_OWNER)
    for _ in range(3):
        with pytest.raises(Denied):
            verbs.add_person(owner, entity=bank.entity, name="Nobody")
    monkeypatch.setattr(denials, "DENIAL_WINDOW", denials.DENIAL_WINDOW * 0)
    assert denials.close_windows() == 1
    entry = Entry.objects.order_by("-id")[0]
    assert entry.act == "denied.repeated"
    assert json.loads(bytes(entry.leaf.bytes))["facts"]["repeats"] == 2
    assert denials.close_windows() == 0


def test_a_stranger_is_answered_as_if_nothing_were_there_and_recorded(bank: make.Bank) -> None:
    @acts.verb("test.touch")
    def touch(act: acts.Act, *, entity: LegalEntity) -> LegalEntity:
        return act.save(entity)

    try:
        policy_table.policy("test.touch", "entity")
        vocabulary.ROLES["test.touch"] = frozenset({Role.MODEL_OWNER})
        stranger = bank.person("stranger", Role.MODEL_OWNER, level=None)
        reader = bank.person("reader", Role.MODEL_OWNER, level=GrantLevel.READ)
        with pytest.raises(NotFound):
            touch(stranger, entity=bank.entity)
        with pytest.raises(Denied, match="may read"):
            touch(reader, entity=bank.entity)
        assert (
            list(Entry.objects.filter(act="test.touch").values_list("outcome", flat=True)) == ["denied"] * 2
        )
    finally:
        acts.VERBS.pop("test.touch")
        policy_table.POLICIES.pop("test.touch")
        vocabulary.ROLES.pop("test.touch")


def test_there_is_no_act_without_an_actor(bank: make.Bank) -> None:
    with pytest.raises(ValueError, match="without an actor"):
        verbs.add_person(None, entity=bank.entity, name="Nobody")


def test_a_deactivated_person_holds_no_role_at_once(bank: make.Bank) -> None:
    other = bank.person("second_admin", Role.ADMINISTRATOR, level=None)
    verbs.deactivate_person(bank.admin(), person=other.person, reason="left the bank")
    with pytest.raises(Denied):
        verbs.add_person(other, entity=bank.entity, name="Nobody")


def test_nobody_gives_themselves_anything(bank: make.Bank) -> None:
    admin = bank.admin()
    with pytest.raises(Denied, match="themselves"):
        verbs.give_grant(admin, account=bank.administrator, scope=bank.group, level=GrantLevel.ACT)
    with pytest.raises(Denied, match="themselves"):
        verbs.give_role(admin, account=bank.administrator, role=Role.VALIDATOR)


def test_an_administrator_holds_no_other_role(bank: make.Bank) -> None:
    owner = bank.person("owner", Role.MODEL_OWNER)
    with pytest.raises(RuleRefused) as refused:
        verbs.give_role(bank.admin(), account=User.objects.get(pk=owner.account_id), role=Role.ADMINISTRATOR)
    assert refused.value.code == "role_conflict"


def test_the_same_key_is_one_act(bank: make.Bank) -> None:
    admin = bank.admin().asking("key-1", "digest-1")
    first = verbs.add_person(admin, entity=bank.entity, name="Once")
    again = verbs.add_person(admin, entity=bank.entity, name="Once")
    assert first == again
    assert Person.objects.filter(name="Once").count() == 1
    with pytest.raises(BadInput) as refused:
        verbs.add_person(replace(admin, body_digest="digest-2"), entity=bank.entity, name="Twice")
    assert refused.value.code == "idempotency_key_reused"


WRITES = {
    "queryset update": lambda bank: Person.objects.update(name="x"),
    "save": lambda bank: bank.entity.save(),
    "bulk create": lambda bank: Person.objects.bulk_create([Person(scope=bank.entity.scope, name="x", reference="P-1")]),
    "bulk update": lambda bank: LegalEntity.objects.bulk_update([bank.entity], ["name"]),
    "create": lambda bank: Scope.objects.create(kind="model", parent=bank.group, label="x"),
    "delete": lambda bank: ScopeGrant.objects.all()._raw_delete("default"),
    "many-to-many add": lambda bank: bank.administrator.groups.set([]) or bank.administrator.groups.add(1),
    "raw sql": lambda bank: connection.cursor().execute("UPDATE access_person SET name = 'x'"),
    "raw upper case": lambda bank: connection.cursor().execute('  delete FROM "access_touch"'),
    "comment first": lambda bank: connection.cursor().execute("/* hi */ INSERT INTO access_entry (id) VALUES (9)"),
    "second statement": lambda bank: connection.cursor().execute("SELECT 1; DELETE FROM access_signature"),
    "replace": lambda bank: connection.cursor().execute("INSERT OR REPLACE INTO access_person (id) VALUES (1)"),
    "with": lambda bank: connection.cursor().execute("WITH a AS (SELECT 1) UPDATE access_person SET name='x'"),
}  # fmt: skip


@pytest.mark.parametrize("way", WRITES)
def test_every_way_past_the_frame_is_refused(bank: make.Bank, way: str) -> None:
    before = list(Person.objects.order_by("pk").values())
    with pytest.raises(GuardViolation), transaction.atomic():
        WRITES[way](bank)
    assert list(Person.objects.order_by("pk").values()) == before


def test_a_signature_needs_a_fresh_proof_for_the_same_digest(bank: make.Bank) -> None:
    account = bank.administrator
    with pytest.raises(RuleRefused) as refused:
        signing.prove(account, "wrong password here", "d" * 64)
    assert refused.value.code == "signing_refused"
    ticket = signing.prove(account, make.PASSWORD, "d" * 64)
    assert ticket
    assert Signature.objects.count() == 0


def test_guessing_at_the_signing_desk_is_throttled(bank: make.Bank) -> None:
    for _ in range(signing.MOST_FAILURES):
        with pytest.raises(RuleRefused):
            signing.prove(bank.administrator, "wrong password here", "d" * 64)
    with pytest.raises(RuleRefused) as refused:
        signing.prove(bank.administrator, make.PASSWORD, "d" * 64)
    assert refused.value.code == "throttled"


def test_tables_equal_the_log(bank: make.Bank) -> None:
    bank.person("owner", Role.MODEL_OWNER)
    assert list(problems()) == []


def test_a_row_changed_behind_the_frame_is_found(bank: make.Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    person = bank.person("owner", Role.MODEL_OWNER).person
    monkeypatch.setattr("mrm.access.guard.governed_tables", frozenset)
    Person.objects.filter(pk=person.pk).update(name="Somebody Else")
    found = list(problems())
    assert [problem.place for problem in found] == [f"access.person {person.pk}"]
    assert "name" in found[0].detail


def test_a_column_younger_than_the_revision_must_hold_its_default(bank: make.Bank) -> None:
    person = bank.person("owner", Role.MODEL_OWNER).person
    earlier = {name: fact for name, fact in payload(person).items() if name not in {"position", "active"}}
    assert differing(person, earlier | {"gone": "a column of an earlier schema"}) == []
    person.position = "written by no act"
    assert differing(person, earlier) == ["position"]


def test_a_row_without_an_entry_is_found(bank: make.Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mrm.access.guard.governed_tables", frozenset)
    ghost = Person.objects.create(scope=bank.entity.scope, name="Ghost", reference="P-GHOST")
    assert [problem.place for problem in problems()] == [f"access.person {ghost.pk}"]
