"""The other MLflow's webhook (MLflow 3): it rings for a poll and says nothing that is believed.

The signature is `v1,` and the base64 of HMAC-SHA256 over `delivery-id.timestamp.body`. A ring that is forged or old is
refused; one that comes too soon after another is told to come again, which MLflow does.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from mrm.access.middleware import open_to_all
from mrm.kernel.errors import declare
from mrm.ledger.clock import now
from registry.mlflow import polling

declare("hook_refused", "a webhook's signature does not hold, is missing or too old, or none is expected")
FRESH_SECONDS = 300
LARGEST = 1024 * 1024


def signature(secret: str, delivery: str, timestamp: str, body: bytes) -> str:
    """What MLflow writes into X-MLflow-Signature."""
    signed = f"{delivery}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()


def genuine(secret: str, headers: Mapping[str, str], body: bytes, moment: float) -> bool:
    """Whether the holder of the secret signed exactly this, and lately."""
    given, delivery = headers.get("X-MLflow-Signature", ""), headers.get("X-MLflow-Delivery-Id", "")
    timestamp = headers.get("X-MLflow-Timestamp", "")
    if not (
        secret and given and delivery and timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12
    ):
        return False
    wanted = signature(secret, delivery, timestamp, body)
    same = hmac.compare_digest(wanted.encode(), given.encode(errors="replace"))
    return same and abs(moment - int(timestamp)) <= FRESH_SECONDS


@csrf_exempt
@open_to_all
def rung(request: HttpRequest) -> HttpResponse:
    """Ask for a poll, if the ring is genuine and none waits already."""
    moment = now()
    if request.method != "POST" or not genuine(
        settings.MRM_MLFLOW_IMPORT_SECRET, request.headers, _body(request), moment.timestamp()
    ):
        return _refused(
            request,
            401,
            "hook_refused",
            "The webhook's signature does not hold, or is too old.",
            "Set the same secret there and in MRM_MLFLOW_IMPORT_SECRET, and compare the clocks.",
        )
    if polling.waits():
        return JsonResponse({"poll": "waits already"}, status=202)
    if polling.ask(f"rung:{polling.slot(moment, polling.RING_SECONDS)}") is None:
        seconds = polling.RING_SECONDS
        answer = _refused(
            request,
            429,
            "too_many",
            f"It rang within {seconds} seconds before.",
            "Ring again a little later.",
        )
        answer["Retry-After"] = str(seconds)
        return answer
    return JsonResponse({"poll": "asked for"}, status=202)


def _body(request: HttpRequest) -> bytes:
    """The body as it was sent; none where it is too large or broken, for which no signature holds."""
    announced = request.headers.get("Content-Length") or "0"
    if not announced.isdigit() or int(announced) > LARGEST:
        return b""
    try:
        return request.body
    except (SuspiciousOperation, UnreadablePostError):
        return b""


def _refused(request: HttpRequest, status: int, code: str, detail: str, remedy: str) -> HttpResponse:
    facts = {
        "code": code,
        "detail": detail,
        "remedy": remedy,
        "request_id": getattr(request, "request_id", ""),
    }
    return JsonResponse(facts, status=status)
