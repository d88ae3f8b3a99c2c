"""The model card: page, Markdown and JSON say the same, from records; what is missing says why; strangers find nothing."""

from __future__ import annotations

import re

import pytest

from mrm.access.rules import Role
from mrm.ledger.clock import now
from registry.versions import verbs
from registry.versions.card import TITLES, as_json, as_markdown, card, parts
from registry.versions.models import Version
from tests.mrm.policy.people import person
from tests.registry.versions.conftest import Line, Shop
from tests.registry.versions.test_comparing import client, pair  # noqa: F401 - the fixture

pytestmark = pytest.mark.django_db


def test_every_section_has_lines_or_says_why_not(shop: Shop) -> None:
    version = shop.admitted()
    found = as_json(card(shop.developer, version, now()))
    assert [item["key"] for item in found["sections"]] == list(TITLES)
    for section in found["sections"]:
        assert bool(section["lines"]) != bool(section["missing"]), section["key"]
    missing = {item["key"]: item["missing"] for item in found["sections"] if item["missing"]}
    assert set(missing) >= {"metrics", "fairness", "explanation", "validation", "conditions"}
    assert found["artefact"] == version.artefact


def test_rooms_above_tell_their_sections() -> None:
    assert {key for key, _ in parts.items()} == {"limits", "validation", "conditions"}


def test_figures_stand_with_their_evidence_in_every_form(
    shop: Shop,
    pair: tuple[Version, Version],  # noqa: F811
) -> None:
    version = pair[0]
    here, browser = version.get_absolute_url(), client(shop.developer)
    plain = browser.get(f"{here}card.json").json()
    (auc,) = next(item for item in plain["sections"] if item["key"] == "metrics")["lines"]
    assert auc["value"]["statistic"] == 0.71
    assert auc["value"]["interval"] == [0.71 - 0.03, 0.71 + 0.03]
    text = browser.get(f"{here}card.md")
    assert "attachment" in text["Content-Disposition"]
    for content in (text.content.decode(), browser.get(f"{here}card/").content.decode()):
        assert auc["evidence"] in content
        assert ".710" in content


def test_stages_and_grants_are_told(line: Line) -> None:
    version = line.shop.admitted()
    line.approve(version)
    verbs.promote(line.engineer, version=version, stage="prod", reason="Approved for its use.")
    version.refresh_from_db()
    plain = as_json(card(line.shop.developer, version, now()))
    sections = {item["key"]: item["lines"] for item in plain["sections"]}
    assert [item["name"] for item in sections["stages"]] == ["dev", "staging", "prod"]
    assert sections["uses"][0]["value"]["standing"] == "active"


def test_what_people_wrote_is_no_markup(shop: Shop) -> None:
    version = shop.admitted(title="# <b>*best*</b> [x](y)", notes="`a`\n## forged")
    text = as_markdown(card(shop.developer, version, now()))
    heads = re.findall(r"^#+ .*$", text, re.MULTILINE)
    assert heads[1:] == [f"## {title}" for title in TITLES.values()]
    assert r"\# \<b\>\*best\*\</b\> \[x\](y)" in text


def test_a_stranger_finds_no_card(shop: Shop) -> None:
    version = shop.admitted()
    stranger = client(person("Sam Stranger", Role.VALIDATOR))
    for ending in ("card/", "card.md", "card.json"):
        found = stranger.get(f"{version.get_absolute_url()}{ending}")
        assert found.status_code == 404
        assert shop.model.name not in found.content.decode()
