"""MLflow's REST protocol: who calls, what was sent, and its own error shape `{error_code, message}`.

A client retries any 5xx for minutes, so every refusal is a 4xx. Absent and forbidden are answered in the same words.
The calls themselves are functions registered with `call(method, path)`.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from mrm.access.actors import Actor, actor_of
from mrm.access.middleware import open_to_all
from mrm.access.rules import Door
from mrm.access.tokens import token_of
from mrm.kernel.errors import CountersignError
from registry.mlflow.rules import BIGGEST, wrong

log = logging.getLogger("registry.mlflow")
ABSENT = "RESOURCE_DOES_NOT_EXIST"
BY_CODE = {
    "experiment_taken": ("RESOURCE_ALREADY_EXISTS", 400),
    "model_name_taken": ("RESOURCE_ALREADY_EXISTS", 400),
    "throttled": ("REQUEST_LIMIT_EXCEEDED", 403),
    "vault_full": ("RESOURCE_EXHAUSTED", 413),
    "artifact_too_large": ("RESOURCE_EXHAUSTED", 413),
}
BY_STATUS = {
    401: ("UNAUTHENTICATED", 401),
    403: ("PERMISSION_DENIED", 403),
    404: (ABSENT, 404),
    409: ("RESOURCE_CONFLICT", 409),
    503: ("RESOURCE_EXHAUSTED", 413),
}
TRUE = {"true", "1"}


class Sent:
    """What came with a call, read field by field; anything else than was asked for is a sentence."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts = facts

    def has(self, name: str) -> bool:
        """Whether the field came."""
        return self.facts.get(name) is not None

    def text(self, name: str, *, limit: int = 20_000) -> str:
        """A text, empty when it did not come."""
        value = self.facts.get(name)
        if value is None:
            return ""
        if isinstance(value, bool | int | float):
            value = str(value)
        if not isinstance(value, str):
            raise wrong(f"Invalid value for parameter '{name}': a string is expected.")
        if len(value) > limit:
            raise wrong(f"'{name}' exceeds the maximum length of {limit} characters.")
        if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise wrong(f"Invalid value for parameter '{name}': it holds characters that no text has.")
        return value

    def needed(self, name: str, *, limit: int = 20_000) -> str:
        """A text that must be there."""
        value = self.text(name, limit=limit)
        if not value.strip():
            raise wrong(f"Missing value for required parameter '{name}'.")
        return value

    def whole(
        self, name: str, default: int | None = None, *, low: int = -BIGGEST, high: int = BIGGEST
    ) -> int:
        """A whole number; protobuf's JSON writes 64 bits as text."""
        value = self.facts.get(name)
        if value is None:
            if default is None:
                raise wrong(f"Missing value for required parameter '{name}'.")
            return default
        try:
            if isinstance(value, bool) or (isinstance(value, str) and len(value) > 20):
                raise ValueError
            number = int(value)
        except (TypeError, ValueError, OverflowError):
            raise wrong(f"Invalid value for parameter '{name}': a whole number is expected.") from None
        if not low <= number <= high:
            raise wrong(f"Invalid value for parameter '{name}': it must be from {low} to {high}.")
        return number

    def double(self, name: str) -> float:
        """A number; not-a-number and the infinities may come as words."""
        value = self.facts.get(name)
        if value is None:
            raise wrong(f"Missing value for required parameter '{name}'.")
        try:
            if isinstance(value, bool) or (isinstance(value, str) and len(value) > 400):
                raise ValueError
            return float(value)
        except (TypeError, ValueError):
            raise wrong(f"Invalid value for parameter '{name}': a number is expected.") from None
        except OverflowError:
            return math.inf

    def flag(self, name: str) -> bool:
        """Yes or no."""
        return str(self.facts.get(name, "")).lower() in TRUE

    def rows(self, name: str, most: int = 1000) -> list[Sent]:
        """A list of objects."""
        found = self.several(name, most)
        if not all(isinstance(item, dict) for item in found):
            raise wrong(f"Invalid value for parameter '{name}': a list of objects is expected.")
        return [Sent(item) for item in found]

    def texts(self, name: str, most: int = 1000) -> list[str]:
        """A list of texts."""
        return [Sent({name: item}).text(name) for item in self.several(name, most)]

    def inner(self, name: str) -> Sent:
        """An object inside."""
        value = self.facts.get(name)
        if not isinstance(value, dict):
            raise wrong(f"Missing value for required parameter '{name}'.")
        return Sent(value)

    def several(self, name: str, most: int) -> list[Any]:
        """A list, empty when it did not come."""
        value = self.facts.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise wrong(f"Invalid value for parameter '{name}': a list is expected.")
        if len(value) > most:
            raise wrong(f"'{name}' holds {len(value)} entries; at most {most} are taken at once.")
        return value


