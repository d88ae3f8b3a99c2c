"""Stages: the gate is in the way, people are kept apart, production follows grants, aliases follow production."""

from __future__ import annotations

import pytest

from mrm.access.actors import actor_of, robot
from mrm.access.acts import can
from mrm.access.models import Entry, User
from mrm.access.rules import Robot, Role
from mrm.access.verbs import give_role
from mrm.kernel.errors import BadInput, Denied, NotFound, RuleRefused
from registry.inventory import verbs as inventory
from registry.inventory.models import Model
from registry.inventory.rules import State
from registry.versions import queries, verbs
from registry.versions.models import Alias, PromotionRequest, StageRow, Version
from registry.versions.rules import RequestState, Stage
from tests.mrm.policy.people import person
from tests.registry.inventory.making import USE
from tests.registry.versions.conftest import Line

pytestmark = pytest.mark.django_db


def aliases(model: Model) -> dict[str, int]:
    return dict(Alias.objects.filter(model=model).values_list("key", "version__number"))


def stages(version: Version) -> list[str]:
    return list(StageRow.objects.filter(version=version).order_by("number").values_list("stage", flat=True))


def test_dev_staging_production_with_the_gate_in_the_way(line: Line) -> None:
    shop = line.shop
    version = shop.admitted()
    verbs.promote(shop.developer, version=version, stage=Stage.STAGING)
    before = Entry.objects.count()
    with pytest.raises(RuleRefused) as refused:
        verbs.promote(line.engineer, version=version, stage=Stage.PROD)
    assert refused.value.code == "gate_unmet"
    assert "use grant" in refused.value.detail
    assert version.get_absolute_url() in refused.value.remedy
    assert [item.key for item in refused.value.facts["requirements"]] == ["use_grant"]
    assert Entry.objects.count() == before
    line.approve(version)
    verbs.promote(line.engineer, version=version, stage=Stage.PROD, reason="Release 7.")
    assert stages(version) == ["dev", "staging", "prod"]
    shop.model.refresh_from_db()
    assert shop.model.state == State.IN_USE
    assert aliases(shop.model) == {"champion": 1}
    with pytest.raises(RuleRefused) as again:
        verbs.promote(line.engineer, version=version, stage=Stage.PROD)
    assert again.value.code == "promotion_pointless"


def test_a_version_without_lineage_does_not_reach_staging(line: Line) -> None:
    waiting = line.shop.register()
    with pytest.raises(RuleRefused) as refused:
        verbs.promote(line.shop.developer, version=waiting, stage=Stage.STAGING)
    assert {item.key for item in refused.value.facts["requirements"]} == {"safe_artefact", "signature"}
    with pytest.raises(BadInput) as odd:
        verbs.promote(line.shop.developer, version=waiting, stage=Stage.ARCHIVED)
    assert odd.value.code == "promotion_target"


def test_who_may_bring_a_version_into_production(line: Line) -> None:
    shop = line.shop
    version = shop.admitted()
    for actor in (shop.developer, shop.line.owner):
        with pytest.raises(Denied) as denied:
            verbs.promote(actor, version=version, stage=Stage.PROD)
        assert "ML engineers" in denied.value.detail
        assert "Unmet at the gate of version 1: An active use grant" in denied.value.detail
    with pytest.raises(Denied):
        verbs.promote(shop.line.officer, version=version, stage=Stage.STAGING)
    give_role(
        robot(Robot.MIGRATOR), account=User.objects.get(pk=shop.developer.account_id), role=Role.ML_ENGINEER
    )
    builder = actor_of(User.objects.get(pk=shop.developer.account_id))
    assert "built this version" in str(can(builder, "version.promote", version=version, stage=Stage.PROD))
    judge = person("Jo Judge", Role.RISK_OFFICER, Role.ML_ENGINEER, on=shop.line.entity.scope)
    assert can(judge, "version.promote", version=version, stage=Stage.PROD) is None
    inventory.override_tier(judge, model=shop.model, tier=2, reason="The exposure is shared.")
    assert "has judged" in str(can(judge, "version.promote", version=version, stage=Stage.PROD))
    stranger = person("Sam Stranger", Role.ML_ENGINEER)
    with pytest.raises(NotFound):
        verbs.promote(stranger, version=version, stage=Stage.PROD)
    assert stages(version) == ["dev"]


def test_the_alias_champion_is_the_promotion(line: Line) -> None:
    shop = line.shop
    version = shop.admitted()
    with pytest.raises(RuleRefused) as refused:
        verbs.set_alias(line.engineer, version=version, name=" Champion\u200b ")
    assert refused.value.code == "gate_unmet"
    with pytest.raises(Denied) as denied:
        verbs.set_alias(shop.developer, version=version, name="ｃｈａｍｐｉｏｎ")
    assert "Unmet at the gate" in denied.value.detail
    line.approve(version)
    alias = verbs.set_alias(line.engineer, version=version, name="CHAMPION")
    assert (alias.key, alias.name) == ("champion", "champion")
    assert stages(version) == ["dev", "staging", "prod"]
    with pytest.raises(RuleRefused) as kept:
        verbs.remove_alias(line.engineer, model=shop.model, name="champion")
    assert kept.value.code == "alias_reserved"


