"""A bank with a developer, an owner, a stranger, and their tokens; a small client that speaks MLflow's REST."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from mrm.access import verbs
from mrm.access.models import User
from mrm.access.rules import Role
from tests import make

CLIENT = Path(__file__).resolve().parents[3] / ".peers" / "mlflow" / "bin" / "python"


@pytest.fixture(scope="session")
def mlflow_client() -> Path:
    """The environment of the unmodified `mlflow` client; where every leg is required, it must be there."""
    if not CLIENT.exists():
        absent = pytest.fail if os.environ.get("COUNTERSIGN_ALL_LEGS") == "1" else pytest.skip
        absent("the mlflow client is not there: make peers")
    return CLIENT


@dataclass
class Door:
    """The MLflow door as one person sees it."""

    token: str
    client: Client

    def __call__(self, method: str, path: str, /, **body: Any) -> tuple[int, dict[str, Any]]:
        """One call: status and answer."""
        url = f"/api/2.0/mlflow/{path}"
        headers = {"Authorization": f"Bearer {self.token}"}
        if method == "GET":
            response = self.client.get(url, body, headers=headers)
        else:
            response = self.client.generic(
                method, url, json.dumps(body), content_type="application/json", headers=headers
            )
        return response.status_code, response.json()

    def ok(self, method: str, path: str, /, **body: Any) -> dict[str, Any]:
        """One call that must succeed."""
        status, answer = self(method, path, **body)
        assert status == 200, answer
        return answer

    def error(self, method: str, path: str, /, **body: Any) -> tuple[int, str, str]:
        """One call that must be refused: status, code, message."""
        status, answer = self(method, path, **body)
        assert 400 <= status < 500, answer
        assert set(answer) == {"error_code", "message"}
        return status, answer["error_code"], answer["message"]

    def post(self, path: str, /, **body: Any) -> dict[str, Any]:
        """A POST that must succeed."""
        return self.ok("POST", path, **body)


@dataclass
class House:
    """The people of these tests."""

    bank: make.Bank

    def door(self, name: str) -> Door:
        """The door of one person, with a fresh token."""
        account = User.objects.get(pk=self.bank.accounts[name].pk)
        return Door(issue(self.bank, name, account), Client())


def issue(bank: make.Bank, name: str, account: User) -> str:
    """A token of an account."""
    return verbs.issue_token(bank.actor(name), account=account, name="notebook", days=1)


@pytest.fixture
def house(db: None) -> House:
    """A developer, an owner and a stranger."""
    bank = make.bank()
    bank.person("dev", Role.MODEL_DEVELOPER)
    bank.person("owner", Role.MODEL_OWNER)
    bank.person("stranger", Role.MODEL_DEVELOPER, level=None)
    return House(bank)


@pytest.fixture
def dev(house: House) -> Door:
    """The developer's door."""
    return house.door("dev")


@pytest.fixture
def stranger(house: House) -> Door:
    """The door of somebody without grants."""
    return house.door("stranger")
