"""A scope with evidence on it, recorded as an upper room would."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mrm.access.actors import robot
from mrm.access.acts import Act, Verb
from mrm.access.models import Scope
from mrm.access.policy_table import POLICIES, Policy
from mrm.access.rules import Robot
from mrm.access.vocabulary import ROLES
from mrm.evidence import effects
from mrm.evidence.models import Evidence
from mrm.kernel.canonical import sha256
from tests.mrm.policy.people import bank, other_bank

RECORD = "test.record_evidence"
COMPUTATION: dict[str, Any] = {
    "kind": "test",
    "test_id": "disc.auc",
    "title": "Discrimination",
    "inputs": {"data": sha256(b"data"), "artefact": sha256(b"artefact")},
    "parameters": {"event": "2"},
    "method": {"id": "disc.auc", "version": 1},
    "seed": None,
    "results": {"defined": True, "statistic": 0.779312059677, "p_value": None, "ci": [0.73, 0.82]},
    "charts": [{"name": "roc", "kind": "roc", "data": [{"x": 0.0, "y": 0.0}]}],
    "sample": {"m": 300, "n": 300, "exclusions": []},
    "light": "green",
}


@pytest.fixture
def scope(db: None) -> Scope:
    """The scope of a legal entity."""
    return bank().scope


@pytest.fixture
def elsewhere(db: None) -> Scope:
    """The scope of another legal entity."""
    return other_bank().scope


@pytest.fixture
def record(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Evidence]:
    """Records one computation in an act of the worker."""
    return recorder(monkeypatch)


def recorder(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Evidence]:
    """An act of the worker that records evidence, for as long as the patch lasts."""
    monkeypatch.setitem(ROLES, RECORD, frozenset({Robot.WORKER.value}))
    monkeypatch.setitem(POLICIES, RECORD, Policy(RECORD, lambda arguments: arguments["scope"]))

    def body(act: Act, *, scope: Scope, facts: dict[str, Any]) -> Evidence:
        return effects.record(act, scope=scope, **facts)

    verb = Verb(RECORD, body)

    def run(scope: Scope, **changes: Any) -> Evidence:
        return verb(robot(Robot.WORKER), scope=scope, facts={**COMPUTATION, **changes})

    return run
