"""Who may not, read from the history of this very object; each with a sentence and one entry in the ledger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mrm.access import verbs as people
from mrm.access.acts import can
from mrm.access.models import Entry, User
from mrm.access.rules import Role
from mrm.kernel.errors import BadInput, Denied, NotFound, RuleRefused
from registry.versions.models import UseGrant
from tests.mrm.policy.people import person
from tests.validation.cases.making import Bank, fresh
from validation.cases.rules import Rating, ValidationState
from validation.cases.verbs import judging, opening, signing, testing


def denied(act: str) -> int:
    """How many denied entries an act has."""
    return Entry.objects.filter(act=act, outcome="denied").count()


def give(house: Bank, who: Any, role: Role) -> Any:
    """One more role for somebody."""
    from mrm.access.actors import actor_of, robot
    from mrm.access.rules import Door, Robot

    account = User.objects.get(pk=who.account_id)
    people.give_role(robot(Robot.MIGRATOR, door=Door.INSTALL), account=account, role=role)
    return actor_of(User.objects.get(pk=who.account_id))


def test_who_owns_or_builds_is_not_appointed_to_validate(house: Bank) -> None:
    for who in (house.owner, house.developer):
        give(house, who, Role.VALIDATOR)
        with pytest.raises(Denied, match="owned, developed or built"):
            house.open(validators=[who.person])
    assert denied("validation.open") == 1, "the second within the minute is counted, not listed"


@pytest.mark.parametrize("who", ["owner", "developer"])
def test_owner_and_developer_neither_open_nor_validate(house: Bank, who: str) -> None:
    actor = give(house, getattr(house, who), Role.VALIDATOR)
    with pytest.raises(Denied, match="may neither validate nor approve"):
        opening.open_validation(
            actor,
            version=house.version,
            uses=list(house.model.uses.all()),
            validators=[house.validator.person],
        )
    validation = house.tested(items=["data.period"])
    with pytest.raises(Denied, match="may neither validate nor approve"):
        testing.run_tests(actor, validation=validation)
    assert denied("validation.run_tests") == 1


@pytest.mark.parametrize("who", ["owner", "developer", "validator"])
def test_owner_developer_and_validator_do_not_approve(house: Bank, who: str) -> None:
    validation = house.signed()
    actor = give(house, getattr(house, who), Role.APPROVER)
    sentence = "validated" if who == "validator" else "may neither validate nor approve"
    assert sentence in (can(actor, "approval.sign", validation=validation) or "")
    with pytest.raises(Denied, match=sentence):
        house.approve(actor, validation)
    assert denied("approval.sign") == 1
    assert fresh(validation).state == ValidationState.SIGNED


def test_without_the_role_nobody_approves(house: Bank) -> None:
    validation = house.signed()
    for who in (house.owner, house.developer, house.validator):
        with pytest.raises(Denied, match="holds neither role"):
            house.approve(who, validation)
    assert denied("approval.sign") == 3


def test_nobody_decides_twice(house: Bank) -> None:
    validation = house.signed()
    both = give(house, house.officer, Role.APPROVER)
    house.approve(both, validation)
    with pytest.raises(Denied, match="nobody decides twice"):
        house.approve(both, validation)
    assert not UseGrant.objects.exists()
    house.approve(house.approver, validation)
    assert UseGrant.objects.count() == 1


def test_a_risk_officer_is_not_the_only_approver_of_tier_one(house: Bank) -> None:
    validation = house.signed()
    second = house.another("Ron Officer", Role.RISK_OFFICER)
    house.approve(house.officer, validation)
    with pytest.raises(RuleRefused, match="still needs: approver"):
        house.approve(second, validation)
    assert fresh(validation).state == ValidationState.SIGNED


def test_only_the_validators_of_the_case_work_on_it(house: Bank) -> None:
    validation = house.judged()
    stranger = house.another("Sue Validator", Role.VALIDATOR)
    item = validation.items.first()
    acts: list[Callable[[], object]] = [
        lambda: testing.run_tests(stranger, validation=validation),
        lambda: judging.rate(stranger, item=item, rating=Rating.LIMITED, text="Fine."),
        lambda: judging.write(
            stranger, validation=validation, step=1, summary="s", text="t", aggregation="a", uses=[]
        ),
        lambda: signing.freeze(stranger, validation=validation),
    ]
    for act in acts:
        with pytest.raises(Denied, match="is not a validator of"):
            act()
    opening.appoint(house.officer, validation=validation, validator=stranger.person)
    with pytest.raises(RuleRefused, match="has not declared independence"):
        judging.rate(stranger, item=item, rating=Rating.LIMITED, text="Fine.")


def test_a_declared_conflict_stops_the_validator(house: Bank) -> None:
    validation = house.judged()
    judging.declare(
        house.validator,
        validation=validation,
        reporting_line="Head of validation",
        prior_involvement="Advised on the fit.",
        conflict=True,
    )
    with pytest.raises(RuleRefused, match="declared a conflict"):
        signing.freeze(house.validator, validation=validation)


def test_who_decided_does_not_validate_afterwards(house: Bank) -> None:
    validation = house.signed()
    both = give(house, house.officer, Role.VALIDATOR)
    house.approve(both, validation)
    with pytest.raises(Denied, match="decided on"):
        opening.appoint(
            house.another("Ron Officer", Role.RISK_OFFICER), validation=validation, validator=both.person
        )


def test_who_recused_does_not_decide_and_another_takes_the_place(house: Bank) -> None:
    validation = house.signed()
    with pytest.raises(BadInput, match="needs its reason"):
        signing.recuse(house.officer, validation=validation, reason="")
    signing.recuse(house.officer, validation=validation, reason="My brother is a customer.")
    with pytest.raises(Denied, match="has recused"):
        house.approve(house.officer, validation)
    house.approve(house.approver, validation)
    assert fresh(validation).state == ValidationState.SIGNED
    house.approve(house.another("Ron Officer", Role.RISK_OFFICER), validation)
    assert fresh(validation).state == ValidationState.GRANTED


def test_the_former_owner_stays_barred(house: Bank) -> None:
    from registry.inventory import verbs as inventory

    successor = house.another("Nora Owner", Role.MODEL_OWNER)
    inventory.assign(house.owner, model=house.model, owner=successor.person, developer=house.developer.person)
    validation = house.signed_by(successor)
    former = give(house, house.owner, Role.APPROVER)
    with pytest.raises(Denied, match="owned, developed or registered"):
        house.approve(former, validation)


def test_a_stranger_sees_nothing(house: Bank) -> None:
    validation = house.signed()
    stranger = person("Stan Stranger", Role.APPROVER)
    with pytest.raises(NotFound):
        house.approve(stranger, validation)
    assert can(stranger, "approval.sign", validation=validation)
    reader = person("Rae Reader", Role.APPROVER, on=house.model.scope, level="read")
    with pytest.raises(Denied, match="not granted to act"):
        house.approve(reader, validation)


def test_an_exemption_is_not_given_by_who_validates(house: Bank) -> None:
    validation = house.tested(items=["data.period"])
    both = give(house, house.validator, Role.RISK_OFFICER)
    with pytest.raises(Denied, match="who does not, decides on exemptions"):
        opening.exempt(both, validation=validation, item=validation.items.first(), reason="r", substitute="s")


def test_a_signature_needs_a_fresh_proof_for_this_very_content(house: Bank) -> None:
    validation = house.signed()
    with pytest.raises(RuleRefused) as refused:
        signing.approve(house.officer, validation=validation, ticket="")
    assert refused.value.code == "signature_needed"
    ticket = house.ticket(house.approver, validation)
    with pytest.raises(RuleRefused, match="not yours"):
        signing.approve(house.officer, validation=validation, ticket=ticket)
    used = house.ticket(house.officer, validation)
    signing.approve(house.officer, validation=validation, ticket=used)
    with pytest.raises(Denied):
        signing.approve(house.officer, validation=validation, ticket=used)
