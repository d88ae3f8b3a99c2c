"""What is to be done next with a finding, and what else this person may do."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from mrm.access.actors import Actor
from mrm.access.acts import can
from mrm.web.shapes import Action
from validation.findings.models import Finding
from validation.findings.rules import FindingState, Severity


@dataclass(frozen=True)
class Way:
    """An act with the words of its button and the route of its page."""

    act: str
    label: str
    route: str


SEND = Way("finding.send", "Send to the owner", "finding-send")
ANSWER = Way("finding.answer", "Answer on the facts", "finding-answer")
ISSUE = Way("finding.issue", "Issue", "finding-issue")
EDIT = Way("finding.edit", "Edit", "finding-edit")
WITHDRAW = Way("finding.withdraw", "Withdraw", "finding-withdraw")
PLAN = Way("finding.plan", "Plan the remedy", "finding-plan")
APPROVE_PLAN = Way("finding.approve_plan", "Decide on the plan", "finding-approve-plan")
SUBMIT = Way("finding.submit", "Hand in for review", "finding-submit")
CLOSE = Way("finding.close", "Close", "finding-close")
SEND_BACK = Way("finding.send_back", "Send back", "finding-send-back")
REOPEN = Way("finding.reopen", "Reopen", "finding-reopen")
ACCEPT = Way("finding.accept", "Accept the risk", "finding-accept")
CONCUR = Way("finding.concur", "Decide on the acceptance", "finding-concur")
EXTEND = Way("finding.extend", "Ask for a later date", "finding-extend")
APPROVE_EXTENSION = Way("finding.approve_extension", "Decide on the later date", "finding-approve-extension")
ADVISE = Way("finding.advise", "Advise on the fix", "finding-advise")
ATTACH = Way("finding.attach", "Attach a document", "finding-attach")


def ways(finding: Finding) -> list[Way]:
    """The acts that the state allows, the next one first."""
    state = finding.state
    if state == FindingState.DRAFT:
        return [SEND, EDIT, ATTACH, WITHDRAW]
    if state == FindingState.RESPONSE:
        heard = finding.responses.exists()
        return [ISSUE, EDIT, ATTACH, WITHDRAW] if heard else [ANSWER, ISSUE, EDIT, ATTACH, WITHDRAW]
    if state == FindingState.ISSUED:
        return [PLAN, *_asked(finding), ACCEPT, EXTEND, ADVISE, ATTACH]
    if state == FindingState.REMEDIATION:
        asked = _asked(finding)
        return [*asked, SUBMIT, PLAN, ACCEPT, EXTEND, ADVISE, ATTACH]
    if state == FindingState.READY_FOR_REVIEW:
        return [CLOSE, SEND_BACK, *_asked(finding), ATTACH]
    return [REOPEN] if state in (FindingState.ACCEPTED, FindingState.CLOSED) else []


def _asked(finding: Finding) -> list[Way]:
    found = []
    grave = finding.severity in (Severity.CRITICAL, Severity.HIGH)
    if grave and finding.plans.filter(agreed__isnull=True).exists():
        found.append(APPROVE_PLAN)
    if finding.extensions.filter(agreed__isnull=True).exists():
        found.append(APPROVE_EXTENSION)
    if finding.acceptances.filter(agreed__isnull=True).exists():
        found.append(CONCUR)
    return found


def actions(actor: Actor, finding: Finding) -> list[Action]:
    """The buttons for this person; primary only the next act, and only if it is theirs."""
    offered = ways(finding)
    mine = [way for way in offered if can(actor, way.act, finding=finding) is None]
    return [
        Action(
            way.label, reverse(way.route, args=[finding.reference]), "primary" if way == offered[0] else ""
        )
        for way in mine
    ]


WAITS = {
    FindingState.DRAFT: "A validator sends it to the owner for the facts.",
    FindingState.RESPONSE: "{owner} says whether the facts are right, until {answer_by}.",
    FindingState.ISSUED: "{owner} plans the remedy.",
    FindingState.REMEDIATION: "{owner} mends it and hands it in, until {due}.",
    FindingState.READY_FOR_REVIEW: "A validator who did not advise judges what was handed in.",
    FindingState.ACCEPTED: "The first line bears the risk until {accepted_until}.",
}


def waits(finding: Finding) -> str:
    """Whom or what a finding waits for, in a sentence."""
    if finding.state == FindingState.RESPONSE and finding.responses.exists():
        return "The owner has answered; a validator issues it, or withdraws it."
    sentence = WAITS.get(FindingState(finding.state), "")
    days = {
        name: f"{value:%-d %b %Y}" if (value := getattr(finding, name)) else "no date"
        for name in ("answer_by", "due", "accepted_until")
    }
    return sentence.format(owner=finding.owner.name, **days)
