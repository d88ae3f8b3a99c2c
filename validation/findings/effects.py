"""What other rooms' acts do with findings and conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Any
from uuid import UUID

from mrm.access.acts import Act
from mrm.evidence.models import Evidence
from registry.versions.models import Version
from validation.findings.models import Condition, Finding
from validation.findings.rules import CONDITION_STATES, ConditionState, FindingState


@dataclass(frozen=True)
class Seen:
    """One result as the rules see it: its test, its light, its evidence and the words a rule may use."""

    test: str
    light: str
    evidence: Evidence
    facts: Mapping[str, str]
    column: str = ""


def raise_from_rules(
    act: Act,
    *,
    version: Version,
    validation_id: UUID,
    validation_reference: str,
    rules: Sequence[Mapping[str, Any]],
    seen: Sequence[Seen],
) -> list[Finding]:
    """Draft the findings that the policy's rules raise from results: one per rule (and column) and validation.

    A draft of an earlier run takes the newest words and evidence; what the owner has seen stays as it was.
    """
    raised = []
    for rule in rules:
        for item in seen:
            if item.test != rule["test"] or item.light not in rule["lights"]:
                continue
            key = f"{rule['id']}:{item.column}" if item.column else rule["id"]
            finding = Finding.objects.filter(validation_id=validation_id, rule=key).first()
            if finding is None:
                finding = Finding(
                    scope=version.scope,
                    model=version.model,
                    version=version,
                    validation_id=validation_id,
                    validation_reference=validation_reference,
                    rule=key,
                    owner=version.model.owner,
                    raised_at=act.now,
                )
            elif finding.state != FindingState.DRAFT:
                continue
            finding.severity = rule["severity"]
            finding.title = fill(rule["title"], item.facts)[:200]
            finding.text = fill(rule["text"], item.facts)
            finding.tests = [item.test]
            finding.evidence = [item.evidence.result_digest]
            raised.append(act.save(finding))
    return raised


def fill(text: str, facts: Mapping[str, str]) -> str:
    """The words of a rule with the words in braces taken from the evidence; what it does not bring is left out."""
    names = {name for _, name, _, _ in Formatter().parse(text) if name}
    filled = text.format(**{name: facts.get(name, "") for name in names})
    return " ".join(filled.split())


def put_in_force(act: Act, *, validation_id: UUID) -> list[Condition]:
    """The conditions of a validation begin to bind with its grant."""
    proposed = Condition.objects.filter(validation_id=validation_id, state=ConditionState.PROPOSED)
    made = []
    for condition in proposed:
        CONDITION_STATES.check(condition.state, ConditionState.IN_FORCE, condition.reference)
        condition.state = ConditionState.IN_FORCE
        made.append(act.save(condition))
    return made
