"""What is signed is what is read: any material change greys the signatures, and no grant arises from grey ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.db.utils import DatabaseError

from mrm import vault
from mrm.access.guard import GuardViolation
from mrm.access.models import Signature, User
from mrm.access.rules import Role
from mrm.access.signing import prove
from mrm.evidence import verbs as evidence
from mrm.evidence.models import Evidence
from mrm.kernel.errors import CountersignError, RuleRefused
from registry.inventory import verbs as inventory
from registry.inventory.models import Model, UseChange
from registry.versions.models import UseGrant
from tests.mrm.policy.people import PASSWORD
from tests.registry.inventory.making import USE
from tests.validation.cases.making import Bank, content, fresh, later
from validation.cases import queries
from validation.cases.models import Approval, FrozenContent, Validation
from validation.cases.rules import ValidationKind, ValidationState
from validation.cases.verbs import judging, signing
from validation.findings.verbs import life


def change_use(house: Bank, validation: Validation) -> None:
    """The owner changes the use the version is validated for."""
    use = validation.uses.get().use
    facts = {**USE, "decision": "Approve, decline or price an application"}
    facts.pop("start")
    inventory.change_use(house.owner, use=use, start=use.start, **facts)


def add_condition(house: Bank, validation: Validation) -> None:
    """An officer proposes one more condition."""
    judging.propose_condition(
        house.officer, validation=validation, text="Shadow only.", check="Monthly.", ends=later()
    )


def void_evidence(house: Bank, validation: Validation) -> None:
    """Evidence that the content cites is declared void."""
    found = validation.results.exclude(evidence=None).first().evidence
    evidence.void(house.officer, evidence=found, reason="The wrong file.")


def new_finding(house: Bank, validation: Validation) -> None:
    """The validator finds something more."""
    life.draft(
        house.validator,
        model=house.model,
        title="One thing more",
        text="Seen after freezing.",
        severity="high",
        validation=validation.reference,
    )


def withdraw_opinion(house: Bank, validation: Validation) -> None:
    """The validator takes the opinion back."""
    signing.withdraw_opinion(house.validator, validation=validation, reason="A mistake in the text.")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (change_use, "Approve, decline or price"),
        (add_condition, "Shadow only."),
        (void_evidence, "void"),
        (new_finding, "One thing more"),
        (withdraw_opinion, "True"),
    ],
)
def test_a_material_change_greys_the_signatures_and_no_grant_arises(
    house: Bank, change: Callable[[Bank, Validation], None], words: str
) -> None:
    validation = house.signed()
    house.approve(house.officer, validation)
    assert all(row.standing for row in queries.signatures(validation))
    change(house, validation)
    signed = queries.signatures(fresh(validation))
    assert len(signed) == 2
    assert not any(row.standing for row in signed)
    assert any(words in line for line in signed[0].difference[0]), signed[0].difference
    with pytest.raises(RuleRefused) as refused:
        house.approve(house.approver, validation)
    assert refused.value.code == "content_changed"
    assert not UseGrant.objects.exists()
    assert Signature.objects.count() == 2, "grey signatures stay"


def test_a_new_owner_is_not_material(house: Bank) -> None:
    validation = house.signed()
    successor = house.another("Nora Owner", Role.MODEL_OWNER)
    inventory.assign(house.owner, model=house.model, owner=successor.person, developer=house.developer.person)
    assert not queries.changed_since(fresh(validation))
    house.approve(house.officer, validation)
    house.approve(house.approver, validation)
    assert UseGrant.objects.count() == 1


def test_reopened_content_is_frozen_and_signed_again(house: Bank) -> None:
    validation = house.signed()
    house.approve(house.officer, validation)
    add_condition(house, validation)
    signing.reopen(house.validator, validation=validation, reason="One more condition.")
    assert fresh(validation).state == ValidationState.TESTED
    assert not any(row.standing for row in queries.signatures(fresh(validation)))
    signing.freeze(house.validator, validation=fresh(validation))
    assert content(validation).number == 2
    signing.sign_opinion(
        house.validator, validation=fresh(validation), ticket=house.ticket(house.validator, validation)
    )
    old = FrozenContent.objects.get(validation=validation, number=1).digest
    stale = prove(User.objects.get(pk=house.officer.account_id), PASSWORD, old)
    with pytest.raises(RuleRefused, match="has changed since you read it"):
        signing.approve(house.officer, validation=validation, ticket=stale)
    house.approve(house.officer, validation)
    house.approve(house.approver, validation)
    assert fresh(validation).state == ValidationState.GRANTED
    assert [row.standing for row in queries.signatures(fresh(validation))] == [True, True, True, False, False]


@pytest.mark.slow
def test_after_the_grant_a_changed_use_is_a_proposal_and_the_old_grant_stays(house: Bank) -> None:
    validation = house.granted()
    change_use(house, validation)
    [proposed] = UseChange.objects.all()
    assert proposed.standing == "proposed"
    assert validation.uses.get().use.decision == USE["decision"]
    assert UseGrant.objects.get().state == "active"
    again = house.granted(kind=ValidationKind.CHANGE)
    assert again.pk != validation.pk
    proposed.refresh_from_db()
    assert proposed.standing == "adopted"
    grant = UseGrant.objects.get()
    assert grant.validation == again.pk
    assert grant.use.decision == "Approve, decline or price an application"
    assert Model.objects.get(pk=house.model.pk).state == "approved"


@pytest.mark.parametrize("change", [void_evidence, withdraw_opinion])
def test_what_shows_that_it_should_not_have_been_approved_restricts_the_grant(
    house: Bank, change: Callable[[Bank, Validation], None]
) -> None:
    validation = house.granted()
    change(house, validation)
    grant = UseGrant.objects.get()
    assert grant.state == "restricted"
    assert grant.reason


def test_evidence_that_the_content_does_not_cite_restricts_nothing(house: Bank) -> None:
    validation = house.granted()
    other = Evidence.objects.exclude(scope=validation.scope).first()
    assert other is not None
    evidence.void(house.officer, evidence=other, reason="A profile of another file.")
    assert UseGrant.objects.get().state == "active"


def test_signatures_approvals_and_content_are_never_changed(house: Bank) -> None:
    validation = house.granted()
    for rows in (Signature.objects.all(), Approval.objects.all(), FrozenContent.objects.all()):
        with pytest.raises((GuardViolation, DatabaseError)), transaction.atomic():
            rows.update(scope=house.owner.person.scope)
        with pytest.raises((GuardViolation, DatabaseError)), transaction.atomic():
            rows.delete()
    assert fresh(validation).state == ValidationState.GRANTED


def test_a_changed_byte_of_the_content_is_noticed(house: Bank) -> None:
    validation = house.signed()
    frozen = content(validation)
    data = vault.get(frozen.digest)
    assert json.loads(data)["facts"]["validation"]["reference"] == validation.reference
    [path] = [
        item
        for item in (Path(settings.MRM_HOME) / "vault").rglob("*")
        if item.is_file() and frozen.digest[4:] in item.name
    ]
    path.chmod(0o644)
    path.write_bytes(data.replace(b"fit", b"fat", 1))
    with pytest.raises(CountersignError) as noticed:
        queries.content_of(frozen)
    assert noticed.value.code == "vault_corrupt"
    path.write_bytes(data)
