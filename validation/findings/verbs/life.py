"""The life of a finding: drafted, heard, issued, mended, judged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

from mrm import vault
from mrm.access.acts import Act, verb
from mrm.access.intake import Upload
from mrm.access.models import Person
from mrm.evidence.queries import cited_in
from mrm.kernel.errors import BadInput, RuleRefused
from mrm.kernel.ports import Port
from mrm.policy.queries import in_force, today
from mrm.policy.rules import Kind
from registry.inventory.models import Model
from registry.versions.models import Version
from validation.findings.models import (
    Advice,
    Closure,
    Document,
    Finding,
    Plan,
    Response,
    Submission,
)
from validation.findings.rules import STATES, UNISSUED, FindingState, Severity, Stance

validations: Port[Callable[[Model, str], tuple[UUID, str]]] = Port("finding.validation")
"""Who knows the validation of a reference within a model: (model, reference) → (key, reference)."""


@verb("finding.draft")
def draft(
    act: Act,
    *,
    model: Model,
    title: str,
    text: str,
    severity: Severity,
    impact: str = "",
    version: Version | None = None,
    validation: str = "",
    evidence: list[str] | None = None,
    document: Upload | None = None,
) -> Finding:
    """Draft a finding by hand, with the evidence or the document it rests on."""
    _worded(title, text)
    key, reference = _validation(model, validation)
    cited = cited_in(model.scope, evidence or [])
    finding = act.save(
        Finding(
            scope=model.scope,
            model=model,
            version=version,
            validation_id=key,
            validation_reference=reference,
            severity=severity,
            title=title.strip(),
            text=text.strip(),
            impact=impact.strip(),
            tests=sorted({item.test_id for item in cited}),
            evidence=[item.result_digest for item in cited],
            owner=_owner(model),
            raised_at=act.now,
        )
    )
    if document:
        _keep(act, finding, document)
    return finding


@verb("finding.edit")
def edit(
    act: Act,
    *,
    finding: Finding,
    title: str,
    text: str,
    severity: Severity,
    impact: str = "",
    evidence: list[str] | None = None,
) -> Finding:
    """Correct a finding that has not been issued."""
    if finding.state not in UNISSUED:
        raise RuleRefused(
            "wrong_state",
            f"{finding.reference} was issued; its words are on record.",
            "Raise another finding, or close this one with the reason.",
        )
    _worded(title, text)
    cited = cited_in(finding.scope, evidence or [])
    finding.title, finding.text, finding.impact = title.strip(), text.strip(), impact.strip()
    finding.severity = severity
    finding.evidence = [item.result_digest for item in cited]
    finding.tests = sorted({item.test_id for item in cited})
    return act.save(finding)


@verb("finding.send")
def send(act: Act, *, finding: Finding) -> Finding:
    """Send a drafted finding to the model's owner, who says whether its facts are right."""
    STATES.check(finding.state, FindingState.RESPONSE, finding.reference)
    day = today(finding.scope, act.now)
    rules = in_force(Kind.FINDINGS, scope=finding.scope, on=day).body
    finding.state = FindingState.RESPONSE
    finding.owner = _owner(finding.model)
    finding.answer_by = day + timedelta(days=rules["answer_days"])
    return act.save(finding)


@verb("finding.answer")
def answer(act: Act, *, finding: Finding, stance: Stance, text: str) -> Response:
    """Say whether the facts of a finding are right: agreed, or disputed with the reason."""
    if finding.state != FindingState.RESPONSE:
        raise RuleRefused(
            "wrong_state",
            f"{finding.reference} is {finding.get_state_display()}; its facts are not asked for now.",
            "Plan its remedy instead, or ask the validator.",
        )
    if stance == Stance.DISPUTED and not text.strip():
        raise BadInput(
            "reason_missing", "A finding is not disputed without a reason.", "Say what is not right."
        )
    return act.save(
        Response(
            scope=finding.scope,
            finding=finding,
            person=act.person,
            stance=stance,
            text=text.strip(),
            at=act.now,
        )
    )


@verb("finding.issue")
def issue(act: Act, *, finding: Finding, due: date | None = None) -> Finding:
    """Issue a finding, once its owner has answered or the time to answer is over."""
    STATES.check(finding.state, FindingState.ISSUED, finding.reference)
    day = today(finding.scope, act.now)
    heard = Response.objects.filter(finding=finding).exists()
    if not heard and finding.answer_by and day <= finding.answer_by:
        raise RuleRefused(
            "response_open",
            f"{finding.owner.name} may still answer on the facts of {finding.reference}, "
            f"until {finding.answer_by:%-d %b %Y}.",
            "Wait for the answer, or for that day.",
        )
    rules = in_force(Kind.FINDINGS, scope=finding.scope, on=day).body
    finding.due = due or day + timedelta(days=rules["due_days"][finding.severity])
    _future(finding.due, day)
    finding.state = FindingState.ISSUED
    finding.issued_at = act.now
    return act.save(finding)


