"""Gates say what is unmet before anyone asks; use grants are given, lapse, are restricted and revoked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from mrm.access.actors import robot
from mrm.access.acts import Act, Verb
from mrm.access.policy_table import POLICIES, Policy
from mrm.access.rules import Robot
from mrm.access.vocabulary import ROLES
from mrm.kernel.errors import BadInput, Denied, RuleRefused
from mrm.kernel.ids import uuid7
from registry.inventory.queries import uses
from registry.versions import effects, gates, verbs
from registry.versions.gates import Answer, providers
from registry.versions.models import UseGrant, Version
from registry.versions.rules import GrantState
from tests.registry.versions.conftest import Shop

pytestmark = pytest.mark.django_db
UPPER = "test.upper_room"
SOON = date.today() + timedelta(days=365)  # noqa: DTZ011 - a date of the test, not of a record


@pytest.fixture
def upper_room(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs an effect of this room inside an act, as a room above would."""
    monkeypatch.setitem(ROLES, UPPER, frozenset({Robot.WORKER.value}))
    monkeypatch.setitem(POLICIES, UPPER, Policy(UPPER, lambda arguments: arguments["version"]))

    def body(act: Act, *, version: Version, effect: str, rest: dict[str, Any]) -> Any:
        given = {} if effect == "restrict" else {"version": version}
        return getattr(effects, effect)(act, **given, **rest)

    act = Verb(UPPER, body)
    return lambda effect, version, **rest: act(robot(Robot.WORKER), version=version, effect=effect, rest=rest)


def granted(upper_room: Callable[..., Any], version: Version, expires: date = SOON) -> list[UseGrant]:
    terms = [
        effects.Terms(use, expires, [{"reference": "C-1AAAA", "text": "only below 20,000"}])
        for use in uses(version.model)
    ]
    given: list[UseGrant] = upper_room(
        "grant_uses", version, terms=terms, validation=uuid7(), validation_reference="V-1AAAA"
    )
    return given


def states(version: Version) -> dict[str, str]:
    return {item.key: item.state for item in gates.requirements(version, now=timezone.now())}


@pytest.mark.slow
def test_own_requirements_are_answered_and_unknown_ones_are_unmet(
    shop: Shop, upper_room: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = shop.register()
    assert states(waiting)["safe_artefact"] == "unmet"
    version = shop.version()
    found = states(version)
    assert [found[key] for key in ("safe_artefact", "signature", "dataset_lineage")] == ["met"] * 3
    assert found["use_grant"] == "unmet"
    granted(upper_room, version)
    assert states(version)["use_grant"] == "met"
    monkeypatch.setattr(providers, "get", lambda key: None)
    assert set(states(version).values()) == {"unmet"}


@pytest.fixture
def all_others_met(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other rooms' requirements are met, so that this room's decide."""
    own = {"safe_artefact", "signature", "dataset_lineage", "use_grant"}
    get = providers.get
    monkeypatch.setattr(providers, "get", lambda key: get(key) if key in own else lambda ask: Answer("met"))


def test_a_gate_refuses_with_the_names_of_what_is_unmet(
    shop: Shop, upper_room: Callable[..., Any], all_others_met: None
) -> None:
    version = shop.version()
    gates.check(version, now=timezone.now(), stage="staging")
    with pytest.raises(RuleRefused) as refused:
        gates.check(version, now=timezone.now(), stage="prod")
    assert refused.value.code == "gate_unmet"
    assert "use grant" in refused.value.detail
    granted(upper_room, version)
    gates.check(version, now=timezone.now(), stage="prod")


def test_a_grant_lapses_by_its_date_and_is_renewed_in_its_own_row(
    shop: Shop, upper_room: Callable[..., Any]
) -> None:
    version = shop.version()
    yesterday = date.today() - timedelta(days=2)  # noqa: DTZ011 - a date of the test
    (grant,) = granted(upper_room, version, yesterday)
    assert grant.standing(date.today()) == "lapsed"  # noqa: DTZ011
    assert states(version)["use_grant"] == "unmet"
    (again,) = granted(upper_room, version)
    assert again.pk == grant.pk
    assert states(version)["use_grant"] == "met"


@pytest.mark.slow
def test_only_an_admitted_version_gets_a_grant(shop: Shop, upper_room: Callable[..., Any]) -> None:
    with pytest.raises(RuleRefused):
        granted(upper_room, shop.version(b"{}"))
    assert not UseGrant.objects.exists()


def test_an_officer_restricts_and_revokes_with_a_reason(shop: Shop, upper_room: Callable[..., Any]) -> None:
    (grant,) = granted(upper_room, shop.version())
    with pytest.raises(Denied):
        verbs.restrict_grant(shop.developer, grant=grant, reason="I built it")
    with pytest.raises(BadInput) as refused:
        verbs.restrict_grant(shop.line.officer, grant=grant, reason=" ")
    assert refused.value.code == "reason_missing"
    verbs.restrict_grant(shop.line.officer, grant=grant, reason="Evidence was voided.")
    grant.refresh_from_db()
    assert grant.state == GrantState.RESTRICTED
    verbs.revoke_grant(shop.line.officer, grant=grant, reason="It should not have been approved.")
    with pytest.raises(RuleRefused) as closed:
        verbs.restrict_grant(shop.line.officer, grant=grant, reason="again")
    assert closed.value.code == "wrong_state"
