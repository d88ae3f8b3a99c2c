"""Judging: independence, ratings, conditions, the opinion."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

from mrm.access.acts import Act, verb
from mrm.evidence.queries import cited_in
from mrm.kernel.errors import BadInput, RuleRefused
from mrm.policy.queries import today
from validation.cases.content import latest_declarations, latest_expiry
from validation.cases.models import (
    Assessment,
    Independence,
    Opinion,
    ScopeItem,
    Validation,
    ValidationUse,
)
from validation.cases.rules import Confidence, Fitness, Rating
from validation.cases.verbs.opening import written
from validation.findings.models import Condition, Finding
from validation.findings.rules import CONDITION_STATES, ConditionState


class UseJudgement(TypedDict):
    """The opinion on one use: its key, fit or not, in words."""

    use: str
    judgement: Fitness
    text: str


@verb("independence.declare")
def declare(
    act: Act, *, validation: Validation, reporting_line: str, prior_involvement: str, conflict: bool = False
) -> Independence:
    """Declare to whom one reports, how one was involved with the model before, and whether a conflict remains."""
    written(validation)
    if not (reporting_line.strip() and prior_involvement.strip()):
        raise BadInput(
            "reason_missing",
            "A declaration names the reporting line and any prior involvement.",
            "Write “none” where there was none.",
        )
    return act.save(
        Independence(
            scope=validation.scope,
            validation=validation,
            person=act.person,
            reporting_line=reporting_line.strip(),
            prior_involvement=prior_involvement.strip(),
            conflict=conflict,
            declared_at=act.now,
        )
    )


def declared(act: Act, validation: Validation) -> None:
    """Raise unless the person who acts has declared independence without a remaining conflict."""
    own = [row for row in latest_declarations(validation) if row.person_id == act.person.pk]
    if not own or own[0].conflict:
        raise RuleRefused(
            "independence_missing",
            f"{act.person.name} has {'declared a conflict' if own else 'not declared independence'}.",
            "Declare independence first; with a conflict, another validator goes on.",
        )


@verb("assessment.rate")
def rate(
    act: Act, *, item: ScopeItem, rating: Rating, text: str, evidence: list[str] | None = None
) -> Assessment:
    """Rate a scope item, with the reasons and the evidence they rest on."""
    written(item.validation)
    declared(act, item.validation)
    if not text.strip():
        raise BadInput(
            "rating_unexplained", "A rating needs its reasons.", "Say what was seen and what follows."
        )
    cited = [row.result_digest for row in cited_in(item.scope, evidence or [])]
    assessment = Assessment.objects.filter(item=item).first() or Assessment(scope=item.scope, item=item)
    assessment.rating, assessment.text, assessment.evidence = rating, text.strip(), cited
    assessment.person, assessment.rated_at = act.person, act.now
    return act.save(assessment)


@verb("condition.propose")
def propose_condition(
    act: Act,
    *,
    validation: Validation,
    text: str,
    check: str,
    due: date | None = None,
    ends: date | None = None,
    scope_item: ScopeItem | None = None,
    finding: Finding | None = None,
    justification: str = "",
    alternatives: str = "",
) -> Condition:
    """Propose a condition of use; it binds with the grant. For a disparity it also says why, and what was tried."""
    if not validation.running:
        written(validation)
    if not (text.strip() and check.strip() and (due or ends)):
        raise BadInput(
            "condition_incomplete",
            "A condition says what must hold, how it is checked, and by or until when.",
            "Give the text, the check, and a due date or an end.",
        )
    day = today(validation.scope, act.now)
    for given in (due, ends):
        if given is not None and given <= day:
            raise BadInput("date_past", f"{given:%-d %b %Y} is not in the future.", "Choose a later date.")
    if finding is not None and finding.model_id != validation.model_id:
        raise BadInput(
            "condition_incomplete", "The finding is about another model.", "Choose one of this model."
        )
    if scope_item is not None and scope_item.validation_id != validation.pk:
        raise BadInput("item_not_in_scope", "The item belongs to another validation.", "Choose one of this.")
    return act.save(
        Condition(
            scope=validation.scope,
            model=validation.model,
            version=validation.version,
            validation_id=validation.pk,
            validation_reference=validation.reference,
            finding=finding,
            scope_item=scope_item.key if scope_item else "",
            text=text.strip(),
            check_text=check.strip(),
            due=due,
            ends=ends,
            justification=justification.strip(),
            alternatives=alternatives.strip(),
            proposed_by=act.person,
            proposed_at=act.now,
        )
    )


@verb("condition.withdraw")
def withdraw_condition(act: Act, *, condition: Condition, reason: str) -> Condition:
    """Withdraw a proposed condition."""
    if condition.state == ConditionState.IN_FORCE:
        raise RuleRefused(
            "wrong_state",
            f"{condition.reference} binds since the grant; it changes only with an approval of its own.",
            "Open a validation of the change.",
        )
    CONDITION_STATES.check(condition.state, ConditionState.WITHDRAWN, condition.reference)
    if not reason.strip():
        raise BadInput("reason_missing", "Say why the condition is withdrawn.", "Write one sentence.")
    act.reason = reason
    condition.state = ConditionState.WITHDRAWN
    return act.save(condition)


@verb("opinion.write")
def write(
    act: Act,
    *,
    validation: Validation,
    step: int,
    summary: str,
    text: str,
    aggregation: str,
    uses: list[UseJudgement],
    confidence: Confidence = Confidence.MODERATE,
    residual_risk: str = "",
    better_than_worst: str = "",
    expires: date | None = None,
) -> Opinion:
    """Write the opinion: the step of four for the whole, fit or not for each use, and how the tests led there."""
    written(validation)
    declared(act, validation)
    if step not in {1, 2, 3, 4}:
        raise BadInput("rating_unexplained", "The whole has a step from 1 to 4.", "Choose one of the four.")
    if not (summary.strip() and text.strip() and aggregation.strip()):
        raise BadInput(
            "rating_unexplained",
            "An opinion has a summary, its text, and how the tests were aggregated.",
            "Write all three.",
        )
    day = today(validation.scope, act.now)
    latest = latest_expiry(validation, day)
    expires = expires or latest
    if not day < expires <= latest:
        raise BadInput(
            "expiry_too_far",
            f"A grant of tier {validation.tier} made today ends by {latest:%-d %b %Y}.",
            "Choose an earlier, future date.",
        )
    for judged in uses:
        _judge_use(act, validation, judged)
    opinion = Opinion.objects.filter(validation=validation).first() or Opinion(
        scope=validation.scope, validation=validation
    )
    opinion.step, opinion.summary, opinion.text = step, summary.strip(), text.strip()
    opinion.aggregation, opinion.confidence = aggregation.strip(), confidence
    opinion.residual_risk, opinion.better_than_worst = residual_risk.strip(), better_than_worst.strip()
    opinion.expires, opinion.person, opinion.written_at = expires, act.person, act.now
    return act.save(opinion)


def _judge_use(act: Act, validation: Validation, judged: UseJudgement) -> None:
    row = next(
        (
            row
            for row in validation.uses.all()
            if judged["use"] in (str(row.pk), str(row.use_id), _reference(row))
        ),
        None,
    )
    if row is None:
        raise BadInput(
            "uses_missing",
            f"“{judged['use']}” is no use of {validation.reference}.",
            "Judge the uses it was opened for.",
        )
    row.judgement, row.text = Fitness(judged["judgement"]), judged["text"].strip()
    act.save(row)


def _reference(row: ValidationUse) -> str:
    return row.use.reference if row.use else ""
