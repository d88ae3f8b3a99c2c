"""Another MLflow, read over its REST protocol. What it says is a stranger's text: it is read field by field, within limits.

Addresses come from the settings alone, redirects are not followed (they would carry the token elsewhere), and an
artefact is read only through that server's own proxy.
"""

from __future__ import annotations

import base64
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import quote, urlencode, urlsplit

from django.conf import settings

from mrm.kernel.errors import BadInput, RuleRefused, Unavailable, declare
from registry.mlflow import files
from registry.mlflow.protocol import Sent

declare(
    "import_not_set",
    "an import from another MLflow is asked for, and the settings name none, or not all of it",
)
declare("mlflow_unreachable", "the bank's other MLflow does not answer, or not in its protocol")
declare("import_too_much", "another MLflow lists more than is read at once")

SECONDS = 30
LARGEST_ANSWER = 64 * 2**20
PAGES, FOLDERS, FILES = 1000, 200, 2000
PROXIED = "mlflow-artifacts:"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an error."""

    def redirect_request(self, *_: Any) -> None:
        """Never."""


@dataclass(frozen=True)
class There:
    """A file of another server: its path below the place that was asked for, where to read it, its announced size."""

    path: str
    address: str
    size: int


class Elsewhere:
    """One other MLflow."""

    def __init__(self, url: str, token: str = "") -> None:
        self.url = url
        self.origin = urlsplit(url).netloc[:200]
        kind = f"Basic {base64.b64encode(token.encode()).decode()}" if ":" in token else f"Bearer {token}"
        self._headers = {"Authorization": kind} if token else {}
        self._opener = urllib.request.build_opener(NoRedirect())

    @contextmanager
    def opened(self, path: str, /, **query: Any) -> Iterator[http.client.HTTPResponse]:
        """An answer as a stream."""
        address = f"{self.url}/api/2.0/{path}" + (f"?{urlencode(query, doseq=True)}" if query else "")
        request = urllib.request.Request(address, headers=self._headers)  # noqa: S310 - http or https: settings.py
        try:
            with self._opener.open(request, timeout=SECONDS) as answer:
                yield answer
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 404:
                    raise Gone from None
                raise self._silent(f"it answered {error.code}") from None
        except (OSError, http.client.HTTPException) as error:
            raise self._silent(type(error).__name__) from None

    def asked(self, path: str, /, **query: Any) -> Sent:
        """An answer as JSON."""
        with self.opened(path, **query) as answer:
            data = answer.read(LARGEST_ANSWER + 1)
        try:
            said = json.loads(data) if len(data) <= LARGEST_ANSWER else None
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            raise self._silent("its answer is no JSON object, or too large")
        return Sent(said)

    def listed(self, path: str, name: str, /, **query: Any) -> Iterator[Sent]:
        """The rows of a list, page by page."""
        token = ""
        for _ in range(PAGES):
            said = self.asked(f"mlflow/{path}", **query, **({"page_token": token} if token else {}))
            yield from said.rows(name, 10**6)
            token = said.text("next_page_token")
            if not token:
                return
        raise RuleRefused(
            "import_too_much",
            f"{self.origin} lists more than {PAGES} pages of {path}.",
            "Take it over in parts.",
        )

    def models(self) -> Iterator[Sent]:
        """Registered models, the one that changed last first."""
        yield from self.listed(
            "registered-models/search",
            "registered_models",
            max_results=100,
            order_by=["last_updated_timestamp DESC"],
        )

    def versions(self, name: str) -> list[Sent]:
        """The versions of a model, the oldest first."""
        mark = '"' if "'" in name else "'"
        rows = self.listed(
            "model-versions/search", "model_versions", filter=f"name={mark}{name}{mark}", max_results=500
        )
        return sorted(rows, key=lambda row: row.whole("version", 0))

    def experiment(self, key: str) -> str:
        """The name of an experiment."""
        return self.asked("mlflow/experiments/get", experiment_id=key).inner("experiment").needed("name")

    def run(self, key: str) -> Sent | None:
        """A run with what it logged, or None when it is gone there."""
        try:
            return self.asked("mlflow/runs/get", run_id=key).inner("run")
        except Gone:
            return None

    def history(self, run: str, metric: str) -> Iterator[Sent]:
        """Every value of a metric."""
        return self.listed(
            "metrics/get-history", "metrics", run_id=run, metric_key=metric, max_results=10_000
        )

    def place(self, name: str, number: str) -> str:
        """The path of a version's files behind that server's proxy; empty where it keeps them out of our reach."""
        try:
            said = self.asked("mlflow/model-versions/get-download-uri", name=name, version=number)
        except Gone:
            return ""
        scheme, _, rest = said.text("artifact_uri").partition(PROXIED)
        if scheme or not rest:
            return ""
        return rest.lstrip("/").partition("/")[2] if rest.startswith("//") else rest.lstrip("/")

    def files(self, place: str) -> list[There]:
        """Every file below a place."""
        found: list[There] = []
        folders = [""]
        for number, folder in enumerate(folders):
            if number >= FOLDERS or len(found) > FILES:
                raise RuleRefused(
                    "import_too_much",
                    f"The version has more than {FILES:,} files or {FOLDERS} folders.",
                    "Log the model in a folder of its own.",
                )
            for entry in self._folder(place, folder):
                path = files.safe(f"{folder}/{entry.needed('path').rpartition('/')[2]}")
                if entry.flag("is_dir"):
                    folders.append(path)
                else:
                    found.append(There(path, f"{place}/{path}", entry.whole("file_size", 0)))
        return found

    def _folder(self, place: str, folder: str) -> list[Sent]:
        where = f"{place}/{folder}" if folder else place
        try:
            return self.asked("mlflow-artifacts/artifacts", path=where).rows("files", FILES)
        except Gone:
            return []

    @contextmanager
    def read(self, file: There) -> Iterator[IO[bytes]]:
        """The bytes of a file, as a stream that minds when it is cut off."""
        with self.opened(f"mlflow-artifacts/artifacts/{quote(file.address)}") as answer:
            announced = answer.headers.get("Content-Length") or ""
            yield files.Incoming(answer, int(announced) if announced.isdigit() else None)  # type: ignore[misc]

    def _silent(self, why: str) -> Unavailable:
        return Unavailable(
            "mlflow_unreachable",
            f"The MLflow at {self.origin} does not answer as it should: {why}.",
            "Check MRM_MLFLOW_IMPORT_URL and its token; the next poll goes on where this one stopped.",
        )


class Gone(BadInput):
    """The other server knows no such thing (any more)."""

    def __init__(self) -> None:
        super().__init__(
            "mlflow_parameter",
            "The other MLflow no longer has what it named.",
            "The next poll reads it afresh.",
        )


def configured() -> Elsewhere | None:
    """The server that the settings name."""
    url = settings.MRM_MLFLOW_IMPORT_URL
    return Elsewhere(url, settings.MRM_MLFLOW_IMPORT_TOKEN) if url else None
