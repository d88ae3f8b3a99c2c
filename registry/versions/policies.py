"""How the acts of this room are judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from mrm.access.actors import Actor
from mrm.access.acts import may_see
from mrm.access.history import people_who
from mrm.access.models import Entry, Scope
from mrm.access.policy_table import policy
from mrm.access.rules import Role
from mrm.access.separation import first_line, not_of_the_first_line
from mrm.kernel.errors import RuleRefused
from mrm.ledger.clock import now
from registry.inventory.policies import SECOND_LINE
from registry.versions import gates
from registry.versions.aliases import CHALLENGER, CHAMPION, alias_key
from registry.versions.models import Version
from registry.versions.rules import Stage


def not_of_the_second_line(actor: Actor, row: Any, arguments: Mapping[str, Any]) -> str | None:
    """Who has validated or approved this model builds nothing for it."""
    if _judged(actor, row):
        return f"{actor.person.name} has judged this model and may not build a version of it."
    return None


def sees_its_data(actor: Actor, row: Any, arguments: Mapping[str, Any]) -> str | None:
    """A version is registered only on snapshots whose dataset was granted to the developer."""
    for name in ("training_snapshot", "test_snapshot", "scored_snapshot"):
        snapshot = arguments.get(name)
        if snapshot is not None and not actor.robot and not may_see(actor, snapshot.scope):
            return f"{actor.person.name} was not granted the dataset of the {name.replace('_', ' ')}."
    return None


def registered(version: Version) -> set[Any]:
    """Who registered this version, or had it registered: for the conditions of other rooms."""
    return people_who(["version.register"], [version]) | {version.registered_by_id}


def builders(scope: Scope) -> set[UUID]:
    """Who registered a version under a scope, or had it registered: by page, training run or MLflow client."""
    versions = Version.objects.filter(model__scope=scope)
    return people_who(["version.register"], versions) | set(
        versions.values_list("registered_by_id", flat=True)
    )


first_line.register("versions", builders)


def may_deploy(actor: Actor, version: Version) -> str | None:
    """Production is for ML engineers who neither built this version nor judged the model.

    The domain gives deployment to `ml_engineer` and forbids that role only to change an approval; that nobody brings
    their own build into production, or what they approved, is the four-eyes rule of this room.
    """
    if Role.ML_ENGINEER not in actor.roles:
        return (
            f"Versions are brought into and out of production by ML engineers; {actor.person.name} is none."
        )
    if actor.person.pk in registered(version):
        return f"{actor.person.name} built this version; another ML engineer brings it into production."
    if _judged(actor, version):
        return f"{actor.person.name} has judged this model and does not bring it into production."
    return None


def may_move(actor: Actor, version: Version) -> str | None:
    """Short of production: the first line that builds and runs it."""
    if _judged(actor, version):
        return f"{actor.person.name} has judged this model and moves no version of it."
    return None


def may_ask(actor: Actor, version: Version) -> str | None:
    """A promotion is asked for by the owner's and the developer's side."""
    if not actor.roles & {Role.MODEL_OWNER, Role.MODEL_DEVELOPER}:
        return f"Promotions are requested by model owners and developers; {actor.person.name} is neither."
    return may_move(actor, version)


def promotes(actor: Actor, row: Version, arguments: Mapping[str, Any]) -> str | None:
    """Staging is near the builders, production is not."""
    if arguments.get("stage") != Stage.PROD:
        return may_move(actor, row)
    return _with_gate(may_deploy(actor, row), row, arguments.get("uses"))


def _with_gate(reason: str | None, version: Version, uses: Any) -> str | None:
    """Whoever may not deploy still hears what the version lacks: the refusal then says all of it at once."""
    if reason is None:
        return None
    try:
        lacking = gates.unmet(version, now=now(), uses=uses)
    except RuleRefused:
        return reason
    said = "; ".join(item.title for item in lacking)
    return f"{reason} Unmet at the gate of version {version.number}: {said}." if lacking else reason


def archives(actor: Actor, row: Version, arguments: Mapping[str, Any]) -> str | None:
    """What is in production is taken out by those who bring it in."""
    return may_deploy(actor, row) if row.stage == Stage.PROD else may_move(actor, row)


def asks(actor: Actor, row: Version, arguments: Mapping[str, Any]) -> str | None:
    """Who may ask for a promotion may also take the request back."""
    return may_ask(actor, row)


def names(actor: Actor, row: Version, arguments: Mapping[str, Any]) -> str | None:
    """The aliases of the workflow are promotions by another name."""
    key = alias_key(str(arguments.get("name", "")))
    if key == CHAMPION:
        return _with_gate(may_deploy(actor, row), row, None)
    return may_ask(actor, row) if key == CHALLENGER else may_move(actor, row)


def _judged(actor: Actor, row: Any) -> bool:
    found = Entry.objects.filter(scope=row.scope, act__in=SECOND_LINE, outcome="done", person=actor.person)
    return found.exists()


policy("version.register", "model", not_of_the_second_line, sees_its_data)
policy("version.state_lineage", "version", not_of_the_second_line, sees_its_data)
policy("version.inspect", "version")
policy("version.promote", "version", promotes)
policy("version.archive", "version", archives)
policy("promotion.request", "version", asks)
policy("promotion.withdraw", "request.version", asks)
policy("alias.set", "version", names)
policy("alias.remove", "model", not_of_the_second_line)
policy("version.tag", "version", not_of_the_second_line)
policy("version.untag", "version", not_of_the_second_line)
policy("model.tag", "model", not_of_the_second_line)
policy("model.untag", "model", not_of_the_second_line)
policy("grant.restrict", "grant", not_of_the_first_line)
policy("grant.revoke", "grant", not_of_the_first_line)
