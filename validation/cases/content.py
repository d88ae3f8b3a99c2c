"""What is signed: the content of a validation as plain values, its material part, and the difference of two.

`signed_content` is complete for the report: the paper is made from it and from the evidence it cites. `material` is
what may not change between the first signature and the last approval (version, uses, conditions, evidence, opinion,
ratings, findings raised); names of people, plans and answers may.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from mrm.access.acts import entity_of
from mrm.evidence.models import Evidence
from mrm.kernel.canonical import digest, tidy
from mrm.policy.queries import by_digest
from registry.inventory.models import Use
from validation.cases.models import (
    Assessment,
    Independence,
    Opinion,
    ScopeItem,
    TestResult,
    Validation,
    ValidationUse,
)
from validation.cases.rules import section_ratings
from validation.findings.models import Condition, Finding

SCHEMA = 1


def signed_content(validation: Validation) -> dict[str, Any]:
    """Everything that the validation says at this moment, as plain JSON values."""
    items = list(validation.items.select_related("assessment", "exempted_by", "assessment__person"))
    findings = _findings(validation)
    cited = _cited(validation, items, findings)
    content = {
        "schema": SCHEMA,
        "validation": _validation(validation),
        "model": _model(validation),
        "version": version_facts(validation),
        "samples": [
            _sample(sample) for sample in validation.samples.select_related("snapshot").order_by("part")
        ],
        "uses": [_use(row) for row in validation.uses.select_related("use", "change").order_by("id")],
        "scope": [_item(item) for item in items],
        "sections": {str(section): rating for section, rating in section_ratings(map(_item, items)).items()},
        "results": _results(validation),
        "evidence": [_evidence(item) for item in cited],
        "findings": findings,
        "conditions": [_condition(row) for row in _conditions(validation)],
        "independence": [_declaration(row) for row in latest_declarations(validation)],
        "validators_undeclared": undeclared(validation),
        "opinion": _opinion(validation),
        "earlier": _earlier(validation),
    }
    content["material"] = material(content)
    plain: dict[str, Any] = tidy(content)
    return plain


def material(content: Mapping[str, Any]) -> dict[str, Any]:
    """What voids a signature when it changes."""
    opinion = content["opinion"] or {}
    return {
        "version": content["version"],
        "uses": {use["id"]: {name: use[name] for name in USE_FACTS} for use in content["uses"]},
        "conditions": {row["reference"]: row for row in content["conditions"]},
        "evidence": {item["digest"]: "void" if item["void"] else "standing" for item in content["evidence"]},
        "opinion": {name: value for name, value in opinion.items() if name != "by"},
        "ratings": {item["key"]: item["rating"] for item in content["scope"]},
        "findings": {
            row["reference"]: {name: row[name] for name in ("severity", "title", "text")}
            for row in content["findings"]
        },
    }


def material_digest(content: Mapping[str, Any]) -> str:
    """The digest of the material part."""
    return digest(content["material"])


USE_FACTS = ("name", "portfolio", "decision", "jurisdiction", "entity", "start", "end", "judgement", "text")
NAMES = {
    "version": "Version",
    "uses": "Use",
    "conditions": "Condition",
    "evidence": "Evidence",
    "opinion": "Opinion",
    "ratings": "Rating",
    "findings": "Finding",
}


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What changed between two material parts: (what, before, after), one line per changed fact."""
    lines: list[tuple[str, str, str]] = []
    for part, name in NAMES.items():
        old, new = before.get(part) or {}, after.get(part) or {}
        for key in sorted(old.keys() | new.keys()):
            lines += _changed(
                f"{name} {key}" if part != "opinion" else f"{name}, {key}", old.get(key), new.get(key)
            )
    return lines


def _changed(what: str, old: Any, new: Any) -> list[tuple[str, str, str]]:
    if old == new:
        return []
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        keys = sorted(old.keys() | new.keys())
        return [
            line
            for key in keys
            for line in _changed(f"{what}, {key.replace('_', ' ')}", old.get(key), new.get(key))
        ]
    return [(what, _words(old), _words(new))]


def _words(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, Mapping):
        return str(value.get("title") or value.get("text") or value.get("name") or "present")
    return str(value)


def _validation(validation: Validation) -> dict[str, Any]:
    return {
        "reference": validation.reference,
        "kind": str(validation.kind),
        "opened": validation.opened_at.date(),
        "due": validation.due,
        "tier": validation.tier,
        "approvals": needed_capacities(validation),
        "policies": dict(sorted(validation.policies.items())),
        "validators": [
            row.person.name for row in validation.validators.select_related("person").order_by("id")
        ],
    }


