"""Bad input on the pages: each is a sentence and a remedy, nothing is half-written, and the next one is taken all the same."""

from __future__ import annotations

import html
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from registry.data.models import ColumnRoles
from registry.versions import jobs
from registry.versions.models import Version
from registry.versions.rules import Admission
from registry.versions.sandbox import Limits
from tests.registry.making import ROLES, scorecard, upload, work
from tests.registry.making import rows as rows_of
from tests.registry.test_pages import client
from tests.registry.versions import fitted
from tests.registry.versions.conftest import Shop, shop  # noqa: F401 - the fixture

pytestmark = pytest.mark.django_db


def flat_card() -> bytes:
    """A scorecard that gives everybody the same points."""
    card = json.loads(scorecard())
    for variable in card["variables"]:
        if variable["type"] == "number":
            variable["points"] = [1] * len(variable["points"])
        else:
            variable["bins"] = [{"codes": ["north", "south", "west"], "points": 1}]
    return json.dumps(card).encode()


def sent(shop: Shop, name: str, artefact: bytes, kind: str) -> str:  # noqa: F811
    """What the page of a version says after it was sent by the form and inspected."""
    browser = client(shop.developer)
    answer = browser.post(
        f"/models/{shop.model.reference}/versions/new/",
        {
            "format": kind,
            "artefact": SimpleUploadedFile(name, artefact),
            "training_snapshot": shop.snapshot.reference,
            "test_snapshot": shop.snapshot.reference,
        },
    )
    assert answer.status_code == 302, answer.content.decode()
    work(Version.objects.order_by("-number").first().job)
    return html.unescape(browser.get(answer["Location"]).content.decode())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "make", "code"),
    [
        ("scorecard-json", flat_card, "score_constant"),
        ("lightgbm-txt", fitted.broken_booster, "artefact_crashed"),
        ("lightgbm-txt", fitted.endless_booster, "artefact_hung"),
    ],
)
def test_a_model_that_says_nothing_crashes_or_hangs_is_refused_on_its_page_and_the_next_is_taken(
    shop: Shop,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    make: object,
    code: str,
) -> None:
    if code == "artefact_hung":
        monkeypatch.setattr(jobs, "INSPECTION", Limits(seconds=12))
    page = sent(shop, "model.any", make(), kind)  # type: ignore[operator]
    found = Version.objects.get().found
    assert found.code == code
    assert "This version was refused." in page
    assert found.detail in page
    assert found.remedy
    assert found.remedy in page
    assert "No use was granted" in page
    monkeypatch.undo()
    assert "admitted" in sent(shop, "card.json", scorecard(), "scorecard-json")
    assert Version.objects.latest("number").admission == Admission.ADMITTED


def test_an_outcome_of_many_values_is_answered_on_the_form_of_roles(shop: Shop) -> None:  # noqa: F811
    snapshot = upload(shop.developer, shop.dataset, rows_of(seed=5))
    before = ColumnRoles.objects.count()
    roles = {f"role_{place}": role for place, role in enumerate(ROLES.values())}
    age = list(ROLES).index("age")
    roles = {name: "feature" if role == "y" else role for name, role in roles.items()} | {f"role_{age}": "y"}
    answer = client(shop.developer).post(
        f"{snapshot.get_absolute_url()}roles/", {"idempotency_key": "r", "event": "1", **roles}
    )
    assert answer.status_code == 422
    said = html.unescape(answer.content.decode())
    assert "two values" in said
    assert ColumnRoles.objects.count() == before
