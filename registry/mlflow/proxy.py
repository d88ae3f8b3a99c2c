"""The artifact proxy: `/api/2.0/mlflow-artifacts/…`. Bodies are streams, never in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from mrm import vault
from mrm.access.actors import Actor
from mrm.access.middleware import open_to_all
from registry.mlflow import files, queries
from registry.mlflow.calls.experiments import Answer
from registry.mlflow.protocol import Call, answered, call, refused
from registry.mlflow.rules import wrong

ROOT = "artifacts"


@csrf_exempt
@open_to_all
def artifacts(request: HttpRequest, path: str) -> HttpResponseBase:
    """List, read, write, delete."""
    door, _, rest = path.partition("/")

    def answer(actor: Actor) -> HttpResponseBase:
        if door in {"mpu", "presigned"}:
            return refused(
                "BAD_REQUEST", 400, f"{NOT_HERE[door]} is not supported for the current artifact repository."
            )
        if door != ROOT or request.method not in METHODS:
            return refused("ENDPOINT_NOT_FOUND", 404, "This server does not answer such a call.")
        return METHODS[request.method](actor, request, rest)

    return answered(request, answer)


NOT_HERE = {"mpu": "Multipart upload", "presigned": "Presigned download"}


def read(actor: Actor, request: HttpRequest, path: str) -> HttpResponseBase:
    """A file as a stream, or the list of a folder (`?path=`)."""
    if not path:
        found = files.listed(actor, request.GET.get("path", ""))
        return JsonResponse({"files": [entry.shape for entry in found]})
    row = files.find(actor, path)
    response = FileResponse(vault.open(row.digest), as_attachment=True, filename=row.path.rpartition("/")[2])
    response["Content-Type"] = "application/octet-stream"
    return response


def write(actor: Actor, request: HttpRequest, path: str) -> HttpResponse:
    """Keep what comes, digest while reading."""
    files.put(actor, path, body_of(request))  # type: ignore[arg-type] # read once, as the vault reads
    return JsonResponse({})


def body_of(request: HttpRequest) -> files.Incoming:
    """The body as a stream: of its announced length, or in chunks to its end."""
    announced = request.META.get("CONTENT_LENGTH") or ""
    if announced.isdigit():
        return files.Incoming(request, int(announced))
    source: Any = request.META["wsgi.input"] if request.META.get("wsgi.input_terminated") else request
    return files.Incoming(source, None)


def delete(actor: Actor, request: HttpRequest, path: str) -> HttpResponse:
    """Take names away."""
    del request
    files.remove(actor, path)
    return JsonResponse({})


METHODS: dict[str | None, Callable[[Actor, HttpRequest, str], HttpResponseBase]] = {
    "GET": read,
    "PUT": write,
    "DELETE": delete,
}


def _folder(actor: Actor, place: str, path: str) -> Answer:
    wanted = files.safe(path, empty=True)
    base = place.partition(":/")[2]
    found = files.listed(actor, f"{base}/{wanted}" if wanted else base)
    shapes = [{**entry.shape, "path": f"{wanted}/{entry.path}" if wanted else entry.path} for entry in found]
    return {"root_uri": place, "files": shapes}


@call("GET", "artifacts/list")
def of_run(request: Call) -> Answer:
    """The files of a run."""
    key = request.sent.text("run_id", limit=64) or request.sent.text("run_uuid", limit=64)
    if not key:
        raise wrong("Missing value for required parameter 'run_id'.")
    run = queries.run(request.actor, key)
    return _folder(request.actor, run.place, request.sent.text("path"))


@call("GET", "logged-models/{model_id}/artifacts/directories")
def of_model(request: Call) -> Answer:
    """The files of a logged model."""
    model = queries.logged_model(request.actor, request.parts["model_id"])
    path = request.sent.text("artifact_directory_path")
    return _folder(request.actor, model.place, path)
