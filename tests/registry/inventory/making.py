"""A bank with its first line, and models as far as a test needs them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from mrm.access.actors import Actor
from mrm.access.models import LegalEntity
from mrm.access.rules import Role
from registry.inventory import verbs
from registry.inventory.models import Model
from registry.inventory.rules import ModelClass
from tests.mrm.policy.people import bank, person

LARGE = {
    "exposure": "large", "customers": "many", "regulatory_use": "law", "autonomy": "sampled",
    "method": "regression", "data": "own", "interpretability": "by_sight", "dependencies": "one_way",
}  # fmt: skip
SMALL = {
    "exposure": "small", "customers": "few", "regulatory_use": "none", "autonomy": "informs",
    "method": "regression", "data": "own", "interpretability": "by_sight", "dependencies": "alone",
}  # fmt: skip
USE: dict[str, Any] = {
    "portfolio": "Consumer instalment credit",
    "decision": "Approve or decline an application",
    "jurisdiction": "DE",
    "start": date(2026, 1, 1),
    "exposure": Decimal("250000000.00"),
    "currency": "EUR",
    "expected_volume": 20_000,
}


@dataclass
class FirstLine:
    """The legal entity with an owner, a developer and a risk officer."""

    entity: LegalEntity
    owner: Actor
    developer: Actor
    officer: Actor

    def candidate(self, name: str = "Consumer instalment PD", **facts: Any) -> Model:
        """A candidate with nothing but its owner, developer and purpose."""
        given = {
            "owner": self.owner.person,
            "developer": self.developer.person,
            "model_class": ModelClass.PD,
            "purpose": "Probability of default within 12 months.",
            **facts,
        }
        return verbs.propose(
            self.owner, entity=self.entity, name=name, responsible=self.owner.person, **given
        )

    def registered(
        self, name: str = "Consumer instalment PD", answers: dict[str, str] | None = None
    ) -> Model:
        """A model in the register."""
        model = self.candidate(name)
        verbs.add_use(self.owner, model=model, **USE)
        verbs.answer_rubric(self.owner, model=model, answers=answers or LARGE)
        return verbs.register(self.owner, model=model)


def first_line() -> FirstLine:
    """Made by the acts of the house."""
    entity = bank()
    return FirstLine(
        entity=entity,
        owner=person("Olga Owner", Role.MODEL_OWNER, on=entity.scope),
        developer=person("Dan Developer", Role.MODEL_DEVELOPER, on=entity.scope),
        officer=person("Rita Officer", Role.RISK_OFFICER, on=entity.scope),
    )
