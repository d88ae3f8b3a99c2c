"""Reads of findings and conditions, as far as the actor may see them."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from mrm.access.actors import Actor
from validation.findings.models import Condition, ConditionQuerySet, Finding, FindingQuerySet
from validation.findings.rules import FindingState


def findings(actor: Actor) -> FindingQuerySet:
    """The findings an actor may see, newest first, with what their rows show."""
    rows: FindingQuerySet = Finding.objects.visible_to(actor).select_related(
        "model", "version", "owner", "scope"
    )
    return rows.standing()


def finding(actor: Actor, reference: str) -> Finding:
    """One finding."""
    found: Finding = Finding.objects.select_related("model", "version", "owner", "scope").one(
        actor, reference=reference
    )
    return found


def conditions(actor: Actor) -> ConditionQuerySet:
    """The conditions an actor may see."""
    rows: ConditionQuerySet = Condition.objects.visible_to(actor).select_related(
        "model__entity", "version", "finding"
    )
    return rows.standing()


def condition(actor: Actor, reference: str) -> Condition:
    """One condition."""
    found: Condition = Condition.objects.select_related("model", "version", "finding").one(
        actor, reference=reference
    )
    return found


def overdue(rows: FindingQuerySet, today: date) -> FindingQuerySet:
    """Those past their date, or past their acceptance."""
    late = Q(due__lt=today) & ~Q(state=FindingState.ACCEPTED)
    return rows.open().filter(late | Q(state=FindingState.ACCEPTED, accepted_until__lt=today))
