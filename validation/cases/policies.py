"""How the acts of a validation are judged. Who may not is read from the committed history of this very object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from mrm.access.actors import Actor
from mrm.access.history import people_who
from mrm.access.policy_table import policy
from registry.inventory.policies import owned_or_developed
from validation.cases.models import Approval, Validation
from validation.findings.models import Finding
from validation.findings.policies import built, not_first_line

Arguments = Mapping[str, Any]
VALIDATING = (
    "validation.run_tests",
    "assessment.rate",
    "independence.declare",
    "opinion.write",
    "opinion.write_light",
    "opinion.sign",
    "content.freeze",
)
DECIDING = ("approval.sign", "approval.reject")


def validated(validation: Validation) -> set[UUID]:
    """Who was appointed to validate, or did any of it."""
    appointed = set(validation.validators.values_list("person_id", flat=True))
    return appointed | people_who(VALIDATING, [validation])


def is_validator_of_case(actor: Actor, row: Validation, arguments: Arguments) -> str | None:
    """Only those appointed to this validation work on it."""
    if not row.validators.filter(person=actor.person).exists():
        return (
            f"{actor.person.name} is not a validator of {row.reference}; a risk officer appoints validators."
        )
    return None


def did_not_validate(actor: Actor, row: Validation, arguments: Arguments) -> str | None:
    """Nobody approves what they validated."""
    if actor.person.pk in validated(row):
        return f"{actor.person.name} validated {row.reference} and may not approve it."
    return None


def has_not_decided(actor: Actor, row: Validation, arguments: Arguments) -> str | None:
    """Nobody decides twice in one approval, and whoever recused does not decide at all."""
    if row.approvals.filter(person=actor.person, decision="recuse").exists():
        return f"{actor.person.name} has recused from {row.reference}."
    content = row.frozen
    if content and Approval.objects.filter(content=content, person=actor.person).exists():
        return f"{actor.person.name} has decided on {row.reference} already; nobody decides twice."
    return None


def did_not_approve(actor: Actor, row: Validation, arguments: Arguments) -> str | None:
    """Nobody validates what they decided on."""
    if actor.person.pk in people_who(DECIDING, [row]):
        return f"{actor.person.name} has decided on {row.reference} and may not validate it."
    return None


def uninvolved(actor: Actor, row: Validation, arguments: Arguments) -> str | None:
    """A light review is by somebody who had no part in the model: who advised on a fix of it had one."""
    advised = people_who(["finding.advise"], Finding.objects.filter(model=row.model))
    if actor.person.pk in advised:
        return f"{actor.person.name} advised on a fix of {row.model.reference}; an uninvolved validator reviews it."
    return None


def validators_are_independent(actor: Actor, row: Any, arguments: Arguments) -> str | None:
    """Nobody is appointed to validate what they own, developed or built, or decided on."""
    case: Validation | None = arguments.get("validation")
    model = case.model if case else arguments["version"].model
    barred = owned_or_developed(model) | built(model)
    decided = people_who(DECIDING, [case]) if case else set()
    named = [*(arguments.get("validators") or []), *filter(None, [arguments.get("validator")])]
    for person in named:
        if person.pk in barred:
            return f"{person.name} owned, developed or built {model.reference} and may not validate it."
        if person.pk in decided:
            return f"{person.name} has decided on {case.reference if case else model.reference} and may not validate it."
    return None


def not_among_validators(actor: Actor, row: Validation, arguments: Arguments) -> str | None:
    """Whoever exempts an item is not the one who would have to judge it."""
    if actor.person.pk in validated(row):
        return f"{actor.person.name} validates {row.reference}; a risk officer who does not, decides on exemptions."
    return None


policy("validation.open", "version", not_first_line, validators_are_independent)
policy("validation.appoint", "validation", not_first_line, validators_are_independent)
policy("report.draft", "validation", not_first_line)
policy("validation.run_tests", "validation", not_first_line, is_validator_of_case, did_not_approve)
policy("validation.record_tests", "validation")
policy("validation.exempt", "validation", not_first_line, not_among_validators)
policy("validation.withdraw", "validation", not_first_line)
policy("assessment.rate", "item.validation", not_first_line, is_validator_of_case, did_not_approve)
policy("independence.declare", "validation", not_first_line, is_validator_of_case)
policy("condition.propose", "validation", not_first_line)
policy("condition.withdraw", "condition", not_first_line)
policy("opinion.write", "validation", not_first_line, is_validator_of_case, did_not_approve)
policy("opinion.write_light", "validation", not_first_line, is_validator_of_case, did_not_approve, uninvolved)
policy("content.freeze", "validation", not_first_line, is_validator_of_case, did_not_approve)
policy("content.reopen", "validation", not_first_line, is_validator_of_case)
policy("opinion.sign", "validation", not_first_line, is_validator_of_case, did_not_approve)
policy("opinion.withdraw", "validation", is_validator_of_case)
policy("approval.sign", "validation", not_first_line, did_not_validate, has_not_decided)
policy("approval.reject", "validation", not_first_line, did_not_validate, has_not_decided)
policy("approval.recuse", "validation", has_not_decided)
