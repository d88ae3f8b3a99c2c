"""What one person asks about a finding and another decides: plan, extension, acceptance of the risk."""

from __future__ import annotations

from datetime import date
from typing import TypeVar

from mrm.access.acts import Act, verb
from mrm.access.rules import Meaning, Role
from mrm.kernel.canonical import digest
from mrm.kernel.errors import BadInput, RuleRefused
from mrm.policy.queries import today
from validation.findings.models import Acceptance, Asked, Extension, Finding, Plan
from validation.findings.rules import STATES, FindingState

A = TypeVar("A", bound=Asked)


@verb("finding.plan")
def plan(act: Act, *, finding: Finding, text: str, until: date) -> Plan:
    """Say how and by when a finding will be mended."""
    if finding.state not in (FindingState.ISSUED, FindingState.REMEDIATION):
        STATES.check(finding.state, FindingState.REMEDIATION, finding.reference)
    if finding.due and until > finding.due:
        raise BadInput(
            "date_past",
            f"The plan would end after {finding.due:%-d %b %Y}, when {finding.reference} is due.",
            "Plan for an earlier day, or ask for an extension.",
        )
    made = _ask(act, Plan, finding, text, until)
    finding.state = FindingState.REMEDIATION
    act.save(finding)
    return made


@verb("finding.approve_plan")
def approve_plan(act: Act, *, finding: Finding, agree: bool, text: str = "") -> Plan:
    """Approve or refuse the plan of a finding."""
    return _decide(act, Plan, finding, agree, text)


@verb("finding.extend")
def extend(act: Act, *, finding: Finding, until: date, text: str) -> Extension:
    """Ask for a later date."""
    if not finding.is_open or finding.due is None:
        raise RuleRefused(
            "finding_unissued",
            f"{finding.reference} has no date that could move.",
            "Wait until it is issued.",
        )
    if until <= finding.due:
        raise BadInput(
            "date_past",
            f"{finding.reference} is due on {finding.due:%-d %b %Y} already.",
            "Ask for a later day.",
        )
    return _ask(act, Extension, finding, text, until)


@verb("finding.approve_extension")
def approve_extension(act: Act, *, finding: Finding, agree: bool, text: str = "") -> Extension:
    """Approve or refuse a later date."""
    decided = _decide(act, Extension, finding, agree, text)
    if agree:
        finding.due = decided.until
        act.save(finding)
    return decided


@verb("finding.accept")
def accept(act: Act, *, finding: Finding, until: date, text: str) -> Acceptance:
    """Accept the risk of a finding for the first line until a date; it counts once the second line concurs."""
    STATES.check(finding.state, FindingState.ACCEPTED, finding.reference)
    return _ask(act, Acceptance, finding, text, until)


@verb("finding.concur")
def concur(act: Act, *, finding: Finding, agree: bool, ticket: str = "", text: str = "") -> Acceptance:
    """Concur by signature with the acceptance of a finding's risk, or refuse it."""
    STATES.check(finding.state, FindingState.ACCEPTED, finding.reference)
    decided = _decide(act, Acceptance, finding, agree, text)
    if agree:
        decided.signature = act.sign(
            ticket,
            on=decided,
            digest=acceptance_digest(decided),
            meaning=Meaning.CONCURRENCE,
            capacity=Role.RISK_OFFICER,
            reason=text,
        )
        act.save(decided)
        finding.state = FindingState.ACCEPTED
        finding.accepted_until = decided.until
        act.save(finding)
    return decided


def acceptance_digest(acceptance: Acceptance) -> str:
    """What is signed by whoever concurs: the finding as it reads, and until when its risk is borne by whom."""
    finding = acceptance.finding
    return digest(
        {
            "finding": finding.reference,
            "severity": str(finding.severity),
            "title": finding.title,
            "text": finding.text,
            "accepted_by": str(acceptance.asked_by_id),
            "reason": acceptance.text,
            "until": acceptance.until.isoformat(),
        }
    )


def _ask(act: Act, kind: type[A], finding: Finding, text: str, until: date) -> A:
    if not text.strip():
        raise BadInput("reason_missing", "A request needs its reason.", "Write one sentence.")
    if until <= today(finding.scope, act.now):
        raise BadInput("date_past", f"{until:%-d %b %Y} is not in the future.", "Choose a later date.")
    for earlier in kind._default_manager.filter(finding=finding, agreed__isnull=True):
        earlier.agreed, earlier.decision_text = False, "Replaced by a later request."
        earlier.decided_by, earlier.decided_at = act.person, act.now
        act.save(earlier)
    return act.save(
        kind(
            scope=finding.scope,
            finding=finding,
            text=text.strip(),
            until=until,
            asked_by=act.person,
            asked_at=act.now,
        )
    )


def _decide(act: Act, kind: type[A], finding: Finding, agree: bool, text: str) -> A:
    asked: A | None = kind._default_manager.filter(finding=finding, agreed__isnull=True).first()  # type: ignore[assignment]
    if asked is None:
        raise RuleRefused(
            "nothing_to_decide",
            f"Nobody has asked for a decision of this kind on {finding.reference}.",
            "Wait until somebody asks.",
        )
    if not agree and not text.strip():
        raise BadInput("reason_missing", "A refusal needs its reason.", "Write one sentence.")
    act.reason = text
    asked.agreed, asked.decided_by, asked.decided_at = agree, act.person, act.now
    asked.decision_text = text.strip()
    return act.save(asked)
