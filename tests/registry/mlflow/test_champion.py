"""The alias `champion`, set by an MLflow client: refused with what is missing, and done once all of it is there."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from mrm.access import verbs as access
from mrm.access.models import User
from mrm.access.rules import Role
from mrm.ledger.clock import now
from registry.inventory.models import Model
from registry.inventory.rules import State
from registry.versions import gates
from registry.versions.models import Version
from tests.mrm.policy.people import bank, person
from tests.registry.mlflow.conftest import Door
from tests.validation.cases.making import Bank, fresh, later, make_bank
from validation.cases.models import Validation
from validation.cases.verbs import judging
from validation.findings.models import Finding
from validation.findings.rules import Severity
from validation.findings.verbs import requests

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
ITEMS = ["data.period", "explainability.drivers", "fairness.disparate_impact"]
MISSING = (
    "An active use grant",
    "SHAP evidence",
    "LIME evidence",
    "Disparate-impact evidence",
    "Approvals of the tier",
)


class Examined(Bank):
    """A bank whose validators run the tests that the gate asks for, and bind a disparity to a condition."""

    def tested(self, items: list[str] | None = None, **changes: Any) -> Validation:
        """With explanations and disparate impact."""
        return super().tested(items=ITEMS, cutoff="0.4", **changes)

    def issue_all(self, validation: Validation) -> list[Finding]:
        """High ones are planned; each disparity is named with its justification, its alternatives and an end."""
        found = super().issue_all(validation)
        for finding in found:
            finding.refresh_from_db()
            if finding.severity == Severity.HIGH:
                requests.plan(
                    self.owner, finding=finding, text="Mended with the next version.", until=later(20)
                )
                requests.approve_plan(self.officer, finding=finding, agree=True, text="Agreed.")
            if "fair.air" in finding.tests:
                judging.propose_condition(
                    self.validator,
                    validation=validation,
                    finding=finding,
                    ends=later(180),
                    text="Decline no applicant of the group by the score alone.",
                    check="A sample of declined applications each month.",
                    justification="Age carries risk beyond the other inputs.",
                    alternatives="A card without age ranks less well.",
                )
        return found


def door(who: Any) -> Door:
    """The MLflow door of somebody, by a token of theirs."""
    account = User.objects.get(pk=who.account_id)
    return Door(access.issue_token(who, account=account, name="pipeline", days=1), Client())


def test_champion_is_refused_while_anything_is_missing_and_done_after_the_validation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = Examined(**vars(make_bank(tier=3)))
    engineer = door(person("Emil Engineer", Role.ML_ENGINEER, on=bank().scope))
    asked = {"name": house.model.name, "version": str(house.version.number), "alias": "champion"}
    status, code, message = engineer.error("POST", "registered-models/alias", **asked)
    assert (status, code) == (409, "RESOURCE_CONFLICT")
    assert [words for words in MISSING if words not in message] == []
    assert house.version.get_absolute_url() in message
    validation = house.granted()
    assert fresh(validation).state == "granted"
    # how a run is repeated has its own tests (tests/registry/training); the card of this bank was written by hand
    assert [item.key for item in gates.unmet(house.version, now=now())] == ["run_reproduced"]
    assert engineer.error("POST", "registered-models/alias", **asked)[0] == 409
    answers = gates.providers.get
    monkeypatch.setattr(
        gates.providers,
        "get",
        lambda key: (lambda ask: gates.Answer("met")) if key == "run_reproduced" else answers(key),
    )
    engineer.post("registered-models/alias", **asked)
    stands = engineer.ok("GET", "registered-models/alias", name=house.model.name, alias="champion")
    assert stands["model_version"]["version"] == "1"
    assert stands["model_version"]["current_stage"] == "Production"
    assert Version.objects.get(pk=house.version.pk).stage == "prod"
    assert Model.objects.get(pk=house.model.pk).state == State.IN_USE
    status, _, message = door(house.developer).error("POST", "registered-models/alias", **asked)
    assert status == 403, "who built it does not bring it into production"
