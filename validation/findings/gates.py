"""What findings and conditions answer for at the gates."""

from __future__ import annotations

from django.db.models import Q

from registry.versions.gates import Answer, Ask, providers
from validation.findings.models import Condition, Finding, FindingQuerySet, Plan
from validation.findings.rules import ConditionState, FindingState, Severity


def about(ask: Ask) -> FindingQuerySet:
    """Open findings of the version, and those of its model that name no version."""
    rows: FindingQuerySet = Finding.objects.filter(
        Q(version=ask.version) | Q(version__isnull=True), model=ask.version.model
    )
    return rows.open()


def no_open_critical(ask: Ask) -> Answer:
    """No open critical finding; an acceptance does not help."""
    found = list(about(ask).filter(severity=Severity.CRITICAL))
    if found:
        names = ", ".join(row.reference for row in found)
        return Answer("unmet", f"Critical and open: {names}.", url=found[0].get_absolute_url())
    return Answer("met", "No critical finding is open.")


def high_planned(ask: Ask) -> Answer:
    """Every open high finding has an approved plan, a condition in force and an end date (or is accepted until one)."""
    bare = [row for row in about(ask).filter(severity=Severity.HIGH) if not planned(ask, row)]
    if bare:
        names = ", ".join(row.reference for row in bare)
        return Answer(
            "unmet",
            f"Without approved plan, condition and end date: {names}.",
            url=bare[0].get_absolute_url(),
        )
    return Answer("met", "Every open high finding has an approved plan, a condition and an end date.")


def planned(ask: Ask, finding: Finding) -> bool:
    """Whether a high finding may stay open while the version is used."""
    if finding.state == FindingState.ACCEPTED:
        return finding.accepted_until is not None and finding.accepted_until >= ask.on
    agreed = Plan.objects.filter(finding=finding, agreed=True, until__gte=ask.on).exists()
    bound = Condition.objects.filter(
        Q(ends__gte=ask.on) | Q(due__gte=ask.on), finding=finding, state=ConditionState.IN_FORCE
    ).exists()
    return agreed and bound


def no_lapsed_condition(ask: Ask) -> Answer:
    """No condition of use of the version has lapsed."""
    lapsed = list(Condition.objects.filter(version=ask.version).lapsed(ask.on))
    if lapsed:
        return Answer("unmet", f"Lapsed: {', '.join(row.reference for row in lapsed)}.")
    count = Condition.objects.filter(version=ask.version, state=ConditionState.IN_FORCE).count()
    return Answer(
        "met", f"{count} conditions in force, none lapsed." if count else "No condition was imposed."
    )


providers.register("no_open_critical", no_open_critical)
providers.register("high_planned", high_planned)
providers.register("no_lapsed_condition", no_lapsed_condition)
