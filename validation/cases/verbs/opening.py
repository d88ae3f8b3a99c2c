"""Opening a validation: the policy decides the scope; appointing, exempting, withdrawing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from mrm.access.acts import Act, verb
from mrm.access.models import Person, User
from mrm.access.rules import GrantLevel, Role
from mrm.kernel.errors import BadInput, RuleRefused
from mrm.policy.queries import in_force, today
from mrm.policy.rules import Kind
from registry.data.models import Snapshot
from registry.inventory.effects import advance
from registry.inventory.models import Model, Use, UseChange
from registry.inventory.rules import State as ModelState
from registry.versions.models import Version
from validation.cases.models import (
    ScopeItem,
    Validation,
    ValidationSample,
    ValidationUse,
    ValidatorOfCase,
)
from validation.cases.rules import STATES, Sample, ValidationKind, ValidationState

DAYS_TO_FINISH = 60
KEPT = (
    Kind.TIERS,
    Kind.SCOPE_TEMPLATE,
    Kind.THRESHOLDS,
    Kind.FINDINGS,
    Kind.GATE,
    Kind.SIGNING,
    Kind.REGIMES,
    Kind.REASONS,
)


@verb("validation.open")
def open_validation(
    act: Act,
    *,
    version: Version,
    uses: list[Use],
    validators: list[Person],
    test: Snapshot | None = None,
    whole: Snapshot | None = None,
    development: Snapshot | None = None,
    kind: ValidationKind = ValidationKind.INITIAL,
    due: date | None = None,
    cutoff: Decimal | None = None,
    population_rate: Decimal | None = None,
    population_source: str = "",
) -> Validation:
    """Open a validation of a version for some uses; the model's tier and class decide its scope.

    Samples that are not named are those of the version's lineage. `cutoff` is the PD below which an application is
    approved, `population_rate` the event rate of the population, with its source.
    """
    model, day = version.model, today(version.scope, act.now)
    if model.tier is None:
        raise RuleRefused(
            "tier_missing", f"{model.reference} has no tier yet.", "Its owner answers the rubric first."
        )
    if Validation.objects.running().filter(version=version).exists():
        raise RuleRefused(
            "validation_running",
            f"Version {version.number} of {model.reference} is under validation already.",
            "Finish or withdraw that validation first.",
        )
    check_uses(model, uses, kind)
    check_validators(validators)
    version.admitted()
    declared = declarations(cutoff, population_rate, population_source)
    template = in_force(Kind.SCOPE_TEMPLATE, scope=version.scope, on=day, name=str(model.model_class))
    kept = {item: in_force(item, scope=version.scope, on=day) for item in KEPT if item != Kind.SCOPE_TEMPLATE}
    validation = act.save(
        Validation(
            scope=version.scope,
            kind=kind,
            model=model,
            version=version,
            tier=model.tier,
            policies={str(Kind.SCOPE_TEMPLATE): template.digest}
            | {str(name): found.digest for name, found in kept.items()},
            declared=declared,
            due=due or day + timedelta(days=DAYS_TO_FINISH),
            opened_by=act.person,
            opened_at=act.now,
        )
    )
    test = test or version.test_data
    parts = {
        Sample.TRAIN: development or version.training_snapshot,
        Sample.TEST: test,
        Sample.ALL: whole or test,
    }
    for part, snapshot in parts.items():
        if snapshot is not None:
            snapshot.usable()
            act.save(
                ValidationSample(scope=version.scope, validation=validation, part=part, snapshot=snapshot)
            )
    _use_rows(act, validation, uses)
    for person in validators:
        appointed(act, validation, person)
    mandatory = kept[Kind.TIERS].body["tiers"][str(model.tier)]["mandatory_sections"]
    for position, item in enumerate(template.body["items"]):
        act.save(
            ScopeItem(
                scope=version.scope,
                validation=validation,
                key=item["id"],
                section=item["section"],
                position=position,
                title=item["title"],
                ask=item["ask"],
                mandatory=item["mandatory"] and item["section"] in mandatory,
                guidelines=item["guidelines"],
                tests=item["tests"],
            )
        )
    if model.state in (ModelState.REGISTERED, ModelState.IN_DEVELOPMENT):
        advance(act, model=model, to=ModelState.IN_VALIDATION)
    return validation


def declarations(cutoff: Decimal | None, rate: Decimal | None, source: str) -> dict[str, str]:
    """Facts that no file holds, as text; a rate names its source."""
    if cutoff is not None and not 0 < cutoff < 1:
        raise BadInput("bad_declaration", f"{cutoff} is no probability.", "A cut-off lies between 0 and 1.")
    if rate is not None and (not 0 < rate < 1 or not source.strip()):
        raise BadInput(
            "bad_declaration",
            "The population's event rate lies between 0 and 1 and names its source.",
            "Say where the rate comes from, or leave it undeclared.",
        )
    given = {"cutoff": cutoff, "population_rate": rate, "population_source": source.strip() or None}
    return {name: str(value) for name, value in given.items() if value is not None}


def check_uses(model: Model, uses: list[Use], kind: ValidationKind) -> None:
    """At least one use (or, for a change, a proposed one), all of this model."""
    proposed = UseChange.objects.filter(model=model, standing=UseChange.Standing.PROPOSED)
    if not uses and not (kind == ValidationKind.CHANGE and proposed.exists()):
        raise BadInput("uses_missing", "A validation is for uses, and none was named.", "Choose the uses.")
    if any(use.model_id != model.pk for use in uses):
        raise BadInput(
            "uses_missing", "A use of another model was named.", f"Choose uses of {model.reference}."
        )


def check_validators(validators: list[Person]) -> None:
    """At least one person who holds the role."""
    if not validators:
        raise BadInput("validators_missing", "Nobody was named to validate.", "Name at least one validator.")
    for person in validators:
        accounts = User.objects.filter(person=person, is_active=True, groups__name=Role.VALIDATOR.value)
        if not person.active or not accounts.exists():
            raise BadInput(
                "validators_missing",
                f"{person.name} does not hold the role validator.",
                "Name somebody who does, or have an administrator give the role.",
            )


def appointed(act: Act, validation: Validation, person: Person) -> ValidatorOfCase:
    """Appoint one person and let them act on the model."""
    act.grant(person, validation.scope, GrantLevel.ACT)
    return act.save(
        ValidatorOfCase(scope=validation.scope, validation=validation, person=person, appointed_at=act.now)
    )


def _use_rows(act: Act, validation: Validation, uses: list[Use]) -> None:
    changes = UseChange.objects.filter(model=validation.model, standing=UseChange.Standing.PROPOSED)
    open_changes = list(changes) if validation.kind == ValidationKind.CHANGE else []
    changed = {change.use_id: change for change in open_changes if change.use_id}
    for use in uses:
        change = changed.pop(use.pk, None)
        act.save(ValidationUse(scope=validation.scope, validation=validation, use=use, change=change))
    for change in open_changes:
        if change.use_id is None or change.use_id in changed:
            act.save(
                ValidationUse(scope=validation.scope, validation=validation, use=change.use, change=change)
            )


@verb("validation.appoint")
def appoint(act: Act, *, validation: Validation, validator: Person) -> ValidatorOfCase:
    """Appoint another validator to a validation that is still written."""
    written(validation)
    check_validators([validator])
    known = validation.validators.filter(person=validator).first()
    return known or appointed(act, validation, validator)


@verb("validation.exempt")
def exempt(act: Act, *, validation: Validation, item: ScopeItem, reason: str, substitute: str) -> ScopeItem:
    """Exempt a scope item, with the reason and what stands in its place."""
    written(validation)
    in_scope(validation, item)
    if not (reason.strip() and substitute.strip()):
        raise BadInput(
            "exemption_unexplained",
            "An exemption needs its reason, and what stands in the item's place.",
            "Say both in a sentence each.",
        )
    act.reason = reason
    item.exempt_reason, item.substitute, item.exempted_by = reason.strip(), substitute.strip(), act.person
    return act.save(item)


@verb("validation.withdraw")
def withdraw(act: Act, *, validation: Validation, reason: str) -> Validation:
    """Withdraw a validation; what it brought stays on record."""
    if not reason.strip():
        raise BadInput("reason_missing", "A validation is not withdrawn without a reason.", "Say why.")
    act.reason = reason
    return ended(act, validation, ValidationState.WITHDRAWN)


def ended(act: Act, validation: Validation, state: ValidationState) -> Validation:
    """Give a validation its result, and the model the state that follows."""
    STATES.check(validation.state, state, validation.reference)
    validation.state = state
    validation.ended_at = act.now
    act.save(validation)
    model = validation.model
    if model.state == ModelState.IN_VALIDATION:
        others = Validation.objects.running().filter(model=model).exclude(pk=validation.pk)
        if state == ValidationState.GRANTED:
            advance(act, model=model, to=ModelState.APPROVED)
        elif not others.exists():
            advance(act, model=model, to=ModelState.IN_DEVELOPMENT)
    return validation


def written(validation: Validation) -> None:
    """Raise unless the validation is still being written."""
    if validation.under_signature:
        raise RuleRefused(
            "content_frozen",
            f"The content of {validation.reference} is frozen for signature.",
            "A validator reopens it first; the signatures given so far turn grey.",
        )
    if not validation.writable:
        raise RuleRefused(
            "wrong_state",
            f"{validation.reference} has its result: {validation.get_state_display()}.",
            "Open another validation.",
        )


def in_scope(validation: Validation, item: ScopeItem) -> None:
    """Raise unless the item belongs to the validation."""
    if item.validation_id != validation.pk:
        raise BadInput(
            "item_not_in_scope",
            "The item belongs to another validation.",
            "Open it from this validation's page.",
        )
