"""Acts on the tier: answers to the rubric, the tier they give, and a risk officer's reasoned override."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from mrm.access.acts import Act, verb
from mrm.access.models import Person
from mrm.kernel.errors import BadInput, RuleRefused
from mrm.policy.queries import today
from registry.inventory.models import Model, RubricAnswers, Tiering
from registry.inventory.queries import answers_now, rubric, tier_now
from registry.inventory.rules import check_answers, tier_of
from registry.inventory.verbs.models import not_ended


@verb("model.answer_rubric")
def answer_rubric(act: Act, *, model: Model, answers: dict[str, str]) -> Tiering:
    """Answer the rubric in force: one answer per question of materiality and complexity; the tier follows."""
    not_ended(model)
    policy = rubric(model, today(model.entity, act.now))
    check_answers(policy.body, answers)
    given = act.save(
        RubricAnswers(
            scope=model.scope,
            model=model,
            answers=dict(answers),
            policy_digest=policy.digest,
            answered_by=act.person,
            answered_at=act.now,
        )
    )
    return _compute(act, model, given)


@verb("tier.compute")
def compute_tier(act: Act, *, model: Model) -> Tiering:
    """Compute the tier anew from the answers at hand, by the rubric in force today. An override stays."""
    not_ended(model)
    return _compute(act, model, _answers(model))


@verb("tier.override")
def override_tier(act: Act, *, model: Model, tier: int, reason: str) -> Tiering:
    """Set another tier than the rubric gives, with the reason; setting the rubric's own lifts an override."""
    not_ended(model)
    if tier not in {1, 2, 3}:
        raise BadInput("bad_parameter", "A tier is 1, 2 or 3.", "Choose one of them.")
    if not reason.strip():
        raise BadInput(
            "override_pointless", "An override needs a reason.", "Say why the rubric is set aside."
        )
    given, now = _answers(model), tier_now(model)
    if now is not None and now.tier == tier:
        raise BadInput(
            "override_pointless", f"The model is of tier {tier} already.", "Nothing needs to change."
        )
    act.reason = reason.strip()
    score = _score(act, model, given)
    lifted = score["computed"] == tier
    return _set(
        act,
        model,
        given,
        score,
        override=None if lifted else tier,
        reason=reason.strip(),
        by=None if lifted else act.person,
    )


def _answers(model: Model) -> RubricAnswers:
    given = answers_now(model)
    if given is None:
        raise RuleRefused(
            "registration_incomplete", "The rubric is not answered yet.", "Answer the rubric first."
        )
    return given


def _score(act: Act, model: Model, given: RubricAnswers) -> dict[str, Any]:
    policy = rubric(model, today(model.entity, act.now))
    score = tier_of(policy.body, given.answers)
    return {
        "computed": score.tier,
        "policy_digest": policy.digest,
        "scores": {"materiality": asdict(score.materiality), "complexity": asdict(score.complexity)},
    }


def _compute(act: Act, model: Model, given: RubricAnswers) -> Tiering:
    score, standing = _score(act, model, given), tier_now(model)
    if standing is None or standing.override is None or standing.override == score["computed"]:
        return _set(act, model, given, score)
    return _set(
        act,
        model,
        given,
        score,
        override=standing.override,
        reason=standing.reason,
        by=standing.overridden_by,
    )


def _set(
    act: Act,
    model: Model,
    given: RubricAnswers,
    score: dict[str, Any],
    *,
    override: int | None = None,
    reason: str = "",
    by: Person | None = None,
) -> Tiering:
    made = act.save(
        Tiering(
            scope=model.scope,
            model=model,
            number=Tiering.objects.filter(model=model).count() + 1,
            answers=given,
            override=override,
            reason=reason,
            overridden_by=by,
            set_by=act.person,
            set_at=act.now,
            **score,
        )
    )
    if model.tier != made.tier:
        model.tier = made.tier
        act.save(model)
    return made
