"""Acts on a model as a whole: propose, describe, assign, register, start development."""

from __future__ import annotations

from mrm.access.acts import Act, verb
from mrm.access.models import LegalEntity, Person, Scope
from mrm.access.rules import Role
from mrm.kernel.errors import BadInput, RuleRefused
from registry.inventory import effects
from registry.inventory.checks import check_person, free_name, grant_first_line
from registry.inventory.effects import advance
from registry.inventory.models import Model
from registry.inventory.queries import missing_for_registration
from registry.inventory.rules import ENDED, TRANSITIONS, ModelClass, Origin, State, name_key


@verb("model.propose")
def propose(
    act: Act,
    *,
    entity: LegalEntity,
    name: str,
    responsible: Person,
    owner: Person | None = None,
    developer: Person | None = None,
    model_class: ModelClass = ModelClass.OTHER,
    origin: Origin = Origin.IN_HOUSE,
    method: str = "",
    purpose: str = "",
) -> Model:
    """Propose a model: a name, a legal entity and a responsible person make a candidate; the rest may follow."""
    return effects.propose(
        act,
        entity=entity,
        name=name,
        responsible=responsible,
        owner=owner,
        developer=developer,
        model_class=model_class,
        origin=origin,
        method=method,
        purpose=purpose,
    )


@verb("model.describe")
def describe(
    act: Act,
    *,
    model: Model,
    purpose: str,
    model_class: ModelClass,
    origin: Origin,
    method: str = "",
    name: str | None = None,
) -> Model:
    """Change what a model is for, its class, origin, method or name."""
    not_ended(model)
    if not purpose.strip() and model.state != State.CANDIDATE:
        raise BadInput("registration_incomplete", "A registered model has a purpose.", "Say what it is for.")
    if name is not None and name != model.name:
        # names are compared under the lock that proposals take too
        Scope.objects.select_for_update().get(pk=model.entity.scope_id)
        model.name = free_name(model.entity, name, but=model)
        model.name_key = name_key(name)
        model.scope.label = model.name
        act.save(model.scope)
    model.purpose, model.method = purpose.strip(), method.strip()
    model.model_class, model.origin = model_class, origin
    return act.save(model)


@verb("model.assign")
def assign(act: Act, *, model: Model, owner: Person, developer: Person | None = None) -> Model:
    """Name the accountable owner and the developer; each may act on the model from then on."""
    not_ended(model)
    check_person(owner, Role.MODEL_OWNER)
    if developer is not None:
        check_person(developer, Role.MODEL_DEVELOPER)
    model.owner, model.developer = owner, developer
    grant_first_line(act, model)
    return act.save(model)


@verb("model.register")
def register(act: Act, *, model: Model) -> Model:
    """Enter a candidate in the register: it has an owner, a purpose, a use and answers to the rubric."""
    TRANSITIONS.check(model.state, State.REGISTERED, f"The model {model.name}")
    if lacking := missing_for_registration(model):
        raise RuleRefused(
            "registration_incomplete",
            f"The model lacks: {', '.join(item.what.lower() for item in lacking)}.",
            f"{'; '.join(item.mend for item in lacking)}.",
        )
    model.registered_at = act.now
    grant_first_line(act, model)
    return advance(act, model=model, to=State.REGISTERED)


@verb("model.start_development")
def start_development(act: Act, *, model: Model) -> Model:
    """Begin to build a registered model."""
    TRANSITIONS.check(model.state, State.IN_DEVELOPMENT, f"The model {model.name}")
    return advance(act, model=model, to=State.IN_DEVELOPMENT)


def not_ended(model: Model) -> None:
    """Raise `wrong_state` for a model that is kept for reading only."""
    if model.state in ENDED:
        raise RuleRefused(
            "wrong_state",
            f"{model.name} is {model.get_state_display()} and kept as it was.",
            "Propose a new model if there is one.",
        )