def _model(validation: Validation) -> dict[str, Any]:
    model = validation.model
    entity = entity_of(model.scope)
    return {
        "reference": model.reference,
        "name": model.name,
        "class": str(model.model_class),
        "origin": str(model.origin),
        "method": model.method,
        "purpose": model.purpose,
        "entity": entity.name if entity else "",
        "owner": model.owner.name if model.owner else "",
        "developer": model.developer.name if model.developer else "",
    }


def version_facts(validation: Validation) -> dict[str, Any]:
    """The version under validation, by what identifies it."""
    version = validation.version
    return {
        "number": version.number,
        "format": str(version.format),
        "artefact": version.artefact,
    }


def _sample(sample: Any) -> dict[str, Any]:
    content = sample.snapshot.filled
    return {
        "part": str(sample.part),
        "reference": sample.snapshot.reference,
        "data": content.data_digest if content else "",
        "rows": content.rows if content else 0,
    }


def use_facts(row: ValidationUse) -> dict[str, Any]:
    """A use as it is validated: its own facts, or those a proposed change would give it."""
    if row.change is not None and row.change.standing == "proposed":
        facts = row.change.facts
        return {
            name: facts[name] for name in ("portfolio", "decision", "jurisdiction", "entity", "start", "end")
        }
    use = row.use
    if use is None:
        raise LookupError("a use that is neither there nor proposed")
    return {
        "portfolio": use.portfolio,
        "decision": use.decision,
        "jurisdiction": use.jurisdiction,
        "entity": use.entity.code,
        "start": use.start,
        "end": use.end,
    }


def _use(row: ValidationUse) -> dict[str, Any]:
    facts = use_facts(row)
    return {
        "id": use_name(row.use),
        "name": f"{facts['decision']}, {facts['portfolio']}",
        **facts,
        "proposed": row.change is not None,
        "judgement": str(row.judgement),
        "text": row.text,
    }


def use_name(use: Use | None) -> str:
    """How a use is named where it is signed."""
    return use.reference if use else "proposed"


def _item(item: ScopeItem) -> dict[str, Any]:
    assessment: Assessment | None = getattr(item, "assessment", None)
    return {
        "key": item.key,
        "section": item.section,
        "title": item.title,
        "ask": item.ask,
        "mandatory": item.mandatory,
        "guidelines": item.guidelines,
        "tests": item.tests,
        "exempt": item.exempt_reason,
        "substitute": item.substitute,
        "exempted_by": item.exempted_by.name if item.exempted_by else "",
        "rating": str(assessment.rating) if assessment else "",
        "text": assessment.text if assessment else "",
        "evidence": list(assessment.evidence) if assessment else [],
        "rated_by": assessment.person.name if assessment else "",
    }


def newest_results(validation: Validation) -> list[TestResult]:
    """The latest result of each test, attribute and item, in the order of the scope."""
    newest: dict[tuple[Any, ...], TestResult] = {}
    rows = validation.results.select_related("evidence", "evidence__voids", "item").order_by("run", "id")
    for row in rows:
        newest[row.item.section, row.item.position, row.test_id, row.part, row.column] = row
    return list(newest.values())


def _results(validation: Validation) -> list[dict[str, Any]]:
    return [
        {
            "item": row.item.key,
            "test": row.test_id,
            "part": str(row.part),
            "column": row.column,
            "evidence": row.evidence.result_digest if row.evidence else "",
            "light": str(row.evidence.light) if row.evidence else "not_defined",
            "problem": row.problem,
        }
        for row in newest_results(validation)
    ]


def _cited(validation: Validation, items: list[ScopeItem], findings: list[dict[str, Any]]) -> list[Evidence]:
    digests = {row.evidence.result_digest for row in newest_results(validation) if row.evidence}
    for item in items:
        digests |= set(item.assessment.evidence) if hasattr(item, "assessment") else set()
    for finding in findings:
        digests |= set(finding["evidence"])
    rows = Evidence.objects.filter(scope=validation.scope, result_digest__in=digests).select_related("voids")
    return sorted(rows, key=lambda item: (item.test_id, item.result_digest))


def _evidence(item: Evidence) -> dict[str, Any]:
    return {
        "id": item.short,
        "digest": item.result_digest,
        "test": item.test_id,
        "title": item.title,
        "light": str(item.light),
        "defined": item.defined,
        "sample": item.sample,
        "void": hasattr(item, "voids"),
    }


def findings_of(validation: Validation) -> list[Finding]:
    """What this validation found, withdrawn drafts left out."""
    rows = Finding.objects.filter(validation_id=validation.pk).standing().select_related("owner", "version")
    return list(rows.order_by("raised_at", "id"))


def _findings(validation: Validation) -> list[dict[str, Any]]:
    return [finding_facts(row) for row in findings_of(validation)]


