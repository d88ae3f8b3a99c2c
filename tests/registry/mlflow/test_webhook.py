"""The webhook of the bank's other MLflow: signed, fresh, throttled, and never more than a ring."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.http import HttpResponse
from django.test import Client

from mrm.jobs.models import Job
from mrm.jobs.rules import JobState
from mrm.ledger.clock import now
from registry.mlflow import polling, webhook

SECRET, DELIVERY = "a secret of the bank", "0b9c1f2e-7f0a-4f6e-9d55-1c2f0a9b8e77"
BODY = json.dumps({"entity": "model_version", "action": "created"}, separators=(",", ":"))


def test_the_signature_is_mlflow_s_own() -> None:
    # made by mlflow 3.17.2: mlflow.webhooks.delivery._generate_hmac_signature
    made = webhook.signature(SECRET, DELIVERY, "1764032400", BODY.encode())
    assert made == "v1,vI9xRbtFM/41Ar1XZ55SUqZUML8g5auDOYfLC3OI9sA="


def ring(
    client: Client, *, secret: str = SECRET, late: int = 0, body: str = BODY, **headers: str
) -> HttpResponse:
    """A delivery, as MLflow sends it."""
    stamp = str(int((now() - timedelta(seconds=late)).timestamp()))
    sent = {
        "X-MLflow-Signature": webhook.signature(secret, DELIVERY, stamp, body.encode()),
        "X-MLflow-Delivery-Id": DELIVERY,
        "X-MLflow-Timestamp": stamp,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    answer: HttpResponse = client.post("/hooks/mlflow/", BODY, "application/json", headers=sent)  # type: ignore[assignment]
    return answer


@pytest.fixture
def hook(db: None, settings: LazySettings, client: Client) -> Client:
    """An installation that expects its webhook."""
    settings.MRM_MLFLOW_IMPORT_SECRET = SECRET
    settings.MRM_MLFLOW_IMPORT_URL = "http://mlflow.bank.example"
    return client


def test_a_genuine_ring_asks_for_a_poll_and_one_is_enough(
    hook: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "slot", lambda moment, seconds: "the same moment")
    assert ring(hook).status_code == 202
    polls = Job.objects.filter(kind="mlflow.poll")
    assert polls.count() == 1
    assert ring(hook).json() == {"poll": "waits already"}  # type: ignore[attr-defined]
    polls.update(state=JobState.SUCCEEDED)
    again = ring(hook)
    assert (again.status_code, again["Retry-After"]) == (429, "10")
    assert polls.count() == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"secret": "another"},
        {"late": 301},
        {"late": -301},
        {"body": BODY + " "},
        {"X_MLflow_Signature": ""},
        {"X_MLflow_Signature": "v1,\u00fc"},
        {"X_MLflow_Timestamp": "soon"},
        {"X_MLflow_Timestamp": "\u00b2"},
        {"X_MLflow_Timestamp": "9" * 40},
        {"X_MLflow_Delivery_Id": "another"},
    ],
)
def test_a_forged_or_old_ring_is_refused(hook: Client, changed: dict[str, str]) -> None:
    answer = ring(hook, **changed)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert answer.json()["code"] == "hook_refused"  # type: ignore[attr-defined]
    assert not Job.objects.filter(kind="mlflow.poll").exists()


def test_without_a_secret_nobody_rings(hook: Client, settings: LazySettings) -> None:
    settings.MRM_MLFLOW_IMPORT_SECRET = ""
    assert ring(hook, secret="").status_code == 401
    assert hook.get("/hooks/mlflow/").status_code == 401


def test_a_body_that_is_too_large_is_refused_unread(hook: Client) -> None:
    assert hook.post("/hooks/mlflow/", b"x" * (webhook.LARGEST + 1), "application/json").status_code == 401


def test_the_scheduler_asks_once_in_each_stretch(hook: Client, settings: LazySettings) -> None:
    polling.plan_poll()
    polling.plan_poll()
    assert Job.objects.filter(kind="mlflow.poll").count() == 1
    settings.MRM_MLFLOW_IMPORT_URL = ""
    Job.objects.filter(kind="mlflow.poll").update(period_key="done")
    polling.plan_poll()
    assert Job.objects.filter(kind="mlflow.poll").count() == 1