@dataclass(frozen=True)
class Call:
    """One call: who asks, what was sent, and the parts of its path."""

    actor: Actor
    sent: Sent
    parts: dict[str, str] = field(default_factory=dict)
    base: str = ""


Handler = Callable[[Call], dict[str, Any]]
CALLS: dict[tuple[str, str], Handler] = {}
PATTERNS: list[tuple[str, re.Pattern[str], Handler]] = []


def call(method: str, path: str) -> Callable[[Handler], Handler]:
    """Declare the function that answers a call; `{name}` in the path is a part of it."""

    def keep(handler: Handler) -> Handler:
        if "{" in path:
            pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)
            PATTERNS.append((method, re.compile(pattern), handler))
        CALLS[method, path] = handler
        return handler

    return keep


def found(method: str, path: str) -> tuple[Handler, dict[str, str]] | None:
    """The function for a call, and the parts of its path."""
    exact = CALLS.get((method, path))
    if exact is not None:
        return exact, {}
    for kind, pattern, handler in PATTERNS:
        match = pattern.fullmatch(path) if kind == method else None
        if match:
            return handler, match.groupdict()
    return None


def caller(request: HttpRequest) -> Actor | None:
    """Who asks: the holder of the token sent as Bearer, or as the password of Basic."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            _, _, secret = base64.b64decode(secret, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return None
    elif kind.lower() != "bearer":
        return None
    token = token_of(secret)
    if token is None:
        return None
    return actor_of(
        token.account,
        door=Door.API,
        method="token",
        request_id=getattr(request, "request_id", ""),
        token_roles=frozenset(token.roles) or None,
        token_scopes=frozenset(token.scopes) or None,
    )


def received(request: HttpRequest) -> Sent:
    """The body as JSON; of a GET (or an empty body) the query, where a name may come several times."""
    body = b"" if request.method == "GET" else request.body
    if not body.strip():
        names = {name: request.GET.getlist(name) for name in request.GET}
        return Sent({name: _one_or_many(name, values) for name, values in names.items()})
    try:
        facts = json.loads(body)
    except (ValueError, RecursionError):
        raise wrong("The body is not valid JSON.", "Send one JSON object.") from None
    if not isinstance(facts, dict):
        raise wrong("The body must be a JSON object.", "Send one JSON object.")
    return Sent(facts)


def _one_or_many(name: str, values: list[str]) -> Any:
    return values if name in {"order_by", "stages", "run_ids", "experiment_ids"} else values[-1]


def answered(request: HttpRequest, answer: Callable[[Actor], HttpResponseBase]) -> HttpResponseBase:
    """What `answer` gives to the caller, or the error in MLflow's shape."""
    try:
        actor = caller(request)
        if actor is None:
            response = refused(
                "UNAUTHENTICATED", 401, "Set MLFLOW_TRACKING_TOKEN to a valid API token of Countersign."
            )
            response["WWW-Authenticate"] = 'Bearer realm="countersign"'
            return response
        return answer(actor)
    except CountersignError as error:
        return refusal(error)
    except (SuspiciousOperation, BadRequest, UnreadablePostError) as error:
        log.info("a client's request could not be read: %s", type(error).__name__)
        return refused("BAD_REQUEST", 400, "The request cannot be read: it is broken, or too large.")


def refusal(error: CountersignError) -> HttpResponse:
    """One of our errors in MLflow's shape: sentence and remedy in the message."""
    word, status = BY_CODE.get(error.code) or BY_STATUS.get(error.status, ("INVALID_PARAMETER_VALUE", 400))
    return refused(word, status, f"{error.detail} {error.remedy}".strip())


def refused(word: str, status: int, message: str) -> HttpResponse:
    """MLflow's error shape."""
    return JsonResponse({"error_code": word, "message": message}, status=status)


@csrf_exempt
@open_to_all
def mlflow(request: HttpRequest, path: str) -> HttpResponseBase:
    """Every call under `/api/2.0/mlflow/`."""

    def answer(actor: Actor) -> HttpResponse:
        hit = found(request.method or "GET", path.rstrip("/"))
        if hit is None:
            return refused("ENDPOINT_NOT_FOUND", 404, "This server does not answer such a call.")
        handler, parts = hit
        return JsonResponse(
            handler(Call(actor, received(request), parts, request.build_absolute_uri("/").rstrip("/")))
        )

    return answered(request, answer)
