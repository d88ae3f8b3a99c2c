"""Pages of experiments and runs."""

from __future__ import annotations

from django.test import Client

from mrm.access.models import User
from tests.registry.mlflow.conftest import Door, House
from tests.registry.mlflow.test_tracking import begun, experiment


def test_a_run_is_shown_with_its_metrics_drawn(house: House, dev: Door) -> None:
    home = experiment(dev)
    run = begun(dev, home, run_name="first try")
    for step in range(4):
        dev.post("runs/log-metric", run_id=run, key="loss", value=1 / (step + 1), timestamp=step, step=step)
    dev.post("runs/log-metric", run_id=run, key="odd", value="NaN", timestamp=1, step=0)
    dev.post("runs/log-parameter", run_id=run, key="depth", value="3")
    pages = {}
    for who in ("dev", "stranger"):
        client = Client()
        account = User.objects.get(pk=house.bank.accounts[who].pk)
        client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
        for path in ("/experiments/", f"/experiments/{home}/", f"/experiments/{home}/runs/{run}/"):
            answer = client.get(path)
            pages[who, path] = (answer.status_code, answer.content.decode())
    assert "churn" in pages["dev", "/experiments/"][1]
    assert "first try" in pages["dev", f"/experiments/{home}/"][1]
    status, text = pages["dev", f"/experiments/{home}/runs/{run}/"]
    assert status == 200
    for words in ("<svg", "loss over the steps of the run", "NaN", "depth", "not reproduced"):
        assert words in text
    assert "churn" not in pages["stranger", "/experiments/"][1]
    assert pages["stranger", f"/experiments/{home}/"][0] == 404
    assert pages["stranger", f"/experiments/{home}/runs/{run}/"][0] == 404
