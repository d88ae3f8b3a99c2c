"""One line per act: on which object it is judged, and which conditions of separation hold.

A condition is `(actor, row, arguments) -> str | None`: the sentence why this person may not, or None. Conditions
read committed history only, so that they can be asked before the act (to say it on the page) and again under the lock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from mrm.access.actors import Actor
from mrm.access.models import Scope

Condition = Callable[[Actor, Any, Mapping[str, Any]], str | None]
Target = Callable[[Mapping[str, Any]], Any]


class Scoped(Protocol):
    """Any row that leads to a scope."""

    @property
    def scope(self) -> Scope: ...


@dataclass(frozen=True)
class Policy:
    """How one act is judged."""

    act: str
    target: Target
    conditions: tuple[Condition, ...] = ()
    own_grant: bool = True
    acting: bool = True
    facts: dict[str, Any] = field(default_factory=dict)


POLICIES: dict[str, Policy] = {}


def policy(
    act: str,
    target: str | Target,
    *conditions: Condition,
    own_grant: bool = True,
    acting: bool = True,
    **facts: Any,
) -> None:
    """Say how `act` is judged. `target` names the argument that leads to the scope (dots walk).

    `own_grant=False` is for acts whose right does not come from a grant on the object: administration, one's own
    account, and acts whose condition is stricter than any grant. `acting=False` is for acts that change nothing of the
    object (its pack is taken, its evidence computed again): a grant to read it is enough.
    """
    if act in POLICIES:
        raise ValueError(f"act {act!r} has a policy already")
    find = target if callable(target) else _walk(target)
    POLICIES[act] = Policy(act, find, conditions, own_grant, acting, facts)


def _walk(path: str) -> Target:
    first, *rest = path.split(".")

    def find(arguments: Mapping[str, Any]) -> Any:
        row = arguments[first]
        for name in rest:
            row = getattr(row, name)
        return row

    return find
