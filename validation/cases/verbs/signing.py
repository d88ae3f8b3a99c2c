"""Freezing and signing: everyone reads the frozen content and signs its digest; the last approval makes the grant."""

from __future__ import annotations

from mrm import vault
from mrm.access.acts import Act, verb
from mrm.access.models import Signature
from mrm.access.rules import Meaning, Role
from mrm.jobs import effects as jobs
from mrm.jobs.handlers import handlers
from mrm.kernel.canonical import canonical
from mrm.kernel.errors import BadInput, RuleRefused
from mrm.kernel.ids import reference
from mrm.papers.complete import refuse_gaps
from mrm.policy.queries import today
from registry.inventory.effects import adopt
from registry.inventory.models import Use
from registry.versions import effects as versions
from validation.cases import queries
from validation.cases.content import latest_expiry, material_digest, signed_content
from validation.cases.effects import restrict_grants
from validation.cases.models import Approval, FrozenContent, Opinion, Validation
from validation.cases.report import figures, report_of
from validation.cases.rules import (
    STATES,
    Decision,
    Fitness,
    ValidationState,
    before_freezing,
)
from validation.cases.verbs.judging import declared
from validation.cases.verbs.opening import ended
from validation.findings.effects import put_in_force

PAPER = "cases.paper"


@verb("content.freeze")
def freeze(act: Act, *, validation: Validation) -> FrozenContent:
    """Freeze the content: from now on it is read and signed as it stands."""
    STATES.check(validation.state, ValidationState.FROZEN, validation.reference)
    declared(act, validation)
    content = signed_content(validation)
    open_lines = [line for line in before_freezing(content) if not line.met]
    if open_lines:
        raise RuleRefused(
            "content_incomplete",
            "The content is not complete: "
            + "; ".join(f"{line.text[0].lower()}{line.text[1:]} ({line.missing})" for line in open_lines)
            + ".",
            "Complete what is missing, then freeze.",
        )
    number = validation.frozen_contents.count() + 1
    report = report_of(
        validation, reference=reference("R"), number=number, on=today(validation.scope, act.now)
    ).to_json()
    refuse_gaps(report, figures.known(report))
    frozen = act.save(
        FrozenContent(
            scope=validation.scope,
            validation=validation,
            number=number,
            digest=vault.put(canonical(report)),
            material=material_digest(content),
            frozen_by=act.person,
            frozen_at=act.now,
        )
    )
    validation.state = ValidationState.FROZEN
    act.save(validation)
    return frozen


@verb("content.reopen")
def reopen(act: Act, *, validation: Validation, reason: str) -> Validation:
    """Reopen frozen content; the signatures given so far turn grey."""
    if not reason.strip():
        raise BadInput("reason_missing", "Say why the content is reopened.", "Write one sentence.")
    if not validation.under_signature:
        STATES.check(validation.state, ValidationState.TESTED, validation.reference)
    act.reason = reason
    validation.state = ValidationState.TESTED
    return act.save(validation)


@verb("opinion.sign")
def sign_opinion(act: Act, *, validation: Validation, ticket: str, reason: str = "") -> Signature:
    """Sign the opinion over the frozen content, as validator of the case."""
    STATES.check(validation.state, ValidationState.SIGNED, validation.reference)
    declared(act, validation)
    content = standing_content(validation)
    signature = act.sign(
        ticket,
        on=content,
        digest=content.digest,
        meaning=Meaning.OPINION,
        capacity=Role.VALIDATOR,
        reason=reason,
    )
    validation.state = ValidationState.SIGNED
    act.save(validation)
    return signature


@verb("approval.sign")
def approve(act: Act, *, validation: Validation, ticket: str, reason: str = "") -> Approval:
    """Approve by signature; the last approval that the tier needs makes the use grants in the same act."""
    content, capacity = deciding(act, validation)
    made = _decide(
        act,
        validation=validation,
        content=content,
        capacity=capacity,
        decision=Decision.APPROVE,
        ticket=ticket,
        reason=reason,
    )
    if not queries.open_capacities(validation, content):
        _grant(act, validation, content)
    return made


@verb("approval.reject")
def reject(act: Act, *, validation: Validation, ticket: str, reason: str) -> Approval:
    """Refuse by signature, with the reason; the validation ends without a grant."""
    if not reason.strip():
        raise BadInput("reason_missing", "A refusal needs its reason.", "Write one sentence.")
    content, capacity = deciding(act, validation, changed=True)
    made = _decide(
        act,
        validation=validation,
        content=content,
        capacity=capacity,
        decision=Decision.REJECT,
        ticket=ticket,
        reason=reason,
    )
    ended(act, validation, ValidationState.REFUSED)
    _paper(act, validation, content)
    return made


@verb("approval.recuse")
def recuse(act: Act, *, validation: Validation, reason: str) -> Approval:
    """Recuse oneself from deciding on a validation; another person of that capacity decides."""
    if not reason.strip():
        raise BadInput("reason_missing", "A recusal needs its reason.", "Write one sentence.")
    content = validation.frozen
    if content is None or not validation.under_signature:
        raise RuleRefused(
            "opinion_unsigned", f"{validation.reference} is not up for approval.", "Nothing to do."
        )
    act.reason = reason
    capacity = next(iter(queries.own_capacities(act.actor, validation)), Role.APPROVER.value)
    return act.save(
        Approval(
            scope=validation.scope,
            validation=validation,
            content=content,
            decision=Decision.RECUSE,
            capacity=capacity,
            person=act.person,
            reason=reason.strip(),
            decided_at=act.now,
        )
    )


