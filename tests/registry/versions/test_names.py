"""Aliases and tags: look-alikes are one name, the workflow's names are its own, search finds by all of them."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mrm.access.rules import Role
from mrm.kernel.errors import BadInput, Denied, RuleRefused
from registry.versions import queries, verbs
from registry.versions.aliases import alias_key
from registry.versions.models import Alias
from registry.versions.rules import Stage
from tests.mrm.policy.people import person
from tests.registry.versions.conftest import Line, Shop

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "name", ["champion", "Champion", " CHAMPION ", "ｃｈａｍｐｉｏｎ", "cham\u200bpion", "ℭhampion"]
)
def test_look_alikes_are_one_name(name: str) -> None:
    assert alias_key(name) == "champion"


def test_an_alias_moves_and_goes(shop: Shop) -> None:
    first, second = shop.register(), shop.register()
    verbs.set_alias(shop.developer, version=first, name="Stable")
    verbs.set_alias(shop.developer, version=second, name=" STABLE")
    assert Alias.objects.get().version == second
    assert queries.version_by_alias(shop.model, "stable") == second
    assert queries.version_by_alias(shop.model, "other") is None
    assert queries.aliases_of(second) == ["STABLE"]
    verbs.remove_alias(shop.developer, model=shop.model, name="ｓtable")
    with pytest.raises(RuleRefused):
        verbs.remove_alias(shop.developer, model=shop.model, name="stable")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "alias_wrong"),
        (" \u200b ", "alias_wrong"),
        ("Latest", "alias_wrong"),
        ("v3", "alias_wrong"),
        ("12", "alias_wrong"),
        ("a" * 256, "alias_wrong"),
        ("mrm.shadow", "alias_reserved"),
        ("ＭＲＭ．x", "alias_reserved"),
    ],
)
def test_names_that_are_not_given_by_hand(shop: Shop, name: str, code: str) -> None:
    with pytest.raises((BadInput, RuleRefused)) as refused:
        verbs.set_alias(shop.developer, version=shop.register(), name=name)
    assert refused.value.code == code
    assert not Alias.objects.exists()


def test_tags_are_set_replaced_and_removed(shop: Shop) -> None:
    version = shop.register()
    verbs.tag_version(shop.developer, version=version, key=" team ", value="retail")
    verbs.tag_version(shop.developer, version=version, key="team", value="wholesale")
    verbs.tag_model(shop.developer, model=shop.model, key="team", value="all")
    assert queries.tags_of(version) == {"team": "wholesale"}
    assert queries.tags_of(shop.model) == {"team": "all"}
    verbs.untag_version(shop.developer, version=version, key="team")
    with pytest.raises(RuleRefused):
        verbs.untag_version(shop.developer, version=version, key="team")
    for key, code in (("", "tag_wrong"), ("k" * 251, "tag_wrong"), ("mrm.origin", "alias_reserved")):
        with pytest.raises((BadInput, RuleRefused)) as refused:
            verbs.tag_model(shop.developer, model=shop.model, key=key)
        assert refused.value.code == code
    verbs.untag_model(shop.developer, model=shop.model, key="team")
    assert queries.tags_of(shop.model) == {}
    with pytest.raises(Denied):
        verbs.tag_version(shop.line.officer, version=version, key="team", value="second line")


def test_search_by_name_tag_alias_stage_and_format_sees_only_what_one_may_see(line: Line) -> None:
    shop = line.shop
    first, second = shop.admitted(title="first"), shop.admitted()
    verbs.tag_version(shop.developer, version=first, key="team", value="retail")
    verbs.set_alias(shop.developer, version=second, name="Stable")
    verbs.promote(shop.developer, version=second, stage=Stage.STAGING)

    def found(**asked: str) -> list[int]:
        rows = queries.search(shop.developer, asked).order_by("number")
        return [row.number for row in rows]

    assert found() == [1, 2]
    assert found(name="CONSUMER") == [1, 2]
    assert found(name="overdraft") == []
    assert found(tag="team") == found(tag="team=retail") == [1]
    assert found(tag="team=wholesale") == []
    assert found(alias="stable") == found(stage="staging") == [2]
    assert found(stage="dev", format="scorecard-json") == [1]
    assert found(format="skops") == []
    with pytest.raises(BadInput) as refused:
        found(stage="somewhere")
    assert refused.value.code == "bad_parameter"
    stranger = person("Sam Stranger", Role.MODEL_DEVELOPER)
    assert not queries.search(stranger, {}).exists()


def test_search_costs_the_same_however_many_versions(shop: Shop) -> None:
    counts = []
    for _ in range(2):
        for _ in range(3):
            verbs.tag_version(shop.developer, version=shop.register(), key="n", value="1")
        with CaptureQueriesContext(
            connection,
        ) as seen:
            rows = list(queries.search(shop.developer, {"tag": "n"}))
            assert [(queries.aliases_of(row), queries.tags_of(row), row.admission) for row in rows]
        counts.append(len(seen))
    assert counts[0] == counts[1]
