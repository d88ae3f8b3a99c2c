"""What pages say so that people can choose: samples by title and rows, uses by name, acts in words, times in their zone."""

from __future__ import annotations

import html
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from mrm.access.acts import can
from mrm.access.models import Entry, LegalEntity
from mrm.kernel.errors import BadInput, Denied
from mrm.ledger.signer import vkey
from registry.data import verbs as data
from registry.versions import scoring
from tests.validation.cases.making import ROLES, Bank
from tests.validation.cases.test_pages import browser
from validation.cases.verbs import testing


def test_samples_are_told_apart_by_title_and_rows(house: Bank) -> None:
    address = f"/validations/new/?model={house.model.reference}&version={house.version.number}"
    shown = browser(house.officer).get(address).content.decode()
    content = house.whole.filled
    assert content is not None
    assert f"{house.whole.title} ({house.whole.reference}, {content.rows:,} rows)" in shown


def test_the_opinion_names_the_use_of_each_text(house: Bank) -> None:
    validation = house.open()
    shown = browser(house.validator).get(f"/validations/{validation.reference}/opinion/").content.decode()
    for row in validation.uses.select_related("use"):
        assert f"On the use: {row.use}" in shown


def test_a_version_is_offered_to_whoever_may_register_it(house: Bank) -> None:
    address = house.model.get_absolute_url()
    link = f'href="{address}versions/new/"'
    assert link in browser(house.developer).get(address).content.decode()
    shown = browser(house.owner).get(address).content.decode()
    assert link not in shown
    assert "Only a model developer may register a version" in shown


def test_refusals_say_the_act_in_words(house: Bank) -> None:
    sign = can(house.owner, "approval.sign", validation=house.open())
    assert sign == (
        f"Only an approver or a risk officer may approve by signature. {house.owner.person.name} holds neither role."
    )
    tier = can(house.owner, "tier.override", model=house.model)
    assert tier is not None
    assert tier.startswith("Only a risk officer may set another tier than the rubric gives")
    assert "tier.override" not in tier


def test_times_are_shown_in_the_zone_of_the_readers_legal_entity(house: Bank) -> None:
    entity = LegalEntity.objects.get(scope=house.owner.person.scope)
    assert entity.zone == "Europe/Berlin"
    shown = browser(house.owner).get("/").content.decode()
    assert f" {timezone.localtime(timezone=ZoneInfo(entity.zone)).tzname()}</span>" in shown
    assert timezone.get_current_timezone_name() == "UTC"


def test_a_missing_attribute_or_a_model_that_fails_is_a_sentence_with_its_remedy_on_the_desk(
    house: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crashes(*given: Any) -> Any:
        raise BadInput("artefact_crashed", "The model's process ended by itself.", "Save it again.")

    data.assign_roles(house.developer, snapshot=house.whole, columns=ROLES, event="2", attributes=[])
    monkeypatch.setattr(scoring, "score", crashes)
    validation = house.tested(items=["fairness.disparate_impact", "performance.discrimination"], cutoff="0.4")
    desk = f"/validations/{validation.reference}/?item="
    for item, test in (("fairness.disparate_impact", "fair.air"), ("performance.discrimination", "disc.auc")):
        row = validation.results.filter(test_id=test).first()
        assert row is not None
        assert row.evidence is None
        shown = html.unescape(browser(house.validator).get(desk + item).content.decode())
        assert f"{row.problem} {row.remedy}" in shown
        assert row.remedy


def test_the_history_of_a_model_names_people_and_choices(house: Bank) -> None:
    shown = browser(house.owner).get(f"{house.model.get_absolute_url()}history/").content.decode()
    assert str(house.developer.person.pk) not in shown
    assert house.developer.person.name in shown
    assert "PD, probability of default" in shown


def test_entries_open_from_the_ledger_and_a_denied_act_says_so_on_the_desk(house: Bank) -> None:
    validation = house.open()
    with pytest.raises(Denied):
        testing.run_tests(house.owner, validation=validation)
    entry = Entry.objects.filter(outcome="denied").latest("id")
    client = browser(house.officer)
    address = f"/ledger/{entry.leaf.hash[:16]}/"
    assert f'href="{address}"' in client.get("/ledger/").content.decode()
    said = client.get(address).content.decode()
    assert "Run the tests of the scope" in said
    assert f"{house.owner.person.name}, denied" in client.get("/").content.decode()


def test_the_logs_public_key_is_for_everybody_who_is_signed_in(house: Bank) -> None:
    answer = browser(house.owner).get("/ledger/key/")
    assert answer.content.decode().strip() == str(vkey())
    assert "ledger.pub" in answer["Content-Disposition"]