def test_a_better_version_takes_over_and_the_old_one_can_come_back(line: Line) -> None:
    first, second = line.shop.admitted(), line.shop.admitted()
    line.approve(first)
    line.approve(second)
    for version in (first, second):
        verbs.promote(line.engineer, version=version, stage=Stage.PROD)
    assert stages(first) == ["dev", "staging", "prod", "staging"]
    assert aliases(line.shop.model) == {"champion": 2}
    verbs.promote(line.engineer, version=first, stage=Stage.PROD, reason="Back: version 2 is slow.")
    assert aliases(line.shop.model) == {"champion": 1}
    assert Version.objects.get(pk=second.pk).stage == Stage.STAGING


def test_with_several_uses_production_is_per_use_and_champion_is_refused(line: Line) -> None:
    shop = line.shop
    inventory.add_use(shop.line.owner, model=shop.model, **{**USE, "decision": "Price of the loan"})
    one, two = shop.model.uses.order_by("id")
    first, second = shop.admitted(), shop.admitted()
    line.approve(first, uses=[one])
    line.approve(second, uses=[one, two])
    with pytest.raises(RuleRefused) as refused:
        verbs.set_alias(line.engineer, version=second, name="champion")
    assert refused.value.code == "champion_per_use"
    assert shop.model.get_absolute_url() in refused.value.remedy
    with pytest.raises(RuleRefused) as unmet:
        verbs.promote(line.engineer, version=first, stage=Stage.PROD)
    assert unmet.value.code == "gate_unmet"
    verbs.promote(line.engineer, version=first, stage=Stage.PROD, uses=[one])
    assert aliases(shop.model) == {"champion": 1}
    verbs.promote(line.engineer, version=second, stage=Stage.PROD, uses=[two])
    assert aliases(shop.model) == {}
    verbs.promote(line.engineer, version=second, stage=Stage.PROD, uses=[one])
    assert aliases(shop.model) == {"champion": 2}
    assert Version.objects.get(pk=second.pk).serves == sorted([one.reference, two.reference])
    assert Version.objects.get(pk=first.pk).stage == Stage.STAGING


def test_a_lapse_keeps_serving_and_a_revocation_stops(line: Line) -> None:
    version = line.shop.admitted()
    line.approve(version)
    verbs.promote(line.engineer, version=version, stage=Stage.PROD)
    (grant,) = line.approve(version, days=-3)
    assert queries.lapses(version) == ["lapsed"]
    assert Version.objects.get(pk=version.pk).stage == Stage.PROD
    verbs.restrict_grant(line.shop.line.officer, grant=grant, reason="Evidence was voided.")
    assert Version.objects.get(pk=version.pk).stage == Stage.PROD
    verbs.revoke_grant(line.shop.line.officer, grant=grant, reason="It should not have been approved.")
    assert Version.objects.get(pk=version.pk).stage == Stage.STAGING
    assert aliases(line.shop.model) == {}
    with pytest.raises(RuleRefused):
        verbs.promote(line.engineer, version=version, stage=Stage.PROD)


def test_a_request_keeps_what_is_open_and_the_promotion_closes_it(line: Line) -> None:
    shop = line.shop
    version = shop.admitted()
    request = verbs.request_promotion(
        shop.line.owner, version=version, stage=Stage.PROD, reason="Better ranking."
    )
    assert [item["key"] for item in request.open_requirements] == ["use_grant"]
    assert aliases(shop.model) == {"challenger": 1}
    with pytest.raises(RuleRefused) as twice:
        verbs.request_promotion(shop.developer, version=version, stage=Stage.PROD, reason="Please.")
    assert twice.value.code == "promotion_requested"
    with pytest.raises(Denied):
        verbs.request_promotion(line.engineer, version=version, stage=Stage.PROD, reason="Mine.")
    verbs.withdraw_promotion(shop.developer, request=request, reason="Wait for May.")
    assert aliases(shop.model) == {}
    with pytest.raises(RuleRefused):
        verbs.withdraw_promotion(shop.developer, request=request, reason="Again.")
    alias = verbs.set_alias(shop.developer, version=version, name="challenger")
    assert alias.version_id == version.pk
    line.approve(version)
    verbs.promote(line.engineer, version=version, stage=Stage.PROD)
    states = PromotionRequest.objects.filter(version=version).values_list("state", flat=True)
    assert sorted(states) == [RequestState.DONE, RequestState.WITHDRAWN]
    assert aliases(shop.model) == {"champion": 1}


def test_archived_is_for_good(line: Line) -> None:
    shop = line.shop
    version = shop.admitted()
    line.approve(version)
    verbs.promote(line.engineer, version=version, stage=Stage.PROD)
    verbs.set_alias(shop.developer, version=version, name="stable")
    with pytest.raises(Denied):
        verbs.archive(shop.developer, version=version, reason="Old.")
    with pytest.raises(BadInput):
        verbs.archive(line.engineer, version=version, reason=" ")
    verbs.archive(line.engineer, version=version, reason="Replaced outside.")
    assert aliases(shop.model) == {}
    with pytest.raises(RuleRefused) as refused:
        verbs.promote(shop.developer, version=version, stage=Stage.STAGING)
    assert refused.value.code == "wrong_state"


def test_a_use_of_another_model_is_no_use(line: Line) -> None:
    other = line.shop.line.registered("Overdraft PD")
    with pytest.raises(BadInput) as refused:
        verbs.promote(line.engineer, version=line.shop.admitted(), stage=Stage.PROD, uses=[other.uses.get()])
    assert refused.value.code == "use_unknown"
