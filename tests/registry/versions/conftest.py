"""A registered model with a developer, and snapshots to build on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from mrm.access.actors import Actor, robot
from mrm.access.acts import Act, Verb
from mrm.access.intake import Upload
from mrm.access.policy_table import POLICIES, Policy
from mrm.access.rules import Robot, Role
from mrm.access.vocabulary import ROLES
from mrm.jobs import leases
from mrm.kernel.ids import uuid7
from registry.data import verbs as data
from registry.data.models import Dataset, Snapshot
from registry.inventory.effects import advance
from registry.inventory.models import Model, Use
from registry.inventory.queries import uses as uses_of
from registry.inventory.rules import State
from registry.versions import effects, gates, verbs
from registry.versions.gates import Answer
from registry.versions.models import UseGrant, Version
from tests.mrm.policy.people import person
from tests.registry.inventory.making import FirstLine, first_line
from tests.registry.making import released, scorecard, work

SIGNATURE = {
    "inputs": [{"name": "debt", "type": "number"}, {"name": "age", "type": "number"}],
    "outputs": ["p", "score"],
}


@dataclass
class Shop:
    """A model, its developer and a released snapshot with roles."""

    line: FirstLine
    model: Model
    developer: Actor
    dataset: Dataset
    snapshot: Snapshot

    def register(self, artefact: bytes | None = None, kind: str = "scorecard-json", **facts: Any) -> Version:
        """A version, not yet inspected."""
        content = scorecard() if artefact is None else artefact
        given = {"training_snapshot": self.snapshot, "test_snapshot": self.snapshot, **facts}
        file = None if kind == "external" else Upload.of("model", content)
        return verbs.register_version(self.developer, model=self.model, format=kind, artefact=file, **given)

    def version(self, artefact: bytes | None = None, kind: str = "scorecard-json", **facts: Any) -> Version:
        """A version, inspected."""
        made = self.register(artefact, kind, **facts)
        work(made.job)
        return Version.objects.with_facts().get(pk=made.pk)

    def admitted(self, **facts: Any) -> Version:
        """A version let in without opening its artefact: for tests of what comes after."""
        made = self.register(**facts)
        fence = leases.claim(made.job)
        assert fence is not None
        seen = verbs.Seen(
            SIGNATURE, "points", "fast", {"event": "1", "rows": 240, "compared": 0, "distinct": 9}
        )
        verbs.record_inspection(robot(Robot.WORKER), version=made, fence=fence, seen=seen)
        return Version.objects.with_facts().get(pk=made.pk)


UPPER = "test.second_line"


@dataclass
class Line:
    """A shop whose second line answers at once: models are approved, uses granted, other rooms' requirements met."""

    shop: Shop
    engineer: Actor
    _act: Verb[Any, Any]

    def approve(self, version: Version, *, uses: list[Use] | None = None, days: int = 365) -> list[UseGrant]:
        """The model approved and grants given."""
        given: list[UseGrant] = self._act(
            robot(Robot.WORKER), version=version, uses=uses or list(uses_of(version.model)), days=days
        )
        return given


def second_line(act: Act, *, version: Version, uses: list[Use], days: int) -> list[UseGrant]:
    """What a case does at its last approval."""
    for state in (State.IN_VALIDATION, State.APPROVED):
        if version.model.state not in {State.APPROVED, State.IN_USE}:
            advance(act, model=version.model, to=state)
    ends = date.today() + timedelta(days=days)  # noqa: DTZ011 - a date of the test, not of a record
    terms = [effects.Terms(use, ends, []) for use in uses]
    return effects.grant_uses(
        act, version=version, terms=terms, validation=uuid7(), validation_reference="V-1AAAA"
    )


@pytest.fixture
def line(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Line:
    """The shop with a quick second line and an ML engineer."""
    own = {"safe_artefact", "signature", "dataset_lineage", "use_grant"}
    get = gates.providers.get
    monkeypatch.setattr(
        gates.providers, "get", lambda key: get(key) if key in own else lambda ask: Answer("met")
    )
    monkeypatch.setitem(ROLES, UPPER, frozenset({Robot.WORKER.value}))
    monkeypatch.setitem(POLICIES, UPPER, Policy(UPPER, lambda arguments: arguments["version"]))
    engineer = person("Emil Engineer", Role.ML_ENGINEER, on=shop.line.entity.scope)
    return Line(shop, engineer, Verb(UPPER, second_line))


@pytest.fixture
def shop(db: None) -> Shop:
    """The shop."""
    line = first_line()
    model = line.registered()
    developer = line.developer
    dataset = data.create_dataset(developer, entity=line.entity, name="Loans")
    return Shop(line, model, developer, dataset, released(developer, dataset))
