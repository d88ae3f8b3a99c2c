"""A model from candidate to the register: who may, what is needed, and names that count as one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from mrm.access import guard
from mrm.access import verbs as people
from mrm.access.actors import robot
from mrm.access.acts import can, may_act
from mrm.access.guard import GuardViolation
from mrm.access.history import revisions_of
from mrm.access.models import Entry
from mrm.access.rules import Door, GrantLevel, Robot, Role
from mrm.kernel.errors import BadInput, Denied, NotFound, RuleRefused
from registry.inventory import queries, verbs
from registry.inventory.models import Model, UseChange
from registry.inventory.rules import ModelClass, Origin, State, name_key
from tests.mrm.policy.people import other_bank, person
from tests.registry.inventory.making import LARGE, USE, FirstLine

pytestmark = pytest.mark.services


def test_a_candidate_needs_a_name_an_entity_and_somebody_responsible(bank_line: FirstLine) -> None:
    model = verbs.propose(
        bank_line.developer,
        entity=bank_line.entity,
        name="  Deposit   attrition ",
        responsible=bank_line.owner.person,
    )
    assert (model.name, model.state, model.owner, model.tier) == (
        "Deposit attrition",
        State.CANDIDATE,
        None,
        None,
    )
    assert model.reference.startswith("M-")
    assert model.scope.parent == bank_line.entity.scope
    assert [item.url_name for item in queries.missing_for_registration(model)] == [
        "model-assign", "model-describe", "use-add", "model-rubric",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "other",
    [
        "consumer instalment pd",
        "CONSUMER  INSTALMENT PD",
        "Ｃonsumer instalment PD",
        "Con\u200bsumer instalment PD\u00a0",
    ],
)
def test_look_alike_names_are_one_name(bank_line: FirstLine, other: str) -> None:
    bank_line.candidate("Consumer instalment PD")
    with pytest.raises(BadInput, match="already") as refused:
        bank_line.candidate(other)
    assert refused.value.code == "name_taken"
    assert Model.objects.count() == 1


def test_the_same_name_is_free_in_another_entity_and_an_empty_one_nowhere(bank_line: FirstLine) -> None:
    bank_line.candidate("One name")
    entity = other_bank()
    owner = person("Ora Owner", Role.MODEL_OWNER, on=entity.scope)
    verbs.propose(owner, entity=entity, name="One name", responsible=owner.person)
    with pytest.raises(BadInput, match="can be read"):
        bank_line.candidate("\u200b \u200b")
    assert name_key("Straße") == name_key("STRASSE")


def test_registration_names_all_that_is_missing_then_grants_the_first_line(bank_line: FirstLine) -> None:
    owner = person("Oda Owner", Role.MODEL_OWNER)
    developer = person("Del Developer", Role.MODEL_DEVELOPER)
    model = bank_line.candidate(owner=owner.person, developer=developer.person, purpose="")
    with pytest.raises(RuleRefused, match="a purpose, at least one use, answers to the rubric"):
        verbs.register(owner, model=model)
    verbs.describe(owner, model=model, purpose="To rank.", model_class=ModelClass.PD, origin=Origin.VENDOR)
    verbs.add_use(owner, model=model, **USE)
    verbs.answer_rubric(owner, model=model, answers=LARGE)
    verbs.register(owner, model=model)
    model.refresh_from_db()
    assert (model.state, model.tier) == (State.REGISTERED, 1)
    assert model.registered_at is not None
    assert may_act(owner, model.scope)
    assert may_act(developer, model.scope)
    assert not may_act(owner, bank_line.entity.scope)
    with pytest.raises(RuleRefused):
        verbs.register(owner, model=model)


def test_only_the_owner_registers(bank_line: FirstLine) -> None:
    model = bank_line.candidate()
    verbs.add_use(bank_line.owner, model=model, **USE)
    verbs.answer_rubric(bank_line.owner, model=model, answers=LARGE)
    another = person("Ole Owner", Role.MODEL_OWNER, on=bank_line.entity.scope)
    refused = [another, bank_line.developer, bank_line.officer]
    for actor in refused:
        with pytest.raises(Denied):
            verbs.register(actor, model=model)
        assert can(actor, "model.register", model=model)
    with pytest.raises(NotFound):
        verbs.register(person("Stranger", Role.MODEL_OWNER), model=model)
    assert Entry.objects.filter(act="model.register", outcome="denied").count() == 4
    assert can(bank_line.owner, "model.register", model=model) is None


@pytest.mark.parametrize("act", ["describe", "add_use", "answer_rubric", "assign", "start_development"])
def test_each_act_of_the_owner_is_refused_to_others(bank_line: FirstLine, act: str) -> None:
    model = bank_line.registered()
    arguments: dict[str, dict[str, Any]] = {
        "describe": {"purpose": "x", "model_class": ModelClass.PD, "origin": Origin.IN_HOUSE},
        "add_use": USE,
        "answer_rubric": {"answers": LARGE},
        "assign": {"owner": bank_line.owner.person},
        "start_development": {},
    }
    another = person("Ole Owner", Role.MODEL_OWNER, on=bank_line.entity.scope)
    reader = person("Rea Reader", Role.MODEL_OWNER, on=model.scope, level=GrantLevel.READ)
    for actor in (another, reader, bank_line.officer):
        with pytest.raises(Denied):
            getattr(verbs, act)(actor, model=model, **arguments[act])
    with pytest.raises(NotFound):
        getattr(verbs, act)(person("Stranger", Role.MODEL_OWNER), model=model, **arguments[act])


def test_the_name_changes_only_within_sight_of_its_neighbours(bank_line: FirstLine) -> None:
    bank_line.candidate("Taken")
    owner = person("Oda Owner", Role.MODEL_OWNER)
    model = bank_line.candidate("Mine", owner=owner.person)
    facts = {"purpose": "To rank.", "model_class": ModelClass.PD, "origin": Origin.IN_HOUSE}
    with pytest.raises(Denied, match="legal entity"):
        verbs.describe(owner, model=model, name="Taken", **facts)
    verbs.assign(owner, model=model, owner=bank_line.owner.person)
    with pytest.raises(BadInput, match="already"):
        verbs.describe(bank_line.owner, model=model, name="taken", **facts)
    renamed = verbs.describe(bank_line.owner, model=model, name="MINE", **facts)
    assert (renamed.name, renamed.scope.label) == ("MINE", "MINE")
    assert [row.payload["name"] for row in revisions_of(model)][-1] == "MINE"


def test_the_owner_hands_over_and_a_successor_follows_one_who_left(bank_line: FirstLine) -> None:
    model = bank_line.registered()
    heir = person("Hugo Heir", Role.MODEL_OWNER)
    with pytest.raises(BadInput, match="does not hold the role"):
        verbs.assign(bank_line.owner, model=model, owner=bank_line.developer.person)
    verbs.assign(bank_line.owner, model=model, owner=heir.person, developer=bank_line.developer.person)
    assert may_act(heir, model.scope)
    with pytest.raises(Denied, match="Hugo Heir"):
        verbs.assign(bank_line.owner, model=model, owner=bank_line.owner.person)
    people.deactivate_person(robot_administrator(), person=heir.person, reason="left")
    verbs.assign(bank_line.owner, model=model, owner=bank_line.owner.person)
    with pytest.raises(BadInput, match="not active"):
        verbs.assign(bank_line.owner, model=model, owner=heir.person)


def robot_administrator() -> Any:
    """Somebody who may deactivate people."""
    return person("Ada Administrator", Role.ADMINISTRATOR)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"portfolio": " "}, "portfolio"),
        ({"jurisdiction": "Germany"}, "two letters"),
        ({"currency": "€"}, "three letters"),
        ({"end": date(2025, 1, 1)}, "before it starts"),
        ({"exposure": Decimal(-1)}, "nought or more"),
        ({"exposure": Decimal("1.005")}, "two decimals"),
        ({"exposure": Decimal("NaN")}, "amount"),
        ({"exposure": Decimal("1e30")}, "amount"),
        ({"expected_volume": -1}, "whole number"),
    ],
)
def test_a_use_that_does_not_hold_together_is_refused(
    bank_line: FirstLine, change: dict[str, Any], words: str
) -> None:
    model = bank_line.candidate()
    with pytest.raises(BadInput, match=words):
        verbs.add_use(bank_line.owner, model=model, **{**USE, **change})
    assert not queries.uses(model).exists()


def test_a_use_changes_at_once_before_approval(bank_line: FirstLine) -> None:
    model = bank_line.registered()
    use = queries.uses(model).get()
    facts = {**USE, "exposure": Decimal(300000000)}
    changed = verbs.change_use(bank_line.owner, use=use, **facts)
    assert queries.use_facts(changed)["exposure"] == "300000000.00"
    with pytest.raises(BadInput, match="Nothing would change"):
        verbs.change_use(bank_line.owner, use=use, **facts)
    assert [row.payload["exposure"] for row in revisions_of(use)] == ["250000000.00", "300000000.00"]


def test_after_approval_a_changed_use_waits_for_its_own_approval(
    bank_line: FirstLine, upper_room: Any
) -> None:
    model = bank_line.registered()
    for state in (State.IN_VALIDATION, State.APPROVED):
        upper_room("advance", {"to": state}, model=model)
    model.refresh_from_db()
    use = queries.uses(model).get()
    verbs.change_use(bank_line.owner, use=use, **{**USE, "exposure": Decimal(1)})
    second = verbs.change_use(bank_line.owner, use=use, **{**USE, "exposure": Decimal(2)})
    third = verbs.add_use(bank_line.owner, model=model, **{**USE, "portfolio": "Cards"})
    use.refresh_from_db()
    assert use.exposure == Decimal("250000000.00")
    assert list(queries.proposed_changes(model)) == [second, third]
    adopted = upper_room("adopt", change=second)
    assert (adopted.pk, adopted.exposure) == (use.pk, Decimal(2))
    upper_room("adopt", change=third)
    assert [row.portfolio for row in queries.uses(model)] == ["Consumer instalment credit", "Cards"]
    assert sorted(UseChange.objects.values_list("standing", flat=True)) == [
        "adopted",
        "adopted",
        "superseded",
    ]


def test_states_follow_the_table(bank_line: FirstLine, upper_room: Any) -> None:
    model = bank_line.registered()
    with pytest.raises(RuleRefused, match="cannot become"):
        upper_room("advance", {"to": State.APPROVED}, model=model)
    verbs.start_development(bank_line.developer, model=model)
    upper_room("advance", {"to": State.IN_VALIDATION}, model=model)
    count = revisions_of(model).count()
    upper_room("advance", {"to": State.IN_VALIDATION}, model=model)
    assert revisions_of(model).count() == count


def test_who_judged_a_model_cannot_become_its_owner(bank_line: FirstLine) -> None:
    both = person("Otto Both", Role.MODEL_OWNER, Role.RISK_OFFICER, on=bank_line.entity.scope)
    model = bank_line.registered()
    verbs.override_tier(both, model=model, tier=2, reason="watched")
    with pytest.raises(Denied, match="has judged this model"):
        verbs.assign(bank_line.owner, model=model, owner=both.person)


def test_the_database_holds_a_registered_model_complete(bank_line: FirstLine) -> None:
    model = bank_line.registered()
    with pytest.raises(GuardViolation), transaction.atomic():
        Model.objects.filter(pk=model.pk).update(owner=None)
    for column in ("owner", "registered_at", "tier"):
        gate = guard.opened()
        try:
            with pytest.raises(IntegrityError), transaction.atomic():
                Model.objects.filter(pk=model.pk).update(**{column: None})
        finally:
            guard.closed(gate)


def test_a_robot_is_nobodys_owner(bank_line: FirstLine) -> None:
    worker = robot(Robot.WORKER, door=Door.JOB)
    with pytest.raises(BadInput, match="not active"):
        bank_line.candidate(owner=worker.person)


def test_no_model_is_claimed_decided_by_another_and_reconsidered(bank_line: FirstLine) -> None:
    model = bank_line.candidate("Fee table")
    with pytest.raises(BadInput, match="says why"):
        verbs.claim_non_model(bank_line.owner, model=model, rationale=" ")
    verbs.claim_non_model(bank_line.owner, model=model, rationale="A table of prices estimates nothing.")
    with pytest.raises(RuleRefused, match="waits for its decision"):
        verbs.claim_non_model(bank_line.developer, model=model, rationale="Indeed.")
    with pytest.raises(Denied, match="Only a risk officer may decide"):
        verbs.decide_non_model(bank_line.owner, model=model, agree=True, reason="Mine.")
    verbs.decide_non_model(bank_line.officer, model=model, agree=False, reason="It estimates churn.")
    assert Model.objects.get(pk=model.pk).state == State.CANDIDATE
    verbs.claim_non_model(bank_line.owner, model=model, rationale="The churn part is gone.")
    verbs.decide_non_model(bank_line.officer, model=model, agree=True, reason="So it is.")
    assert Model.objects.get(pk=model.pk).state == State.NON_MODEL
    with pytest.raises(RuleRefused, match="kept as it was"):
        verbs.add_use(bank_line.owner, model=model, **USE)
    verbs.reconsider(bank_line.officer, model=model, reason="It estimates churn again.")
    assert Model.objects.get(pk=model.pk).state == State.CANDIDATE


def test_a_risk_officer_does_not_agree_to_a_claim_of_their_own(bank_line: FirstLine) -> None:
    both = person("Bo Both", Role.MODEL_OWNER, Role.RISK_OFFICER, on=bank_line.entity.scope)
    model = verbs.propose(
        both, entity=bank_line.entity, name="Own", responsible=both.person, owner=both.person
    )
    verbs.claim_non_model(both, model=model, rationale="A table.")
    with pytest.raises(Denied, match="another risk officer decides"):
        verbs.decide_non_model(both, model=model, agree=True, reason="Fine.")
    assert Entry.objects.filter(act="model.decide_non_model", outcome="denied").count() == 1
