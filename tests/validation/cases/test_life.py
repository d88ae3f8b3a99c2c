"""A validation from opening to the use grant, by the acts of everybody in it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from mrm import vault
from mrm.access.models import Entry, Signature
from mrm.access.rules import Meaning, Role
from mrm.evidence.models import Evidence
from mrm.jobs.handlers import Handler, handlers
from mrm.jobs.models import Job
from mrm.kernel.canonical import sha256
from mrm.kernel.errors import BadInput, RuleRefused
from registry.inventory.models import Model
from registry.inventory.rules import State
from registry.versions.models import UseGrant
from tests.validation.cases.making import ITEMS, Bank, content, fresh, later
from validation.cases import queries
from validation.cases.content import signed_content
from validation.cases.models import ScopeItem, Validation
from validation.cases.rules import Fitness, Rating, ValidationState
from validation.cases.verbs import judging, opening, signing, testing
from validation.findings.models import Condition, Finding
from validation.findings.rules import ConditionState


def test_the_policy_decides_the_scope_and_the_policies_of_the_day_are_kept(house: Bank) -> None:
    validation = house.open()
    assert validation.tier == 1
    assert validation.reference.startswith("V-")
    assert ScopeItem.objects.filter(validation=validation, mandatory=True).count() >= 10
    assert set(validation.policies) >= {"tiers", "scope_template", "thresholds", "findings", "gate"}
    assert Model.objects.get(pk=house.model.pk).state == State.IN_VALIDATION
    assert [row.person for row in validation.validators.all()] == [house.validator.person]
    assert {row.part for row in validation.samples.all()} == {"train", "test", "all"}


def test_one_running_validation_per_version_and_only_named_uses(house: Bank) -> None:
    with pytest.raises(BadInput, match="none was named"):
        house.open(uses=[])
    with pytest.raises(BadInput, match="Nobody was named"):
        house.open(validators=[])
    with pytest.raises(BadInput, match="does not hold the role"):
        house.open(validators=[house.approver.person])
    house.open()
    with pytest.raises(RuleRefused, match="under validation already"):
        house.open()


def test_tests_are_recorded_as_evidence_and_raise_findings_by_rule(house: Bank) -> None:
    validation = house.tested()
    assert validation.state == ValidationState.TESTED
    assert {row.item.key for row in validation.results.all()} == set(ITEMS)
    auc = validation.results.get(test_id="disc.auc")
    assert auc.evidence is not None
    body = json.loads(vault.get(auc.evidence.result_digest))
    assert body["inputs"]["artefact"] == house.version.artefact
    assert body["inputs"]["thresholds"] == validation.policies["thresholds"]
    assert 0.6 < body["results"]["statistic"] < 0.9
    dates = Finding.objects.get(validation_id=validation.pk, rule="no_dates")
    assert (dates.state, dates.severity) == ("draft", "medium")
    assert dates.evidence == [validation.results.get(test_id="dq.known_time").evidence.result_digest]
    job = Job.objects.filter(kind=testing.TESTS).latest("created_at")
    assert job.state == "succeeded"
    assert "test" in job.title.lower()


def test_running_again_gives_the_same_evidence_and_no_second_finding(house: Bank) -> None:
    validation = house.tested()
    evidence, findings = Evidence.objects.count(), Finding.objects.count()
    testing.run_tests(house.validator, validation=validation, items=ITEMS)
    from tests.validation.cases.making import work

    work()
    assert (Evidence.objects.count(), Finding.objects.count()) == (evidence, findings)
    assert validation.results.filter(run=2).count() == validation.results.filter(run=1).count()


def test_freezing_says_everything_that_is_missing(house: Bank) -> None:
    validation = house.tested()
    judging.declare(
        house.validator, validation=validation, reporting_line="Head of validation", prior_involvement="none"
    )
    with pytest.raises(RuleRefused) as refused:
        signing.freeze(house.validator, validation=validation)
    assert refused.value.code == "content_incomplete"
    for words in (
        "every mandatory item is rated",
        "findings are issued",
        "opinion is written",
        "use is judged",
    ):
        assert words in refused.value.detail


def test_the_last_approval_makes_the_grant_in_the_same_act_and_asks_for_the_paper(
    house: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(handlers._providers, signing.PAPER, Handler(lambda ctx: None))
    validation = house.signed()
    house.approve(house.officer, validation, "The evidence carries it.")
    assert fresh(validation).state == ValidationState.SIGNED
    assert not UseGrant.objects.exists()
    house.approve(house.approver, validation)
    validation = fresh(validation)
    assert validation.state == ValidationState.GRANTED
    [grant] = UseGrant.objects.all()
    assert (grant.state, grant.validation, grant.expires) == (
        "active", validation.pk, validation.opinion.expires,
    )  # fmt: skip
    assert Model.objects.get(pk=house.model.pk).state == State.APPROVED
    last = Entry.objects.filter(act="approval.sign").latest("id")
    assert last.touches.filter(row_type="versions.usegrant").exists()
    assert last.touches.filter(row_type="access.signature").exists()
    assert Job.objects.filter(kind=signing.PAPER, payload__validation=str(validation.pk)).count() == 1


def test_everyone_signs_the_same_digest_of_the_same_bytes(house: Bank) -> None:
    validation = house.granted()
    frozen = validation.frozen
    assert frozen is not None
    assert sha256(vault.get(frozen.digest)) == frozen.digest
    signed = Signature.objects.filter(object_id=str(frozen.pk))
    assert {row.digest for row in signed} == {frozen.digest}
    assert {row.meaning for row in signed} == {Meaning.OPINION, Meaning.APPROVAL}
    assert {row.capacity for row in signed} == {Role.VALIDATOR, Role.RISK_OFFICER, Role.APPROVER}
    facts = queries.content_of(frozen)
    assert facts["version"]["artefact"] == house.version.artefact
    assert facts["uses"][0]["judgement"] == "fit"
    assert facts["policies" if "policies" in facts else "validation"]
    assert all(signed_row.standing for signed_row in queries.signatures(validation))


def test_a_use_judged_not_fit_gets_no_grant(house: Bank) -> None:
    validation = house.judged()
    uses = [
        {"use": str(row.pk), "judgement": Fitness.NOT_FIT, "text": "No."} for row in validation.uses.all()
    ]
    house.write(validation, uses=uses, step=4)
    signing.freeze(house.validator, validation=fresh(validation))
    signing.sign_opinion(
        house.validator, validation=fresh(validation), ticket=house.ticket(house.validator, validation)
    )
    house.approve(house.officer, validation)
    house.approve(house.approver, validation)
    assert fresh(validation).state == ValidationState.REFUSED
    assert not UseGrant.objects.exists()
    assert Model.objects.get(pk=house.model.pk).state == State.IN_DEVELOPMENT


def test_one_refusal_ends_it_without_a_grant(house: Bank) -> None:
    validation = house.signed()
    with pytest.raises(BadInput, match="needs its reason"):
        signing.reject(
            house.officer, validation=validation, ticket=house.ticket(house.officer, validation), reason=" "
        )
    signing.reject(
        house.officer,
        validation=validation,
        ticket=house.ticket(house.officer, validation),
        reason="The sample bears no dates.",
    )
    assert fresh(validation).state == ValidationState.REFUSED
    assert Signature.objects.get(person=house.officer.person).meaning == Meaning.REJECTION
    assert not UseGrant.objects.exists()
    with pytest.raises(RuleRefused, match="refused"):
        house.approve(house.approver, validation)


def test_tier_three_needs_opinion_and_risk_officer_alone(house: Bank) -> None:
    from registry.inventory import verbs as inventory
    from tests.registry.inventory.making import SMALL

    inventory.answer_rubric(house.owner, model=house.model, answers=SMALL)
    house.model.refresh_from_db()
    assert house.model.tier == 3
    validation = house.signed()
    house.approve(house.officer, validation)
    assert fresh(validation).state == ValidationState.GRANTED


def test_a_grant_does_not_outlast_the_revalidation_period(house: Bank) -> None:
    validation = house.judged()
    with pytest.raises(BadInput, match="ends by"):
        house.write(validation, expires=later(800))
    house.write(validation, expires=later(90))
    assert fresh(validation).opinion.expires == later(90)


def test_the_whole_is_not_better_than_its_worst_item_unless_it_says_why(house: Bank) -> None:
    validation = house.judged()
    item = validation.items.filter(mandatory=True).first()
    judging.rate(house.validator, item=item, rating=Rating.MATERIAL, text="A material deficiency.")
    with pytest.raises(RuleRefused, match="step 2 against a worst rating of 3"):
        signing.freeze(house.validator, validation=validation)
    house.write(validation, better_than_worst="The deficiency does not touch the use.")
    assert signing.freeze(house.validator, validation=validation).number == 1


def test_what_could_not_be_concluded_needs_a_condition(house: Bank) -> None:
    validation = house.judged()
    item = validation.items.get(key="data.period")
    judging.rate(house.validator, item=item, rating=Rating.NOT_CONCLUDED, text="The data bear no dates.")
    with pytest.raises(RuleRefused, match="could not be concluded"):
        signing.freeze(house.validator, validation=validation)
    with pytest.raises(BadInput, match="how it is checked"):
        judging.propose_condition(house.validator, validation=validation, text="Dated sample.", check="")
    condition = judging.propose_condition(
        house.validator,
        validation=validation,
        text="Bring a dated sample.",
        check="The validator opens it.",
        due=later(60),
        scope_item=item,
    )
    signing.freeze(house.validator, validation=validation)
    assert condition.reference.startswith("C-")
    assert signed_content(fresh(validation))["conditions"][0]["reference"] == condition.reference


def test_conditions_bind_with_the_grant(house: Bank) -> None:
    validation = house.judged()
    judging.propose_condition(
        house.officer, validation=validation, text="Shadow only.", check="Monthly.", ends=later(60)
    )
    signing.freeze(house.validator, validation=validation)
    signing.sign_opinion(
        house.validator, validation=fresh(validation), ticket=house.ticket(house.validator, validation)
    )
    house.approve(house.officer, validation)
    house.approve(house.approver, validation)
    condition = Condition.objects.get()
    assert condition.state == ConditionState.IN_FORCE
    [grant] = UseGrant.objects.all()
    assert grant.conditions == [{"reference": condition.reference, "text": "Shadow only."}]
    assert condition.is_lapsed(condition.ends + timedelta(days=1))
    assert not condition.is_lapsed(condition.ends)


def test_withdrawing_leaves_what_it_brought(house: Bank) -> None:
    validation = house.tested()
    opening.withdraw(house.officer, validation=validation, reason="Another version came.")
    assert fresh(validation).state == ValidationState.WITHDRAWN
    assert Model.objects.get(pk=house.model.pk).state == State.IN_DEVELOPMENT
    assert Finding.objects.filter(validation_id=validation.pk).exists()
    with pytest.raises(RuleRefused, match="has its result"):
        testing.run_tests(house.validator, validation=validation)


def test_frozen_content_cannot_be_written_on(house: Bank) -> None:
    validation = house.frozen()
    item = validation.items.first()
    for act in (
        lambda: judging.rate(house.validator, item=item, rating=Rating.SEVERE, text="No."),
        lambda: house.write(validation),
        lambda: testing.run_tests(house.validator, validation=validation),
        lambda: opening.exempt(house.officer, validation=validation, item=item, reason="r", substitute="s"),
    ):
        with pytest.raises(RuleRefused) as refused:
            act()
        assert refused.value.code == "content_frozen"


def test_an_exempted_item_needs_no_rating(house: Bank) -> None:
    validation = house.judged()
    item = validation.items.get(key="explainability.drivers")
    with pytest.raises(BadInput, match="reason"):
        opening.exempt(house.officer, validation=validation, item=item, reason="External.", substitute="")
    opening.exempt(
        house.officer, validation=validation, item=item, reason="External.", substitute="Benchmark."
    )
    facts = signed_content(fresh(validation))
    assert [row["exempt"] for row in facts["scope"] if row["key"] == item.key] == ["External."]


def test_findings_and_drafts_of_the_list(house: Bank) -> None:
    validation = house.tested()
    stranger = house.another("Sue Stranger", Role.VALIDATOR)
    assert list(queries.validations(stranger)) == [validation]
    assert Validation.objects.running().count() == 1
    assert content.__doc__
