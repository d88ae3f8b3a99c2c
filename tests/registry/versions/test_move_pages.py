"""Stages, names and search by page and API."""

from __future__ import annotations

import pytest
from django.test import Client

from mrm.access.actors import Actor
from mrm.access.models import User
from registry.versions import verbs
from registry.versions.models import Version
from registry.versions.rules import Stage
from tests.registry.versions.conftest import Line

pytestmark = pytest.mark.django_db


def client(actor: Actor) -> Client:
    browser = Client()
    account = User.objects.get(pk=actor.account_id)
    browser.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def test_a_version_goes_its_way_by_clicking(line: Line) -> None:
    shop = line.shop
    version = shop.admitted(input_example=[{"debt": 3.5, "age": 30, "region": "north"}])
    here = version.get_absolute_url()
    owner, engineer = client(shop.line.owner), client(line.engineer)
    page = owner.get(here).content.decode()
    assert "Promote to staging" in page
    assert "Input example" in page
    use = shop.model.uses.get()
    asked = owner.post(f"{here}request/", {"stage": "prod", "uses": [use.pk], "reason": "Ranks better."})
    assert asked.status_code == 302
    assert "Unmet when it was asked for" in owner.get(here).content.decode()
    refused = engineer.post(f"{here}promote/", {"stage": "prod", "uses": [use.pk]})
    assert refused.status_code == 409
    assert "An active use grant" in refused.content.decode()
    line.approve(version)
    assert engineer.post(f"{here}promote/", {"stage": "prod", "uses": [use.pk]}).status_code == 302
    assert Version.objects.get(pk=version.pk).stage == Stage.PROD
    assert "champion" in engineer.get(here).content.decode()
    assert client(shop.developer).post(f"{here}tag/", {"tag": "team", "value": "retail"}).status_code == 302
    assert client(shop.developer).post(f"{here}alias/", {"name": "stable"}).status_code == 302
    listed = owner.get("/versions/?q=retail&stage=prod").content.decode()
    assert "champion, stable" in listed
    for tail in ("alias/remove/", "tag/remove/", "withdraw/", "archive/", "lineage/"):
        assert client(shop.developer).get(f"{here}{tail}").status_code == 200


def test_the_endpoint_filters_and_refuses_unknown_values(line: Line) -> None:
    shop = line.shop
    version = shop.admitted()
    verbs.set_alias(shop.developer, version=version, name="stable")
    browser = client(shop.developer)
    (found,) = browser.get("/api/v1/versions/?alias=Stable&stage=dev").json()["results"]
    assert (found["number"], found["aliases"], found["stage"]) == (1, ["stable"], "dev")
    assert browser.get("/api/v1/versions/?tag=none").json()["results"] == []
    wrong = browser.get("/api/v1/versions/?stage=somewhere")
    assert wrong.status_code == 422
    assert wrong.json()["code"] == "bad_parameter"
    one = browser.get(f"/api/v1{version.get_absolute_url()}").json()
    assert (one["uses"], one["promotion_request"]) == ([], None)


def test_the_models_page_lists_stage_and_aliases(line: Line) -> None:
    version = line.shop.admitted()
    verbs.promote(line.shop.developer, version=version, stage=Stage.STAGING)
    verbs.set_alias(line.shop.developer, version=version, name="stable")
    page = client(line.shop.line.owner).get(line.shop.model.get_absolute_url()).content.decode()
    assert "staging" in page
    assert "<small>stable</small>" in page