@verb("finding.withdraw")
def withdraw(act: Act, *, finding: Finding, reason: str) -> Finding:
    """Drop a finding that was not issued; it stays on record with the reason."""
    _reasoned(reason, "A finding is not withdrawn without a reason.")
    STATES.check(finding.state, FindingState.WITHDRAWN, finding.reference)
    act.reason = reason
    finding.state = FindingState.WITHDRAWN
    return act.save(finding)


@verb("finding.attach")
def attach(act: Act, *, finding: Finding, document: Upload) -> Document:
    """Attach a document to a finding."""
    return _keep(act, finding, document)


@verb("finding.advise")
def advise(act: Act, *, finding: Finding, text: str) -> Advice:
    """Advise on how to mend a finding; whoever advises does not close it."""
    _reasoned(text, "Advice needs words.")
    return act.save(
        Advice(scope=finding.scope, finding=finding, person=act.person, text=text.strip(), at=act.now)
    )


@verb("finding.submit")
def submit(act: Act, *, finding: Finding, text: str, evidence: list[str] | None = None) -> Finding:
    """Hand a mended finding in for review, with what shows that it is mended."""
    STATES.check(finding.state, FindingState.READY_FOR_REVIEW, finding.reference)
    _reasoned(text, "Say what was done.")
    if not Plan.objects.filter(finding=finding).exists():
        raise RuleRefused("plan_needed", f"{finding.reference} has no plan.", "Describe the plan first.")
    cited = cited_in(finding.scope, evidence or [])
    act.save(
        Submission(
            scope=finding.scope,
            finding=finding,
            person=act.person,
            text=text.strip(),
            evidence=[item.result_digest for item in cited],
            at=act.now,
        )
    )
    finding.state = FindingState.READY_FOR_REVIEW
    return act.save(finding)


@verb("finding.close")
def close(act: Act, *, finding: Finding, text: str, evidence: list[str] | None = None) -> Finding:
    """Close a finding that is mended, citing the evidence (or its attached document) that shows it."""
    STATES.check(finding.state, FindingState.CLOSED, finding.reference)
    cited = cited_in(finding.scope, evidence or [])
    if not cited and not Document.objects.filter(finding=finding).exists():
        raise BadInput(
            "closure_needs_evidence",
            f"{finding.reference} cannot be closed on words alone.",
            "Cite the evidence that shows it mended, or attach the document that does.",
        )
    _judge(act, finding, text, [item.result_digest for item in cited], closed=True)
    finding.state = FindingState.CLOSED
    return act.save(finding)


@verb("finding.send_back")
def send_back(act: Act, *, finding: Finding, text: str) -> Finding:
    """Send a finding back to its owner: what was handed in does not mend it."""
    if finding.state != FindingState.READY_FOR_REVIEW:
        STATES.check(finding.state, FindingState.CLOSED, finding.reference)
    _judge(act, finding, text, [], closed=False)
    finding.state = FindingState.REMEDIATION
    return act.save(finding)


@verb("finding.reopen")
def reopen(act: Act, *, finding: Finding, reason: str) -> Finding:
    """Open a finding again that was closed or accepted, because it stands."""
    if finding.state not in (FindingState.CLOSED, FindingState.ACCEPTED):
        raise RuleRefused(
            "wrong_state",
            f"{finding.reference} is {finding.get_state_display()}: it is open already.",
            "Nothing is left to do.",
        )
    act.reason = reason
    _judge(act, finding, reason, [], closed=False)
    finding.state = FindingState.REMEDIATION
    finding.accepted_until = None
    finding.reopened += 1
    return act.save(finding)


def _judge(act: Act, finding: Finding, text: str, digests: list[str], *, closed: bool) -> None:
    _reasoned(text, "A judgement needs its reason.")
    act.save(
        Closure(
            scope=finding.scope,
            finding=finding,
            person=act.person,
            text=text.strip(),
            closed=closed,
            evidence=digests,
            at=act.now,
        )
    )


def _keep(act: Act, finding: Finding, document: Upload) -> Document:
    data = document.read()
    if not data:
        raise BadInput("document_empty", f"“{document.name}” is empty.", "Choose the file again.")
    return act.save(
        Document(
            scope=finding.scope,
            finding=finding,
            person=act.person,
            name=document.name[:200],
            digest=vault.put(data),
            size=len(data),
            at=act.now,
        )
    )


def _validation(model: Model, reference: str) -> tuple[UUID | None, str]:
    if not reference:
        return None, ""
    known = validations.get("cases")
    if known is None:
        raise LookupError("no room knows validations")
    return known(model, reference)


def _owner(model: Model) -> Person:
    if model.owner is None:
        raise RuleRefused(
            "wrong_state", f"{model.reference} has no owner.", "Register the model with its owner first."
        )
    return model.owner


def _worded(title: str, text: str) -> None:
    if not (title.strip() and text.strip()):
        raise BadInput(
            "reason_missing", "A finding needs a title and a text.", "Say what is wrong, and where."
        )


def _reasoned(text: str, sentence: str) -> None:
    if not text.strip():
        raise BadInput("reason_missing", sentence, "Write one sentence.")


def _future(day: date, now: date) -> None:
    if day <= now:
        raise BadInput("date_past", f"{day:%-d %b %Y} is not in the future.", "Choose a later date.")
