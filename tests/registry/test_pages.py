"""Pages and read endpoints of data and versions: who sees what, and a constant number of queries."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mrm.access.actors import Actor
from mrm.access.models import User
from mrm.access.rules import Role
from registry.data.models import ColumnRoles, Dataset, Snapshot
from registry.versions.models import Version
from tests.mrm.policy.people import person
from tests.registry.making import ROLES, rows, scorecard, upload, work
from tests.registry.versions.conftest import Shop, shop  # noqa: F401 - the fixture

pytestmark = pytest.mark.django_db


def client(actor: Actor) -> Client:
    made = Client()
    made.force_login(
        User.objects.get(pk=actor.account_id), backend="django.contrib.auth.backends.ModelBackend"
    )
    return made


def addresses(shop: Shop, version: Version) -> dict[str, str]:  # noqa: F811
    model, data, snapshot = shop.model.reference, shop.dataset.reference, shop.snapshot.reference
    return {
        "datasets": "/datasets/",
        "dataset": f"/datasets/{data}/",
        "upload": f"/datasets/{data}/upload/",
        "codes": f"/datasets/{data}/codes/",
        "snapshot": f"/snapshots/{snapshot}/",
        "roles": f"/snapshots/{snapshot}/roles/",
        "rows": f"/snapshots/{snapshot}/rows/",
        "versions": f"/models/{model}/versions/",
        "register": f"/models/{model}/versions/new/",
        "version": f"/models/{model}/versions/{version.number}/",
        "api datasets": "/api/v1/datasets/",
        "api dataset": f"/api/v1/datasets/{data}/",
        "api snapshots": f"/api/v1/datasets/{data}/snapshots/",
        "api snapshot": f"/api/v1/snapshots/{snapshot}/",
        "api versions": f"/api/v1/models/{model}/versions/",
        "api version": f"/api/v1/models/{model}/versions/{version.number}/",
    }


@pytest.mark.slow
def test_who_was_granted_sees_every_page_and_a_stranger_none(shop: Shop) -> None:  # noqa: F811
    pages = addresses(shop, shop.version())
    stranger = client(person("Sam Stranger", Role.MODEL_DEVELOPER))
    for name, url in pages.items():
        assert client(shop.developer).get(url).status_code == 200, name
        answer = stranger.get(url)
        assert answer.status_code == (200 if name in {"datasets", "api datasets"} else 404), name
        for secret in (shop.dataset.reference, shop.dataset.name, shop.snapshot.reference, shop.model.name):
            assert secret not in answer.content.decode().replace(url, ""), name


def test_a_grant_on_the_model_shows_facts_of_its_data_but_not_the_rows(shop: Shop) -> None:  # noqa: F811
    pages = addresses(shop, shop.version())
    reader = client(person("Rae Reader", Role.VALIDATOR, on=shop.model.scope))
    facts = reader.get(pages["snapshot"])
    assert facts.status_code == 200
    assert shop.snapshot.content.data_digest in facts.content.decode()
    shown = reader.get(pages["rows"]).content.decode()
    assert "grant on the dataset" in shown
    assert "north" not in shown
    assert reader.get(pages["dataset"]).status_code == 404
    assert shop.dataset.reference not in reader.get("/datasets/").content.decode()
    answer = reader.get(pages["api snapshot"]).json()
    assert answer["data_digest"] == shop.snapshot.content.data_digest


def test_uploading_and_naming_columns_by_the_forms(shop: Shop) -> None:  # noqa: F811
    browser = client(shop.developer)
    address = f"/datasets/{shop.dataset.reference}/upload/"
    form: dict[str, Any] = {"idempotency_key": "a", "title": "second", "delimiter": "auto", "header": "auto"}
    for _ in range(2):
        sent = {**form, "file": SimpleUploadedFile("rows.csv", rows(seed=11).encode())}
        answer = browser.post(address, sent)
        assert answer.status_code == 302
    made = Snapshot.objects.get(title="second")
    assert answer["Location"] == made.get_absolute_url()
    work(made.standing.job)
    roles = {f"role_{place}": role for place, role in enumerate(ROLES.values())}
    sent = {"idempotency_key": "b", "event": "7", "attribute_0": "age", "edge_0": "25", **roles}
    refused = browser.post(f"{made.get_absolute_url()}roles/", sent)
    assert refused.status_code == 422
    assert "The event value “7” does not occur" in refused.content.decode()
    assert browser.post(f"{made.get_absolute_url()}roles/", {**sent, "event": "1"}).status_code == 302
    kept = ColumnRoles.objects.get(snapshot=made)
    assert kept.roles.columns == ROLES
    assert kept.roles.attributes[0]["reference"] == "age > 25"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "The file is empty."),
        ("binary.csv", b"a\x00b", "zero bytes"),
    ],
)
def test_a_bad_file_is_answered_on_the_form(shop: Shop, name: str, content: bytes, said: str) -> None:  # noqa: F811
    before = Snapshot.objects.count()
    answer = client(shop.developer).post(
        f"/datasets/{shop.dataset.reference}/upload/", {"file": SimpleUploadedFile(name, content)}
    )
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert Snapshot.objects.count() == before


def test_a_pickle_is_answered_on_the_form_with_the_way_out(shop: Shop) -> None:  # noqa: F811
    import pickle

    snapshot = shop.snapshot.reference
    answer = client(shop.developer).post(
        f"/models/{shop.model.reference}/versions/new/",
        {
            "format": "skops",
            "artefact": SimpleUploadedFile("model.skops", pickle.dumps({"a": 1})),
            "training_snapshot": snapshot,
            "test_snapshot": snapshot,
        },
    )
    assert answer.status_code == 422
    assert "skops.io.dump" in answer.content.decode()
    assert not Version.objects.exists()


def test_a_version_by_the_form_and_its_refusal_on_the_page(shop: Shop) -> None:  # noqa: F811
    card = json.loads(scorecard())
    card["variables"][0]["name"] = "wealth"
    snapshot = shop.snapshot.reference
    browser = client(shop.developer)
    answer = browser.post(
        f"/models/{shop.model.reference}/versions/new/",
        {
            "format": "scorecard-json",
            "artefact": SimpleUploadedFile("card.json", json.dumps(card).encode()),
            "training_snapshot": snapshot,
            "test_snapshot": snapshot,
            "parameters": '{"seed": 7}',
        },
    )
    assert answer.status_code == 302
    work(Version.objects.get().job)
    page = browser.get(answer["Location"]).content.decode()
    assert "This version was refused." in page
    assert "wealth" in page
    assert "model_columns_missing" in page


def test_lists_cost_the_same_whatever_their_length(shop: Shop) -> None:  # noqa: F811
    browser = client(shop.developer)
    shop.register()
    lists = (
        "/datasets/",
        f"/datasets/{shop.dataset.reference}/",
        f"/models/{shop.model.reference}/versions/",
    )

    def costs() -> list[int]:
        counts = []
        for url in lists:
            browser.get(url)
            with CaptureQueriesContext(
                connection,
            ) as seen:
                assert browser.get(url).status_code == 200
            counts.append(len(seen))
        return counts

    few = costs()
    for seed in range(3):
        upload(shop.developer, shop.dataset, rows(40, seed))
        shop.register()
    assert Dataset.objects.count() == 1
    assert costs() == few
