"""A bank with a developer and a dataset; a small object store on the loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection

from mrm.access.rules import Role
from registry.data import verbs as data
from registry.data.models import Dataset
from tests import make


@pytest.fixture
def bank() -> make.Bank:
    return make.bank()


@pytest.fixture
def dev(bank: make.Bank) -> Any:
    return bank.person("dev", Role.MODEL_DEVELOPER)


@pytest.fixture
def dataset(bank: make.Bank, dev: Any) -> Dataset:
    return data.create_dataset(dev, entity=bank.entity, name="Loans", source="test")


@pytest.fixture
def bucket(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    """The objects of bucket `risk`, by key: what is put in here can be fetched. Of `cut…` the store sends one half."""
    held: dict[str, bytes] = {}

    class Store(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = held.get(self.path.partition("?")[0].removeprefix("/risk/"))
            if data is not None and self.path.startswith("/risk/cut"):
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data[: len(data) // 2])
                self.close_connection = True
                return
            body = b"<Error><Code>NoSuchKey</Code></Error>" if data is None else data
            self.send_response(404 if data is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", '"e1"')
            self.send_header("x-amz-version-id", "v7")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Store)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_DEFAULT_REGION": "eu-1",
    }.items():
        monkeypatch.setenv(name, value)
    settings.MRM_OBJECT_BUCKETS = ["risk"]
    settings.MRM_OBJECT_ENDPOINT = f"http://127.0.0.1:{server.server_port}"
    yield held
    server.shutdown()
    server.server_close()


@pytest.fixture
def warehouse(settings: Any, db: None) -> Iterator[str]:
    """The test's PostgreSQL as the bank's own database, with a schema of tables."""
    import psycopg

    held = connection.settings_dict
    link = psycopg.connect(
        host=held["HOST"], user=held["USER"], port=held["PORT"] or 5432, dbname=held["NAME"], autocommit=True
    )
    link.execute("DROP SCHEMA IF EXISTS bank CASCADE")
    link.execute("CREATE SCHEMA bank")
    link.execute(
        "CREATE TABLE bank.loans AS SELECT * FROM (VALUES (2, 20.5::numeric, 'b ', date '2024-02-29', true, 1.5::float8, "
        "timestamptz '2024-01-01 00:00+01', 'x'::varchar), (1, NULL, NULL, NULL, NULL, 'NaN', NULL, NULL)) "
        "AS t(id, amount, region, day, good, rate, at, code)"
    )
    settings.MRM_OFFLINE_URL = f"postgres://{held['USER']}:secret@/{held['NAME']}?host={quote(held['HOST'], safe='')}&port={held['PORT'] or 5432}"
    yield settings.MRM_OFFLINE_URL
    link.execute("DROP SCHEMA bank CASCADE")
    link.close()
