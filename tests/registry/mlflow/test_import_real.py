"""The same poll against a real MLflow server: what its client registered there comes in, and its webhook rings here."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.test import Client

from mrm.access.models import User
from mrm.access.rules import Role
from mrm.jobs.models import Job
from registry.inventory.models import Model
from registry.mlflow import taking
from registry.mlflow.models import ClientRun, Imported
from registry.versions.models import Version
from tests.installation import eventually, free_port
from tests.mrm.policy.people import bank, person
from tests.registry.making import work

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
SECRET = "a secret of the bank"


class Catcher(HTTPServer):
    """Takes deliveries and keeps them."""

    def __init__(self) -> None:
        self.caught: list[tuple[dict[str, str], bytes]] = []
        super().__init__(("127.0.0.1", 0), Delivery)


class Delivery(BaseHTTPRequestHandler):
    """One delivery."""

    server: Catcher

    def do_POST(self) -> None:
        """Keep it as it came."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.caught.append((dict(self.headers), body))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Silent."""


@contextmanager
def caught() -> Iterator[Catcher]:
    """A catcher, while the block runs."""
    catcher = Catcher()
    threading.Thread(target=catcher.serve_forever, daemon=True).start()
    try:
        yield catcher
    finally:
        catcher.shutdown()
        catcher.server_close()


@contextmanager
def served(python: Path, folder: Path) -> Iterator[str]:
    """An MLflow server of the client's own release, with its database and artefacts in a folder."""
    port = free_port()
    env = {
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http",
        "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true",
        "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": Fernet.generate_key().decode(),
    }
    arguments = ["--backend-store-uri", f"sqlite:///{folder}/other.db", "--artifacts-destination", f"{folder}/files",
                 "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]  # fmt: skip
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [str(python), "-m", "mlflow", "server", *arguments], cwd=folder, env=env, stdout=log, stderr=log
        )
        try:
            client = f"http://127.0.0.1:{port}"
            eventually(lambda: answers(client), "the MLflow server answers", 180)
            yield client
        finally:
            process.terminate()
            process.wait(30)


def answers(url: str) -> bool:
    """Whether its health page does."""
    from urllib.request import urlopen

    try:
        with urlopen(f"{url}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_what_a_team_registered_there_comes_in(
    mlflow_client: Path, tmp_path: Path, settings: LazySettings, client: Client
) -> None:
    owner = person("Olga Owner", Role.MODEL_OWNER, on=bank().scope)
    with served(mlflow_client, tmp_path) as url, caught() as hook:
        team = [str(mlflow_client), str(Path(__file__).with_name("team.py"))]
        env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "MLFLOW_TRACKING_URI": url}
        done = subprocess.run(
            [*team, f"http://127.0.0.1:{hook.server_address[1]}/", SECRET],
            check=False, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-4000:]
        settings.MRM_MLFLOW_IMPORT_URL, settings.MRM_MLFLOW_IMPORT_SECRET = url, SECRET
        settings.MRM_MLFLOW_IMPORT_ENTITY = bank().code
        settings.MRM_MLFLOW_IMPORT_RESPONSIBLE = User.objects.get(pk=owner.account_id).username
        eventually(lambda: len(hook.caught) >= 3, "three versions ring")
        headers, body = hook.caught[0]
        signed = {name: value for name, value in headers.items() if name.lower().startswith("x-mlflow-")}
        assert client.post("/hooks/mlflow/", body, "application/json", headers=signed).status_code == 202
        job = Job.objects.get(kind="mlflow.poll")
        work(job.pk)
        again = taking.begin().everything(lambda done, total, text: None, lambda: False)
    assert {name: again[name] for name in ("models", "versions", "runs")} == {
        "models": 0,
        "versions": 0,
        "runs": 0,
    }
    assert again["refused"] == []
    assert set(Model.objects.values_list("name", "state")) == {
        ("Arrears trees", "candidate"),
        ("Arrears line", "candidate"),
    }
    found = {(row.model.name, row.number): row for row in Version.objects.select_related("model")}
    for version in found.values():
        work(version.job)
    standing = {key: (row.format, Version.objects.get(pk=row.pk).admission) for key, row in found.items()}
    assert standing == {
        ("Arrears trees", 1): ("lightgbm-txt", "admitted"),
        ("Arrears line", 1): ("skops", "admitted"),
        ("Arrears line", 2): ("", "refused"),
    }
    assert "cloudpickle" in found["Arrears line", 2].notes
    night = ClientRun.objects.get(pk=found["Arrears trees", 1].run)
    assert [row.number for row in night.metrics.filter(key="auc").order_by("step")] == [0.7, 0.71, 0.72]
    assert night.facts.get(key="leaves").value == "4"
    assert Imported.objects.get(version=found["Arrears trees", 1]).aliases == "live"
