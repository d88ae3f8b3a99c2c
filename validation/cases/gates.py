"""What validations answer for at the gates: explanation and fairness evidence, approvals."""

from __future__ import annotations

from collections.abc import Iterator

from mrm.evidence.models import Evidence
from registry.versions.gates import Answer, Ask, Provider, providers
from registry.versions.measured import Measured, measures
from registry.versions.models import Version
from validation.cases.content import needed_capacities
from validation.cases.models import TestResult, Validation
from validation.cases.rules import Decision, ValidationState
from validation.findings.models import Condition, Finding
from validation.findings.rules import ConditionState, FindingState


def newest(ask: Ask, test_id: str) -> list[TestResult]:
    """The latest defined evidence of a test for this version, once per attribute."""
    rows = TestResult.objects.filter(
        validation__version=ask.version,
        test_id=test_id,
        evidence__isnull=False,
        evidence__defined=True,
        evidence__voids__isnull=True,
    ).select_related("evidence", "validation")
    found: dict[tuple[str, str], TestResult] = {}
    for row in rows.order_by("validation__opened_at", "run", "id"):
        found[row.part, row.column] = row
    return list(found.values())


def explained(test_id: str, name: str) -> Provider:
    """Evidence of an explanation that is not red; external versions bring a substitute."""

    def answer(ask: Ask) -> Answer:
        found = [row.evidence for row in newest(ask, test_id) if row.evidence]
        digests = tuple(item.result_digest for item in found)
        if not found:
            exemption = exempted(ask, test_id)
            if exemption:
                return Answer("not_applicable", exemption)
            return Answer(
                "unmet", f"No {name} evidence for version {ask.version.number}. Run it in a validation."
            )
        if any(item.light == "red" for item in found):
            return Answer("unmet", f"{name} evidence is red.", digests, found[-1].get_absolute_url())
        return Answer("met", f"{name} evidence for this very version.", digests, found[-1].get_absolute_url())

    return answer


def exempted(ask: Ask, test_id: str) -> str:
    """The approved reason why a test does not apply to this version, with its substitute."""
    cases = Validation.objects.filter(version=ask.version, state=ValidationState.GRANTED)
    for case in cases.order_by("-opened_at"):
        for item in case.items.exclude(exempt_reason=""):
            if any(test["id"] == test_id for test in item.tests):
                return f"Exempted in {case.reference}: {item.exempt_reason} Substitute: {item.substitute}"
    return ""


def disparate_impact(ask: Ask) -> Answer:
    """Evidence is there, and no disparity is unresolved: its finding is closed, or an approval names it."""
    rows = newest(ask, "fair.air")
    digests = tuple(row.evidence.result_digest for row in rows if row.evidence)
    if not rows:
        exemption = exempted(ask, "fair.air")
        if exemption:
            return Answer("not_applicable", exemption)
        return Answer("unmet", "No disparate-impact evidence for this version. Run it in a validation.")
    unresolved = [row.reference for row in disparities(ask) if not resolved(ask, row)]
    red = [row for row in rows if row.evidence and row.evidence.light == "red"]
    unheard = [row for row in red if not raised(ask, row.evidence)]
    if unresolved:
        return Answer(
            "unmet",
            f"Unresolved disparity: {', '.join(unresolved)}. Close the finding, or have an approval name it with "
            "justification, alternatives and a condition with an end date.",
            digests,
        )
    if unheard:
        return Answer("unmet", "A disparity was measured, and no finding answers for it.", digests)
    return Answer("met", f"{len(rows)} attributes judged; no disparity is unresolved.", digests)


def disparities(ask: Ask) -> list[Finding]:
    """The findings on disparity of this version (issued or not, but not withdrawn)."""
    rows = Finding.objects.filter(version=ask.version).standing()
    return [row for row in rows if "fair.air" in row.tests]


def raised(ask: Ask, evidence: Evidence | None) -> bool:
    """Whether a finding of this version cites the evidence."""
    return evidence is not None and any(
        evidence.result_digest in row.evidence
        for row in Finding.objects.filter(version=ask.version).standing()
    )


def resolved(ask: Ask, finding: Finding) -> bool:
    """Closed; or named by an approved condition with justification, alternatives and an end that has not come."""
    if finding.state == FindingState.CLOSED:
        return True
    named = Condition.objects.filter(
        finding=finding, state=ConditionState.IN_FORCE, ends__gte=ask.on, version=ask.version
    )
    return any(row.justification and row.alternatives for row in named)


def approvals(ask: Ask) -> Answer:
    """The latest granted validation carries every approval that its tier needs."""
    case = (
        Validation.objects.filter(version=ask.version, state=ValidationState.GRANTED)
        .order_by("-ended_at")
        .first()
    )
    if case is None:
        return Answer("unmet", "No validation of this version has been granted.")
    needed = needed_capacities(case)
    given = set(
        case.approvals.filter(content=case.frozen, decision=Decision.APPROVE).values_list(
            "capacity", flat=True
        )
    )
    missing = [role.replace("_", " ") for role in needed if role not in given]
    if missing:
        return Answer("unmet", f"Approvals missing: {', '.join(missing)}.", (case.reference,))
    names = ", ".join(role.replace("_", " ") for role in needed)
    return Answer(
        "met",
        f"Opinion and approvals of tier {case.tier} ({names}) signed.",
        (case.reference,),
        case.get_absolute_url(),
    )


def tested(version: Version) -> Iterator[Measured]:
    """The newest standing evidence of every test that a validation ran on the version, by sample and attribute."""
    rows = TestResult.objects.filter(
        validation__version=version, evidence__isnull=False, evidence__voids__isnull=True
    ).select_related("evidence", "validation")
    found = {
        (row.test_id, row.part, row.column): row
        for row in rows.order_by("validation__opened_at", "run", "id")
    }
    for row in found.values():
        case, evidence = row.validation, row.evidence
        if evidence is not None:
            sample = f"{row.get_part_display()} sample"
            yield Measured(
                evidence, sample, row.column, f"validation {case.reference}", case.get_absolute_url()
            )


measures.register("cases", tested)
providers.register("shap_evidence", explained("explain.shap", "SHAP"))
providers.register("lime_evidence", explained("explain.lime", "LIME"))
providers.register("disparate_impact", disparate_impact)
providers.register("approvals", approvals)
