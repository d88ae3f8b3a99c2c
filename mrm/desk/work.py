"""My work: what waits for one person, from every room, with its date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from mrm.access.actors import Actor
from mrm.access.rules import Role
from mrm.web.shapes import Todo
from registry.inventory import queries as inventory
from registry.inventory.models import Model, NonModelClaim
from registry.inventory.rules import State
from registry.versions.models import Version
from validation.cases import queries as cases
from validation.cases.models import Validation
from validation.findings.models import Finding, Plan
from validation.findings.rules import FindingState

MOST = 50


def work(actor: Actor, today: date) -> list[Todo]:
    """Everything that waits for `actor`, the earliest date first; what has no date comes last."""
    found = [
        *_to_sign(actor),
        *_validations(actor, today),
        *_findings(actor, today),
        *_plans(actor),
        *_claims(actor),
        *_candidates(actor),
        *_ready(actor),
    ]
    return sorted(found, key=lambda item: (item.due is None, item.due or today))[:MOST]


def _to_sign(actor: Actor) -> Iterator[Todo]:
    for case in cases.to_sign(actor):
        yield Todo(
            f"Sign {case.reference}",
            f"{case.get_absolute_url()}sign/",
            due=case.due,
            detail=f"{case.model.name}, version {case.version.number}",
            action="Read and sign",
        )


def _validations(actor: Actor, today: date) -> Iterator[Todo]:
    if not actor.has(Role.VALIDATOR):
        return
    mine = cases.validations(actor).running().filter(validators__person=actor.person)
    for case in mine[:MOST]:
        if case.writable:
            yield Todo(
                f"Validate {case.model.name}",
                case.get_absolute_url(),
                due=case.due,
                late=case.due < today,
                detail=f"{case.reference}, version {case.version.number}, {case.get_kind_display()}",
                action="Go on",
            )


def _findings(actor: Actor, today: date) -> Iterator[Todo]:
    rows = Finding.objects.visible_to(actor).select_related("model")
    if actor.has(Role.MODEL_OWNER):
        waiting = (
            FindingState.RESPONSE,
            FindingState.ISSUED,
            FindingState.REMEDIATION,
        )
        for finding in rows.filter(owner=actor.person, state__in=waiting)[:MOST]:
            answering = finding.state == FindingState.RESPONSE
            due = finding.answer_by if answering else finding.due
            yield Todo(
                f"{'Answer' if answering else 'Mend'} {finding.reference}",
                finding.get_absolute_url(),
                due=due,
                late=bool(due and due < today),
                detail=f"{finding.title} ({finding.model.name})",
                action="Answer" if answering else "Open",
            )
    if actor.has(Role.VALIDATOR):
        for finding in rows.filter(state=FindingState.READY_FOR_REVIEW)[:MOST]:
            yield Todo(
                f"Review {finding.reference}",
                finding.get_absolute_url(),
                due=finding.due,
                detail=f"{finding.title} ({finding.model.name})",
                action="Review",
            )


def _plans(actor: Actor) -> Iterator[Todo]:
    if not actor.has(Role.RISK_OFFICER):
        return
    rows = Plan.objects.visible_to(actor).filter(agreed__isnull=True).select_related("finding__model")
    for plan in rows[:MOST]:
        yield Todo(
            f"Decide the plan for {plan.finding.reference}",
            plan.finding.get_absolute_url(),
            detail=f"{plan.finding.title} ({plan.finding.model.name})",
            action="Decide",
        )


def _claims(actor: Actor) -> Iterator[Todo]:
    if not actor.has(Role.RISK_OFFICER):
        return
    rows = NonModelClaim.objects.visible_to(actor).filter(standing=NonModelClaim.Standing.CLAIMED)
    for claim in rows.select_related("model")[:MOST]:
        yield Todo(
            f"Decide whether {claim.model.name} is a model",
            f"{claim.model.get_absolute_url()}non-model/decide/",
            detail=claim.rationale[:120],
            action="Decide",
        )


def _candidates(actor: Actor) -> Iterator[Todo]:
    rows = Model.objects.visible_to(actor).filter(state=State.CANDIDATE, responsible=actor.person)
    for model in rows[:MOST]:
        lacking = inventory.missing_for_registration(model)
        yield Todo(
            f"Register {model.name}",
            model.get_absolute_url(),
            detail=f"lacks {len(lacking)}: {lacking[0].what.lower()}" if lacking else "complete",
            action="Go on",
        )


def _ready(actor: Actor) -> Iterator[Todo]:
    """Admitted versions of models that nobody has validated yet, for those who may open a validation."""
    if not actor.has(Role.RISK_OFFICER, Role.VALIDATOR):
        return
    rows = (
        Version.objects.visible_to(actor)
        .admitted()
        .filter(
            validations__isnull=True,
            model__state__in=(State.REGISTERED, State.IN_DEVELOPMENT),
        )
        .exclude(model__in=Validation.objects.running().values("model"))
        .select_related("model")
    )
    for version in rows[:MOST]:
        yield Todo(
            f"Open a validation of {version.model.name}",
            version.model.get_absolute_url(),
            detail=f"version {version.number} is admitted and not validated",
            action="Open",
        )
