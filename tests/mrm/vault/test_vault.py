"""Content-addressed bytes: in a folder, and in an S3-compatible store spoken to over HTTP."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mrm import vault
from mrm.kernel.errors import CountersignError, Unavailable
from mrm.vault.bucket import BucketStore
from mrm.vault.folder import FolderStore
from mrm.vault.store import SPARE, Store, local_copy

BYTES = b"what a model learned" * 1000
DIGEST = hashlib.sha256(BYTES).hexdigest()


class Bucket(BaseHTTPRequestHandler):
    """Just enough of S3: PUT, GET, HEAD of whole objects."""

    objects: dict[str, bytes]
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        self.objects[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(200, b"")

    def do_GET(self) -> None:
        data = self.objects.get(self.path)
        if data is None:
            self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        else:
            self.answer(200, data)

    def do_HEAD(self) -> None:
        self.do_GET()

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"' + hashlib.md5(body).hexdigest() + '"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[BucketStore]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    handler = type("Handler", (Bucket,), {"objects": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    made = BucketStore("s3://bank/vault", f"http://127.0.0.1:{server.server_port}")
    made.objects = handler.objects  # type: ignore[attr-defined]
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def folder(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "vault")


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest) -> Store:
    found: Store = request.getfixturevalue(request.param)
    return found


def damage(store: Store) -> None:
    if isinstance(store, FolderStore):
        path = store.path(DIGEST)
        path.chmod(0o644)
        path.write_bytes(BYTES[:-1] + b"X")
    else:
        objects: dict[str, bytes] = store.objects  # type: ignore[attr-defined]
        (key,) = objects
        objects[key] = BYTES[:-1] + b"X"


def test_bytes_come_back_under_their_digest(store: Store) -> None:
    assert not store.exists(DIGEST)
    assert store.put(BYTES) == DIGEST
    assert store.put(io.BytesIO(BYTES)) == DIGEST
    assert store.exists(DIGEST)
    with store.open(DIGEST) as file:
        assert file.read() == BYTES


def test_one_changed_byte_is_named(store: Store) -> None:
    store.put(BYTES)
    damage(store)
    with pytest.raises(CountersignError, match=DIGEST) as refused:
        store.open(DIGEST)
    assert refused.value.code == "vault_corrupt"
    assert refused.value.facts == {"digest": DIGEST}


def test_what_is_not_there_is_missing(store: Store) -> None:
    for name in (DIGEST, "../../etc/passwd", "", DIGEST.upper(), f"{DIGEST}\n"):
        assert not store.exists(name)
        with pytest.raises(CountersignError) as refused:
            store.open(name)
        assert refused.value.code == "vault_missing"


def test_a_local_copy_is_private_and_goes(store: Store) -> None:
    store.put(BYTES)
    with local_copy(store, DIGEST, ".skops") as path:
        assert path.suffix == ".skops"
        assert path.read_bytes() == BYTES
        path.chmod(0o644)
        path.write_bytes(b"a child may do what it likes to its copy")
    assert not path.exists()
    with store.open(DIGEST) as file:
        assert file.read() == BYTES


def test_a_file_is_read_from_where_it_stands_and_need_not_seek(store: Store) -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as end:
        end.write(BYTES[:5000])
    with os.fdopen(reader, "rb") as pipe:
        assert store.put(pipe) == hashlib.sha256(BYTES[:5000]).hexdigest()
    half = io.BytesIO(BYTES)
    half.seek(100)
    assert store.put(half) == hashlib.sha256(BYTES[100:]).hexdigest()


def test_files_are_read_only_and_where_they_belong(folder: FolderStore) -> None:
    folder.put(BYTES)
    path = folder.root / DIGEST[:2] / DIGEST[2:]
    assert path.stat().st_mode & 0o777 == 0o444
    assert list((folder.root / "incoming").iterdir()) == []


def test_storing_again_puts_damage_right(folder: FolderStore) -> None:
    folder.put(BYTES)
    damage(folder)
    assert folder.put(BYTES) == DIGEST
    with folder.open(DIGEST) as file:
        assert file.read() == BYTES


def test_a_full_disk_is_noticed_before_the_first_byte(
    folder: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=SPARE + 10))
    assert folder.put(b"x" * 10)
    with pytest.raises(Unavailable) as refused:
        folder.put(BYTES)
    assert refused.value.code == "vault_full"
    assert not folder.exists(DIGEST)
    assert list((folder.root / "incoming").iterdir()) == []


def test_a_source_that_breaks_leaves_nothing(folder: FolderStore) -> None:
    class Broken(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def read(self, _size: int = -1) -> bytes:
            if self.tell_me:
                raise OSError(5, "input/output error")
            self.tell_me = True
            return b"some"

        tell_me = False

    with pytest.raises(OSError, match="input/output"):
        folder.put(Broken())  # type: ignore[arg-type]
    assert [path for path in folder.root.rglob("*") if path.is_file()] == []


def test_many_at_once_store_one_file(folder: FolderStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: folder.put(BYTES), range(32))) == {DIGEST}
    assert len([path for path in folder.root.rglob("*") if path.is_file()]) == 1


def test_an_unreachable_store_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    store = BucketStore("s3://bank/vault", "http://127.0.0.1:9")
    store.client.meta.config.retries["total_max_attempts"] = 1
    with pytest.raises(Unavailable) as refused:
        store.exists(DIGEST)
    assert refused.value.code == "vault_unreachable"


def test_only_s3_addresses_name_a_bucket() -> None:
    with pytest.raises(ValueError, match="MRM_VAULT_URL"):
        BucketStore("https://bank/vault")


def test_the_short_names_use_the_installations_store(settings: Any, tmp_path: Path) -> None:
    settings.MRM_HOME = tmp_path
    digest = vault.put(BYTES)
    assert (tmp_path / "vault" / digest[:2] / digest[2:]).exists()
    assert vault.get(digest) == BYTES
    assert vault.exists(digest)
    with vault.open(digest) as file, vault.local(digest) as path:
        assert file.read() == path.read_bytes() == BYTES
