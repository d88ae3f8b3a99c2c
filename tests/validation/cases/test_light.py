"""The light review of tier 3: one page by an uninvolved validator, one approval by a risk officer, then the grant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import TestCase

from mrm.access.acts import can
from mrm.access.models import Entry
from mrm.kernel.errors import Denied, RuleRefused
from registry.inventory import verbs as inventory
from registry.inventory.models import Model
from registry.versions.models import UseGrant
from tests.validation.cases.making import Bank, fresh, make_bank
from tests.validation.cases.test_pages import browser
from validation.cases.models import Validation
from validation.cases.rules import Fitness, Rating, ValidationState
from validation.cases.verbs import light, signing
from validation.findings.models import Finding
from validation.findings.verbs import life


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[Bank]:
    """The bank of this file: its model is of tier 3."""
    with django_db_blocker.unblock():
        atomics = TestCase._enter_atomics()  # type: ignore[attr-defined]
        try:
            bank = make_bank()
            inventory.override_tier(bank.officer, model=bank.model, tier=3, reason="A pilot for staff.")
            bank.model = Model.objects.get(pk=bank.model.pk)
            yield bank
        finally:
            TestCase._rollback_atomics(atomics)  # type: ignore[attr-defined]


def review(house: Bank, validation: Validation, **changes: Any) -> Any:
    """The review as the verb takes it."""
    facts = {
        "reporting_line": "Head of validation",
        "prior_involvement": "none",
        "items": [
            {"item": item.key, "rating": Rating.LIMITED, "text": "Read; it holds."}
            for item in validation.items.filter(mandatory=True)
        ],
        "step": 2,
        "summary": "It ranks.",
        "text": "Nothing speaks against the pilot.",
        "uses": [{"use": str(row.pk), "judgement": Fitness.FIT, "text": ""} for row in validation.uses.all()],
        **changes,
    }
    return light.write_light(house.validator, validation=validation, **facts)


def test_one_page_then_freeze_sign_and_a_risk_officers_approval_make_the_grant(house: Bank) -> None:
    validation = house.tested(items=["data.period"])
    house.issue_all(validation)
    address = f"/validations/{validation.reference}/light-review/"
    client = browser(house.validator)
    items, uses = list(validation.items.filter(mandatory=True)), list(validation.uses.all())
    assert 0 < len(items) < validation.items.count()
    shown = client.get(address).content.decode()
    assert all(item.title in shown for item in items)
    facts: dict[str, Any] = {
        "idempotency_key": "light", "reporting_line": "Head of validation", "prior_involvement": "none", "step": "2",
        "summary": "It ranks.", "text": "Nothing speaks against the pilot.",
        **{f"rating_{item.pk}": "2" for item in items}, **{f"words_{item.pk}": "Read; it holds." for item in items},
        **{f"judgement_{row.pk}": "fit" for row in uses},
    }  # fmt: skip
    missing = {name: value for name, value in facts.items() if name != f"words_{items[0].pk}"}
    assert client.post(address, missing).status_code == 422
    assert not hasattr(fresh(validation), "opinion")
    entries = Entry.objects.count()
    assert client.post(address, facts).status_code == 302
    assert client.post(address, facts).status_code == 302
    assert Entry.objects.count() == entries + 1
    tested = items[[item.key for item in items].index("data.period")]
    assert tested.assessment.evidence
    signing.freeze(house.validator, validation=validation)
    signing.sign_opinion(
        house.validator, validation=validation, ticket=house.ticket(house.validator, validation)
    )
    house.approve(house.officer, validation)
    assert fresh(validation).state == ValidationState.GRANTED
    assert UseGrant.objects.filter(version=validation.version).count() == len(uses)


def test_a_tier_that_asks_for_more_has_no_light_review(house: Bank) -> None:
    inventory.override_tier(house.officer, model=house.model, tier=2, reason="Open to all customers.")
    validation = house.open()
    with pytest.raises(RuleRefused, match="asks for a full validation"):
        review(house, validation)
    assert not validation.declarations.exists()
    shown = (
        browser(house.validator).get(f"/validations/{validation.reference}/light-review/").content.decode()
    )
    assert "asks for a full validation" in shown
    assert "Light review" not in browser(house.validator).get(validation.get_absolute_url()).content.decode()


def test_who_advised_on_a_fix_is_involved(house: Bank) -> None:
    validation = house.tested(items=["data.period"])
    finding = Finding.objects.filter(validation_id=validation.pk).first()
    assert finding is not None
    house.issue_all(validation)
    life.advise(house.validator, finding=finding, text="Keep the dates of applications.")
    assert "uninvolved" in (can(house.validator, "opinion.write_light", validation=validation) or "")
    with pytest.raises(Denied, match="uninvolved"):
        review(house, validation)
    with pytest.raises(Denied, match="Only a validator"):
        light.write_light(
            house.owner, validation=validation, reporting_line="x", prior_involvement="none", items=[], step=1,
            summary="x", text="x", uses=[],
        )  # fmt: skip