def finding_facts(row: Finding) -> dict[str, Any]:
    """A finding as the report states it."""
    response = row.responses.select_related("person").first()
    plan = row.plans.first()
    closure = row.closures.filter(closed=True).first()
    return {
        "reference": row.reference,
        "severity": str(row.severity),
        "title": row.title,
        "text": row.text,
        "impact": row.impact,
        "rule": row.rule,
        "tests": row.tests,
        "evidence": row.evidence,
        "documents": [{"name": doc.name, "digest": doc.digest} for doc in row.documents.all()],
        "owner": row.owner.name,
        "state": str(row.state),
        "due": row.due,
        "accepted_until": row.accepted_until,
        "response": response
        and {"stance": str(response.stance), "text": response.text, "by": response.person.name},
        "plan": plan and {"text": plan.text, "until": plan.until, "agreed": plan.agreed},
        "closure": closure and {"text": closure.text, "evidence": closure.evidence},
    }


def _conditions(validation: Validation) -> list[Condition]:
    rows = Condition.objects.filter(validation_id=validation.pk).standing().select_related("finding")
    return list(rows.order_by("proposed_at", "id"))


def _condition(row: Condition) -> dict[str, Any]:
    return {
        "reference": row.reference,
        "text": row.text,
        "check": row.check_text,
        "due": row.due,
        "ends": row.ends,
        "finding": row.finding.reference if row.finding else "",
        "scope_item": row.scope_item,
        "justification": row.justification,
        "alternatives": row.alternatives,
    }


def latest_declarations(validation: Validation) -> list[Independence]:
    """The last declaration of each validator."""
    newest: dict[Any, Independence] = {}
    for row in validation.declarations.select_related("person").order_by("declared_at"):
        newest[row.person_id] = row
    return list(newest.values())


def undeclared(validation: Validation) -> list[str]:
    """Validators of the case who have not declared independence, or declared that a conflict remains."""
    clear = {row.person_id for row in latest_declarations(validation) if not row.conflict}
    rows = validation.validators.select_related("person").order_by("id")
    return [row.person.name for row in rows if row.person_id not in clear]


def _declaration(row: Independence) -> dict[str, Any]:
    return {
        "person": row.person.name,
        "reporting_line": row.reporting_line,
        "prior_involvement": row.prior_involvement,
        "conflict": row.conflict,
        "declared": row.declared_at.date(),
    }


def _opinion(validation: Validation) -> dict[str, Any] | None:
    opinion: Opinion | None = getattr(validation, "opinion", None)
    if opinion is None:
        return None
    return {
        "step": opinion.step,
        "summary": opinion.summary,
        "text": opinion.text,
        "aggregation": opinion.aggregation,
        "residual_risk": opinion.residual_risk,
        "confidence": str(opinion.confidence),
        "better_than_worst": opinion.better_than_worst,
        "expires": opinion.expires,
        "withdrawn": opinion.withdrawn_at is not None,
        "by": opinion.person.name,
    }


def _earlier(validation: Validation) -> dict[str, Any]:
    """Earlier validations of the model, and every finding that came before this one."""
    before = Validation.objects.filter(model=validation.model, opened_at__lt=validation.opened_at)
    found = Finding.objects.filter(model=validation.model, raised_at__lt=validation.opened_at).standing()
    return {
        "validations": [
            {
                "reference": row.reference,
                "kind": str(row.kind),
                "version": row.version.number,
                "state": str(row.state),
                "opened": row.opened_at.date(),
                "step": row.opinion.step if hasattr(row, "opinion") else None,
            }
            for row in before.select_related("version", "opinion").order_by("opened_at")
        ],
        "findings": [finding_facts(row) for row in found.select_related("owner").order_by("raised_at")],
    }


def policy_body(validation: Validation, kind: str) -> dict[str, Any]:
    """The policy of the day the validation was opened."""
    body: dict[str, Any] = by_digest(validation.policies[kind]).body
    return body


def tier_rules(validation: Validation) -> dict[str, Any]:
    """What the tier at opening asks for."""
    rules: dict[str, Any] = policy_body(validation, "tiers")["tiers"][str(validation.tier)]
    return rules


def is_light(validation: Validation) -> bool:
    """Whether the tier asks for a light review only."""
    return bool(tier_rules(validation)["opinion"] == "light")


def needed_capacities(validation: Validation) -> list[str]:
    """In which capacities the tier wants approvals, beside the opinion."""
    return list(tier_rules(validation)["approvals"])


def latest_expiry(validation: Validation, day: date) -> date:
    """The last day a grant made on `day` may have under the tier."""
    months = int(tier_rules(validation)["revalidation_months"])
    year, month = divmod(day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(day.year + year, month + 1, last)
        except ValueError:
            continue
    raise ValueError(f"no day {day} plus {months} months")
