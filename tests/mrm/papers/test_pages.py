"""Pages of papers: seen by whoever may see the model, by nobody else; packs are taken by readers."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.test import Client

from mrm.access.models import Entry, User
from mrm.access.rules import GrantLevel, Role
from mrm.ledger import sealing
from mrm.papers.models import PaperVoid
from tests.mrm.papers.test_acts import Issued, issued, paper_issued  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def client_of(account: User) -> Client:
    client = Client()
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_list_and_the_page_are_for_those_who_may_see_the_model(issued: Issued) -> None:  # noqa: F811
    issued.bank.person("reader", Role.AUDITOR, level=GrantLevel.READ)
    issued.bank.person("stranger", Role.AUDITOR, level=None)
    reader, stranger = (client_of(issued.bank.accounts[name]) for name in ("reader", "stranger"))
    home = f"/papers/{issued.paper.reference}/"
    sealing.seal()
    assert issued.paper.reference in reader.get("/papers/").content.decode()
    assert issued.paper.reference not in stranger.get("/papers/").content.decode()
    for place in ("", "pdf/", "verify/", "pack/"):
        assert reader.get(home + place).status_code == 200, place
        assert stranger.get(home + place).status_code == 404, place
    assert reader.get(home + "pdf/").content == issued.pdf
    assert "proved" in reader.get(home + "verify/").content.decode()
    api = "/api/v1/papers/"
    assert (
        reader.get(f"{api}{issued.paper.reference}/").json()["content_digest"] == issued.paper.content_digest
    )
    assert stranger.get(f"{api}{issued.paper.reference}/").status_code == 404
    assert [len(c.get(api).json()["results"]) for c in (reader, stranger)] == [1, 0]


def test_a_regulator_with_a_grant_to_read_takes_the_pack_once_per_key(issued: Issued) -> None:  # noqa: F811
    issued.bank.person("supervisor", Role.REGULATOR, level=GrantLevel.READ)
    issued.bank.person("other", Role.AUDITOR, level=GrantLevel.READ)
    issued.bank.person("stranger", Role.REGULATOR, level=None)
    home = f"/papers/{issued.paper.reference}/"
    client = client_of(issued.bank.accounts["supervisor"])
    answers = [client.post(home + "pack/", {"idempotency_key": "k-1"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert issued.paper.exports.count() == 1
    file = client.get(answers[0].headers["Location"])
    assert file["Content-Type"] == "application/zip"
    assert f"papers/{issued.paper.file_name}" in zipfile.ZipFile(io.BytesIO(file.content)).namelist()
    assert client_of(issued.bank.accounts["other"]).get(answers[0].headers["Location"]).status_code == 404
    stranger = client_of(issued.bank.accounts["stranger"])
    assert stranger.post(home + "pack/", {"idempotency_key": "k-2"}).status_code == 404
    assert Entry.objects.filter(act="pack.export", outcome="done").count() == 1


def test_a_risk_officer_declares_a_paper_void_on_its_page(issued: Issued) -> None:  # noqa: F811
    issued.bank.person("officer", Role.RISK_OFFICER)
    client = client_of(issued.bank.accounts["officer"])
    home = f"/papers/{issued.paper.reference}/"
    assert client.post(home + "void/", {"reason": "Wrong annex."}).status_code == 302
    assert PaperVoid.objects.get().reason == "Wrong annex."
    assert "Wrong annex." in client.get(home).content.decode()
