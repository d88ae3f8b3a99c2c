"""A finding from draft to closure; who may not; what the gates say of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mrm import vault
from mrm.access.intake import Upload
from mrm.access.models import Signature, User
from mrm.access.rules import Meaning, Role
from mrm.access.signing import prove
from mrm.kernel.errors import BadInput, Denied, RuleRefused
from registry.versions.gates import Ask
from tests.mrm.policy.people import PASSWORD
from tests.validation.cases.making import Bank, fresh, later
from validation.cases.verbs import judging
from validation.findings import gates
from validation.findings.effects import fill
from validation.findings.models import Acceptance, Condition, Finding
from validation.findings.rules import ConditionState, FindingState, lapsed, worst
from validation.findings.verbs import conditions, life, requests


def drafted(house: Bank, **changes: Any) -> Finding:
    """A finding by hand on the version of the house."""
    facts = {
        "model": house.model,
        "version": house.version,
        "title": "Sex cannot be recovered",
        "text": "A92 holds women and single men.",
        "severity": "high",
        **changes,
    }
    return life.draft(house.validator, **facts)


def issued(house: Bank, **changes: Any) -> Finding:
    """The same, sent, agreed and issued."""
    finding = drafted(house, **changes)
    life.send(house.validator, finding=finding)
    life.answer(house.owner, finding=finding, stance="agreed", text="So it is.")
    return life.issue(house.validator, finding=finding)


def in_remediation(house: Bank, **changes: Any) -> Finding:
    """The same, with a plan."""
    finding = issued(house, **changes)
    requests.plan(house.owner, finding=finding, text="Ask for the field.", until=later(20))
    finding.refresh_from_db()
    return finding


def test_a_finding_by_hand_keeps_its_document(house: Bank) -> None:
    finding = drafted(house, document=Upload.of("codebook.pdf", b"the page of the code book"))
    [document] = finding.documents.all()
    assert vault.get(document.digest) == b"the page of the code book"
    with pytest.raises(BadInput, match="empty"):
        life.attach(house.validator, finding=finding, document=Upload.of("nothing.pdf", b""))


def test_the_owner_is_heard_before_it_is_issued(house: Bank) -> None:
    finding = drafted(house)
    with pytest.raises(RuleRefused, match="cannot become"):
        life.issue(house.validator, finding=finding)
    life.send(house.validator, finding=finding)
    with pytest.raises(RuleRefused, match="may still answer"):
        life.issue(house.validator, finding=finding)
    with pytest.raises(BadInput, match="without a reason"):
        life.answer(house.owner, finding=finding, stance="disputed", text="")
    life.answer(house.owner, finding=finding, stance="disputed", text="The code book is old.")
    life.issue(house.validator, finding=finding)
    assert (finding.state, finding.responses.get().stance) == (FindingState.ISSUED, "disputed")
    assert finding.due is not None
    with pytest.raises(RuleRefused, match="its words are on record"):
        life.edit(house.validator, finding=finding, title="t", text="t", severity="low")


def test_only_the_owner_answers_and_only_the_second_line_judges(house: Bank) -> None:
    finding = drafted(house)
    life.send(house.validator, finding=finding)
    other = house.another("Otto Owner", Role.MODEL_OWNER)
    with pytest.raises(Denied, match="does not own it"):
        life.answer(other, finding=finding, stance="agreed", text="")
    with pytest.raises(Denied, match="does not hold that role"):
        life.issue(house.owner, finding=finding)


def test_who_advised_on_the_fix_does_not_close_it(house: Bank) -> None:
    finding = in_remediation(house)
    adviser = house.another("Ada Adviser", Role.VALIDATOR)
    life.advise(adviser, finding=finding, text="Ask for the field anew.")
    life.submit(house.owner, finding=finding, text="The field is asked for.")
    with pytest.raises(Denied, match="advised on the fix"):
        life.close(adviser, finding=finding, text="Mended.")
    with pytest.raises(BadInput, match="words alone"):
        life.close(house.validator, finding=finding, text="Mended.")
    life.send_back(house.validator, finding=finding, text="Nothing shows it.")
    assert Finding.objects.get(pk=finding.pk).state == FindingState.REMEDIATION


def test_a_finding_is_closed_by_evidence_and_reopened_with_a_reason(house: Bank) -> None:
    validation = house.tested(items=["data.period"])
    evidence = validation.results.exclude(evidence=None).first().evidence
    finding = in_remediation(house)
    life.submit(house.owner, finding=finding, text="Done.", evidence=[evidence.short])
    life.close(house.validator, finding=finding, text="The evidence shows it.", evidence=[evidence.short])
    assert finding.closures.get().evidence == [evidence.result_digest]
    life.reopen(house.validator, finding=finding, reason="It came back.")
    again = Finding.objects.get(pk=finding.pk)
    assert (again.state, again.reopened) == (FindingState.REMEDIATION, 1)


def test_an_acceptance_counts_once_the_second_line_signs(house: Bank) -> None:
    finding = issued(house)
    requests.accept(house.approver, finding=finding, until=later(60), text="The use is small.")
    asked = Acceptance.objects.get()
    both = house.another("Rob Both", Role.RISK_OFFICER, Role.APPROVER)
    account = User.objects.get(pk=house.officer.account_id)
    with pytest.raises(RuleRefused, match="is a signature"):
        requests.concur(house.officer, finding=finding, agree=True)
    ticket = prove(account, PASSWORD, requests.acceptance_digest(asked))
    requests.concur(house.officer, finding=finding, agree=True, ticket=ticket)
    again = Finding.objects.get(pk=finding.pk)
    assert (again.state, again.accepted_until) == (FindingState.ACCEPTED, asked.until)
    assert Signature.objects.get().meaning == Meaning.CONCURRENCE
    second = issued(house, title="Another")
    requests.accept(both, finding=second, until=later(60), text="Small.")
    with pytest.raises(Denied, match="accepted the risk"):
        requests.concur(both, finding=second, agree=False, text="No.")


def test_a_later_date_needs_another_persons_agreement(house: Bank) -> None:
    finding = in_remediation(house)
    assert finding.due is not None
    with pytest.raises(BadInput, match="due on"):
        requests.extend(house.owner, finding=finding, until=later(5), text="Sooner.")
    requests.extend(house.owner, finding=finding, until=finding.due + timedelta(days=30), text="A supplier.")
    with pytest.raises(BadInput, match="refusal needs its reason"):
        requests.approve_extension(house.officer, finding=finding, agree=False)
    due = finding.due
    requests.approve_extension(house.officer, finding=finding, agree=True)
    assert Finding.objects.get(pk=finding.pk).due == due + timedelta(days=30)
    with pytest.raises(RuleRefused, match="Nobody has asked"):
        requests.approve_extension(house.officer, finding=finding, agree=True)


def test_the_gates_follow_findings_and_conditions(house: Bank) -> None:
    ask = Ask(house.version, {"key": "", "title": ""}, later(1))
    assert gates.no_open_critical(ask).state == "met"
    grave = issued(house, severity="critical", title="It must not start")
    assert gates.no_open_critical(ask).state == "unmet"
    assert grave.reference in gates.no_open_critical(ask).sentence
    assert gates.high_planned(ask).state == "met"
    high = issued(house)
    assert gates.high_planned(ask).state == "unmet"
    requests.plan(house.owner, finding=high, text="Mend it.", until=later(20))
    requests.approve_plan(house.officer, finding=high, agree=True)
    assert gates.high_planned(ask).state == "unmet", "a condition with an end is missing"
    validation = house.open()
    judging.propose_condition(
        house.officer,
        validation=validation,
        text="Shadow only.",
        check="Monthly.",
        ends=later(30),
        finding=high,
    )
    assert gates.high_planned(ask).state == "unmet", "proposed is not in force"


def test_a_condition_lapses_blocks_and_is_fulfilled_by_two(house: Bank) -> None:
    validation = house.judged()
    judging.propose_condition(
        house.officer, validation=validation, text="Bring dates.", check="Open the file.", due=later(10)
    )
    from validation.cases.verbs import signing

    signing.freeze(house.validator, validation=validation)
    ticket = house.ticket(house.validator, validation)
    signing.sign_opinion(house.validator, validation=fresh(validation), ticket=ticket)
    house.approve(house.officer, validation)
    house.approve(house.approver, validation)
    condition = Condition.objects.get()
    assert gates.no_lapsed_condition(Ask(house.version, {}, later(10))).state == "met"
    assert gates.no_lapsed_condition(Ask(house.version, {}, later(11))).state == "unmet"
    with pytest.raises(BadInput, match="after its owner"):
        conditions.confirm(house.validator, condition=condition, text="Seen.")
    conditions.fulfil(house.owner, condition=condition, text="Dates are in the file.")
    conditions.confirm(house.validator, condition=condition, text="Opened it.")
    assert Condition.objects.get().state == ConditionState.FULFILLED
    assert gates.no_lapsed_condition(Ask(house.version, {}, later(11))).state == "met"


def test_words_and_dates() -> None:
    assert fill("Rate of {sample}: {detail} {unknown}", {"sample": "test", "detail": "30 %."}) == (
        "Rate of test: 30 %."
    )
    assert worst(["low", "high", "medium"]) == "high"
    assert worst([]) is None
    day = later(0)
    assert not lapsed("proposed", day - timedelta(1), None, day)
    assert lapsed("in_force", None, day - timedelta(1), day)