@verb("opinion.withdraw")
def withdraw_opinion(act: Act, *, validation: Validation, reason: str) -> Opinion:
    """Withdraw a signed opinion: grants that rest on it are restricted at once."""
    if validation.state not in (ValidationState.SIGNED, ValidationState.GRANTED):
        raise RuleRefused(
            "opinion_unsigned",
            f"{validation.reference} is {validation.get_state_display()}; there is no opinion in force.",
            "Nothing is left to do.",
        )
    if not reason.strip():
        raise BadInput(
            "reason_missing", "An opinion is not withdrawn without a reason.", "Say what is wrong."
        )
    opinion: Opinion = validation.opinion
    if opinion.withdrawn_at is not None:
        raise RuleRefused("opinion_unsigned", "The opinion is withdrawn already.", "Nothing is left to do.")
    act.reason = reason
    opinion.withdrawn_at, opinion.withdrawn_reason = act.now, reason.strip()
    act.save(opinion)
    if validation.state == ValidationState.GRANTED:
        restrict_grants(act, validation, f"Opinion withdrawn: {reason.strip()}")
    return opinion


def standing_content(validation: Validation) -> FrozenContent:
    """The frozen content, if nothing material has changed since; else the signatures are grey."""
    content = validation.frozen
    if content is None:
        raise RuleRefused("opinion_unsigned", "The content is not frozen.", "A validator freezes it first.")
    if material_digest(signed_content(validation)) != content.material:
        raise RuleRefused(
            "content_changed",
            f"Something material changed since the content of {validation.reference} was frozen: "
            "what was signed is no longer so, and the signatures are grey.",
            "A validator reopens the content, freezes it again and signs what it says now.",
        )
    return content


def deciding(act: Act, validation: Validation, *, changed: bool = False) -> tuple[FrozenContent, str]:
    """The content to decide on and the capacity this person decides in."""
    if validation.state != ValidationState.SIGNED:
        raise RuleRefused(
            "opinion_unsigned",
            f"{validation.reference} is {validation.get_state_display()}; approvals follow a signed opinion.",
            "Wait for the validator's signature." if validation.running else "It has its result.",
        )
    content = validation.frozen if changed else standing_content(validation)
    if content is None:
        raise RuleRefused("opinion_unsigned", "The content is not frozen.", "A validator freezes it first.")
    free = queries.own_capacities(act.actor, validation)
    if not free:
        needed = ", ".join(role.replace("_", " ") for role in queries.open_capacities(validation, content))
        raise RuleRefused(
            "capacity_taken",
            f"{validation.reference} still needs: {needed or 'nobody'}.",
            "Somebody of that role decides.",
        )
    return content, free[0]


def _decide(
    act: Act,
    *,
    validation: Validation,
    content: FrozenContent,
    capacity: str,
    decision: Decision,
    ticket: str,
    reason: str,
) -> Approval:
    signature = act.sign(
        ticket,
        on=content,
        digest=content.digest,
        meaning=Meaning.APPROVAL if decision == Decision.APPROVE else Meaning.REJECTION,
        capacity=capacity,
        reason=reason,
    )
    return act.save(
        Approval(
            scope=validation.scope,
            validation=validation,
            content=content,
            decision=decision,
            capacity=capacity,
            person=act.person,
            signature=signature,
            reason=reason.strip(),
            decided_at=act.now,
        )
    )


def _grant(act: Act, validation: Validation, content: FrozenContent) -> None:
    """The grant, in the act of the last approval: uses judged fit, with the conditions, until the expiry."""
    uses: list[Use] = []
    for row in validation.uses.select_related("use", "change"):
        if row.judgement == Fitness.NOT_FIT:
            continue
        if row.change is not None:
            row.use = adopt(act, change=row.change)
            act.save(row)
        if row.use is not None:
            uses.append(row.use)
    conditions = put_in_force(act, validation_id=validation.pk)
    if uses:
        expires = min(validation.opinion.expires, latest_expiry(validation, today(validation.scope, act.now)))
        imposed = [{"reference": row.reference, "text": row.text} for row in conditions]
        versions.grant_uses(
            act,
            version=validation.version,
            terms=[versions.Terms(use, expires, imposed) for use in uses],
            validation=validation.pk,
            validation_reference=validation.reference,
        )
        ended(act, validation, ValidationState.GRANTED)
    else:
        ended(act, validation, ValidationState.REFUSED)
    _paper(act, validation, content)


def _paper(act: Act, validation: Validation, content: FrozenContent) -> None:
    if handlers.get(PAPER) is None:
        return  # an installation that prints nothing grants all the same
    jobs.enqueue(
        act,
        kind=PAPER,
        scope=validation.scope,
        payload={"validation": str(validation.pk), "content": content.digest},
        title=f"Validation report {validation.reference}",
    )
