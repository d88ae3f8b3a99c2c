"""What the tests of the inventory share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mrm.access.actors import robot
from mrm.access.acts import Act, Verb
from mrm.access.policy_table import POLICIES, Policy
from mrm.access.rules import Robot
from mrm.access.vocabulary import ROLES
from registry.inventory import effects
from tests.registry.inventory.making import FirstLine, first_line

UPPER = "test.upper_room"


@pytest.fixture
def bank_line(db: None) -> FirstLine:
    """A legal entity with its first line and a risk officer."""
    return first_line()


@pytest.fixture
def upper_room(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs an effect of the inventory inside an act, as a room above would."""
    monkeypatch.setitem(ROLES, UPPER, frozenset({Robot.WORKER.value}))
    monkeypatch.setitem(
        POLICIES, UPPER, Policy(UPPER, lambda arguments: next(iter(arguments["rows"].values())))
    )

    def body(act: Act, *, effect: str, rows: dict[str, Any], rest: dict[str, Any]) -> Any:
        for row in rows.values():
            row.refresh_from_db()
        return getattr(effects, effect)(act, **rows, **rest)

    act = Verb(UPPER, body)

    def run(effect: str, rest: dict[str, Any] | None = None, **rows: Any) -> Any:
        return act(robot(Robot.WORKER), effect=effect, rows=rows, rest=rest or {})

    return run
