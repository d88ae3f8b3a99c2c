"""Another MLflow for tests: a server in a thread that answers the calls a poll makes from plain facts."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

RUN = "3" * 32
LIGHTGBM = b"flavors:\n  lightgbm:\n    data: model.lgb\n    lgb_version: 4.7.0\nmlflow_version: 3.17.2\n"
SKLEARN = b"flavors:\n  sklearn:\n    pickled_model: model.pkl\n    serialization_format: cloudpickle\n"
TREES = b"tree\nversion=v4\nnum_class=1\n"


@dataclass
class Other:
    """What the server holds; a test changes it as it goes."""

    url: str = ""
    models: list[dict[str, Any]] = field(default_factory=list)
    versions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    broken: str = ""
    token: str = "secret-token"

    def model(self, name: str, at: int, **facts: Any) -> None:
        """A registered model that changed last at `at`."""
        self.models = [row for row in self.models if row["name"] != name]
        self.models.append({"name": name, "last_updated_timestamp": at, "creation_timestamp": 1, **facts})
        self.versions.setdefault(name, [])

    def version(self, name: str, number: int, mlmodel: bytes, run: str = "", **files: bytes) -> None:
        """A version with its files."""
        self.versions[name].append(
            {"name": name, "version": str(number), "status": "READY", "source": f"models:/m-{number}", "run_id": run,
             "user_id": "mia", "current_stage": "None"}
        )  # fmt: skip
        for path, data in {
            "MLmodel": mlmodel,
            **{key.replace("_", "."): value for key, value in files.items()},
        }.items():
            self.files[f"1/models/{name}-{number}/artifacts/{path}"] = data

    def answer(self, path: str, query: dict[str, str]) -> Any:
        """A call's answer; None: there is no such thing."""
        name = query.get("name", "")
        match path:
            case "mlflow/registered-models/search":
                rows = sorted(self.models, key=changed, reverse=True)
                start = int(query.get("page_token", 0))
                more = {"next_page_token": str(start + 2)} if len(rows) > start + 2 else {}
                return {"registered_models": rows[start : start + 2], **more}
            case "mlflow/model-versions/search":
                return {"model_versions": self.versions[query["filter"][6:-1]][::-1]}
            case "mlflow/model-versions/get-download-uri":
                return {"artifact_uri": f"mlflow-artifacts:/1/models/{name}-{query['version']}/artifacts"}
            case "mlflow/runs/get":
                return {"run": self.runs[query["run_id"]]} if query["run_id"] in self.runs else None
            case "mlflow/experiments/get":
                return {"experiment": {"experiment_id": query["experiment_id"], "name": "Arrears"}}
            case "mlflow/metrics/get-history":
                return {"metrics": self.runs[query["run_id"]]["history"]}
            case "mlflow-artifacts/artifacts":
                root = query["path"] + "/"
                found = [key for key in self.files if key.startswith(root)]
                return {"files": [{"path": key[len(root) :], "is_dir": False, "file_size": len(self.files[key])}
                                  for key in found]}  # fmt: skip
        return None


def changed(row: dict[str, Any]) -> int:
    """When a model changed last, if that is a time."""
    at = row["last_updated_timestamp"]
    return at if isinstance(at, int) else 0


def run(key: str = RUN, status: str = "FINISHED") -> dict[str, Any]:
    """A run that logged a little."""
    points = [
        {"key": "auc", "value": value, "timestamp": 5, "step": step}
        for step, value in enumerate((0.7, "NaN", 0.75))
    ]
    return {
        "info": {"run_id": key, "experiment_id": "1", "status": status, "start_time": 1000, "end_time": 2000, "user_id": "mia"},
        "data": {
            "params": [{"key": "depth", "value": "3"}],
            "metrics": points[-1:],
            "tags": [{"key": "mlflow.runName", "value": "night"}],
        },
        "inputs": {"dataset_inputs": [{"dataset": {"name": "applicants", "digest": "d1"}, "tags": []}]},
        "history": points,
    }  # fmt: skip


@contextmanager
def serving(other: Other) -> Iterator[Other]:
    """The server, while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            path = unquote(parts.path).removeprefix("/api/2.0/")
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            other.asked.append(path)
            if self.headers.get("Authorization") != f"Bearer {other.token}":
                self.reply(401, b"{}")
            elif other.broken and other.broken in path:
                self.send_response(302)
                self.send_header("Location", "http://127.0.0.1:9/")
                self.end_headers()
            elif path.startswith("mlflow-artifacts/artifacts/"):
                data = other.files.get(path.removeprefix("mlflow-artifacts/artifacts/"))
                self.reply(404 if data is None else 200, data or b"")
            else:
                said = other.answer(path, query)
                self.reply(404 if said is None else 200, json.dumps(said).encode())

        def reply(self, status: int, data: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    other.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield other
    finally:
        server.shutdown()
        server.server_close()
