"""The artifact proxy: streamed both ways, in constant memory, and never out of its root."""

from __future__ import annotations

import hashlib
import io
import resource
from typing import Any

import pytest
from django.test import RequestFactory

from mrm import vault
from registry.mlflow.models import StoredFile
from tests.registry.mlflow.conftest import Door
from tests.registry.mlflow.test_tracking import ABSENT, begun, experiment

ROOT = "/api/2.0/mlflow-artifacts/artifacts"


def put(door: Door, path: str, data: bytes) -> tuple[int, dict[str, Any]]:
    """Upload."""
    answer = door.client.put(
        f"{ROOT}/{path}", data, content_type="application/octet-stream", headers=bearer(door)
    )
    return answer.status_code, answer.json()


def bearer(door: Door) -> dict[str, str]:
    """The header."""
    return {"Authorization": f"Bearer {door.token}"}


def read(door: Door, path: str) -> bytes:
    """Download."""
    answer = door.client.get(f"{ROOT}/{path}", headers=bearer(door))
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)  # type: ignore[arg-type]


def listed(door: Door, path: str) -> list[dict[str, Any]]:
    """The list of a folder."""
    answer = door.client.get(ROOT, {"path": path}, headers=bearer(door))
    assert answer.status_code == 200, answer.json()
    files: list[dict[str, Any]] = answer.json()["files"]
    return files


def test_a_file_goes_in_is_listed_comes_out_and_goes_away(dev: Door) -> None:
    home = experiment(dev)
    run = begun(dev, home)
    root = f"{home}/{run}/artifacts"
    assert put(dev, f"{root}/plots/a b.txt", b"hello")[0] == 200
    assert put(dev, f"{root}/empty", b"")[0] == 200
    assert read(dev, f"{root}/plots/a b.txt") == b"hello"
    assert listed(dev, root) == [
        {"path": "empty", "is_dir": False, "file_size": 0},
        {"path": "plots", "is_dir": True},
    ]
    assert listed(dev, f"{root}/plots") == [{"path": "a b.txt", "is_dir": False, "file_size": 5}]
    files = dev.ok("GET", "artifacts/list", run_id=run, path="plots")["files"]
    assert files == [{"path": "plots/a b.txt", "is_dir": False, "file_size": 5}]
    row = StoredFile.objects.get(path__endswith="a b.txt")
    assert row.digest == hashlib.sha256(b"hello").hexdigest()
    assert dev.client.delete(f"{ROOT}/{root}/plots", headers=bearer(dev)).status_code == 200
    assert [item["path"] for item in listed(dev, root)] == ["empty"]
    assert vault.exists(row.digest)


@pytest.mark.parametrize(
    "tail",
    [
        "../x",
        "a/../../x",
        "a/./b",
        "a//b",
        "..\\x",
        "%2e%2e/x",
        "a/%2E%2e/b",
        "a%5cb",
        "a\x07b",
        "x" * 1100,
        " a",
    ],
)
def test_a_path_that_would_leave_its_root_is_refused(dev: Door, tail: str) -> None:
    from urllib.parse import quote

    status, answer = put(dev, f"{experiment(dev)}/{quote(tail)}", b"x")
    assert (status, answer["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert StoredFile.objects.count() == 0


def test_what_is_anothers_is_absent(dev: Door, stranger: Door) -> None:
    home = experiment(dev)
    put(dev, f"{home}/x", b"secret")
    for method in ("get", "put", "delete"):
        answer = getattr(stranger.client, method)(f"{ROOT}/{home}/x", headers=bearer(stranger))
        assert (answer.status_code, answer.json()["error_code"]) == (404, ABSENT)


def test_an_upload_that_is_cut_off_keeps_nothing(dev: Door) -> None:
    from registry.mlflow.proxy import artifacts

    request = RequestFactory().put(
        f"{ROOT}/{experiment(dev)}/x", b"half", content_type="application/octet-stream", headers=bearer(dev)
    )
    request.META["CONTENT_LENGTH"] = "4000"
    request._stream = io.BytesIO(b"half")
    answer = artifacts(request, path=request.path.partition("mlflow-artifacts/")[2])
    assert answer.status_code == 400
    assert StoredFile.objects.count() == 0


def test_a_full_disk_is_a_4xx_before_the_first_byte(dev: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    free = shutil.disk_usage("/")._replace(free=1000)
    monkeypatch.setattr("mrm.vault.store.shutil.disk_usage", lambda folder: free)
    status, answer = put(dev, f"{experiment(dev)}/x", b"x")
    assert (status, answer["error_code"]) == (413, "RESOURCE_EXHAUSTED")


def test_multipart_is_answered_so_that_the_client_sends_the_file_whole(dev: Door) -> None:
    answer = dev.client.post(
        "/api/2.0/mlflow-artifacts/mpu/create/x", "{}", "application/json", headers=bearer(dev)
    )
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(
        "Multipart upload is not supported for the current artifact repository"
    )


class Made(io.RawIOBase):
    """A body that is never in memory as a whole."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int = -1) -> bytes:
        size = min(self.left, 1 << 16 if size < 0 else size)
        self.left -= size
        return b"\x5a" * size


@pytest.mark.slow
def test_a_large_file_takes_no_more_memory_than_a_small_one(dev: Door) -> None:
    from registry.mlflow.proxy import artifacts

    home, size = experiment(dev), 400 * 2**20
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    request = RequestFactory().generic("PUT", f"{ROOT}/{home}/big", headers=bearer(dev))
    request.META["CONTENT_LENGTH"] = str(size)
    request._stream = Made(size)
    assert artifacts(request, path=f"artifacts/{home}/big").status_code == 200
    seen = 0
    answer = dev.client.get(f"{ROOT}/{home}/big", headers=bearer(dev))
    for chunk in answer.streaming_content:  # type: ignore[attr-defined]
        seen += len(chunk)
    assert seen == size == StoredFile.objects.get().size
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < 40, f"{grown:.0f} MB more for a file of {size / 2**20:.0f} MB"
