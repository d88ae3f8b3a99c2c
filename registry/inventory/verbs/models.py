"""Acts on a model as a whole: propose, describe, assign, register, start development."""

from __future__ import annotations

from mrm.access.acts import Act, verb
from mrm.access.models import LegalEntity, Person, Scope, User
from mrm.access.rules import GrantLevel, Role, ScopeKind
from mrm.kernel.errors import BadInput, RuleRefused
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
    name = free_name(entity, name)
    for person, role in ((responsible, None), (owner, Role.MODEL_OWNER), (developer, Role.MODEL_DEVELOPER)):
        if person is not None:
            check_person(person, role)
    model = Model(
        scope=act.new_scope(ScopeKind.MODEL, parent=entity.scope, label=name),
        entity=entity,
        name=name,
        name_key=name_key(name),
        responsible=responsible,
        owner=owner,
        developer=developer,
        model_class=model_class,
        origin=origin,
        method=method.strip(),
        purpose=purpose.strip(),
        proposed_at=act.now,
    )
    grant_first_line(act, model)
    return act.save(model)


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


def free_name(entity: LegalEntity, name: str, but: Model | None = None) -> str:
    """The name without spare spaces, if no other model of the legal entity has it."""
    key = name_key(name)
    if not key:
        raise BadInput("name_taken", "A model needs a name that can be read.", "Type a name.")
    others = Model.objects.filter(entity=entity, name_key=key)
    if (others.exclude(pk=but.pk) if but else others).exists():
        raise BadInput(
            "name_taken",
            f"{entity.name} has a model called “{' '.join(name.split())}” already.",
            "Choose a name that tells the two apart, or open the one that is there.",
        )
    return " ".join(name.split())


def check_person(person: Person, role: Role | None) -> None:
    """Raise `person_unfit` unless the person is active and, where asked, holds the role."""
    if person.robot or not person.active:
        raise BadInput("person_unfit", f"{person.name} is not active here.", "Name somebody who is.")
    accounts = User.objects.filter(person=person, is_active=True)
    if role is not None and not accounts.filter(groups__name=role.value).exists():
        raise BadInput(
            "person_unfit",
            f"{person.name} does not hold the role {role.label}.",
            "Have an administrator give the role, or name somebody who holds it.",
        )


def grant_first_line(act: Act, model: Model) -> None:
    """Owner, developer and responsible person may act on the model."""
    for person in (model.responsible, model.owner, model.developer):
        if person is not None:
            act.grant(person, model.scope, GrantLevel.ACT)


def not_ended(model: Model) -> None:
    """Raise `wrong_state` for a model that is kept for reading only."""
    if model.state in ENDED:
        raise RuleRefused(
            "wrong_state",
            f"{model.name} is {model.get_state_display()} and kept as it was.",
            "Propose a new model if there is one.",
        )
