"""One error shape at every door: a page, or JSON under /api/. No stack, no path, and absent equals forbidden.

`Middleware` gives each request its id, puts it on every log line and turns errors into answers; `handler404`
and its like serve Django's own; `rest_handler` serves the REST views.
"""

from __future__ import annotations

import logging
import math
import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from mrm.kernel.errors import BadInput, CountersignError, Denied, NotFound, declare

log = logging.getLogger("mrm.web")

declare("bad_request", "the request cannot be read: broken, too large, or for another host")
declare("csrf", "a form was sent without its token, or from another site")
declare("internal", "the fault is ours; the log line with the request id has its trace")
declare("invalid", "fields of a request do not hold what they should")
declare("method_not_allowed", "the address does not answer to this HTTP method")
declare("not_signed_in", "the request carries neither a session nor a valid token")
declare("too_many", "too many requests or failed sign-ins in a short time")

_request_id: ContextVar[str] = ContextVar("request_id", default="")
_GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}\Z")

TITLES = {
    400: "The request cannot be read",
    403: "You may not do this",
    404: "Nothing here",
    405: "Not in this way",
    409: "This cannot be done now",
    413: "This is too large",
    422: "This cannot be used",
    429: "Wait a little",
    500: "The fault is ours",
    503: "Not available just now",
}
# What the API's own framework refuses: the code, and what to do.
API_ERRORS = {
    400: ("invalid", "Correct what is named and send the request again; the schema is at /api/v1/schema/."),
    401: ("not_signed_in", "Send Authorization: Bearer with a token from your account page, or sign in."),
    403: ("denied", "Ask somebody who holds the right, or have it granted by an administrator."),
    404: ("not_found", "Check the address; what you may not see is answered in the same way."),
    405: ("method_not_allowed", "Use one of the methods that the header Allow names."),
    406: ("bad_request", "Accept application/json."),
    415: ("bad_request", "Send application/json or multipart/form-data."),
    429: ("too_many", "Wait as long as the header Retry-After says, then try again."),
}
INTERNAL = (
    "internal",
    "The request met an error that we did not foresee. Nothing of it was written.",
    "Try again; if it comes back, tell your administrator the request id.",
)


def request_id() -> str:
    """The id of the request that is being answered, or an empty text outside of one."""
    return _request_id.get()


class RequestIdFilter(logging.Filter):
    """Puts the request's id on every log record, as `request_id`."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Every record passes."""
        record.request_id = request_id() or "-"
        return True


class Middleware:
    """Request id, and one shape for every error. Stands right after the security middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the id in `X-Request-Id`; a well-formed id that a proxy gave is kept."""
        given = request.headers.get("X-Request-Id", "")
        key = given if _GIVEN.match(given) else str(uuid.uuid4())
        token = _request_id.set(key)
        request.request_id = key  # type: ignore[attr-defined] # the request carries it for views and templates
        try:
            response = self.get_response(request)
        finally:
            _request_id.reset(token)
        response["X-Request-Id"] = key
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Errors of the house and refusals of Django; what nobody foresaw goes on to Django's own handler."""
        if isinstance(error, CountersignError | Http404 | PermissionDenied):
            return handler(request, error)
        return None


def handler(request: HttpRequest, error: Exception) -> HttpResponse:
    """The answer to an error: JSON under /api/, otherwise a page."""
    known = house_error(error)
    if known is None:
        return answer(request, 500, *INTERNAL)
    return answer(request, known.status, known.code, known.detail, known.remedy, facts=known.facts)


def house_error(error: Exception) -> CountersignError | None:
    """The error in the words of the house; None when nobody foresaw it."""
    if isinstance(error, CountersignError):
        return error
    if isinstance(error, Http404):
        return NotFound()
    if isinstance(error, PermissionDenied):
        detail = "Your roles and grants do not allow this."
        return Denied("denied", detail, "Ask the owner of the record, or an administrator.")
    if isinstance(error, RequestDataTooBig):
        detail = "What was sent is larger than this door takes."
        return BadInput("bad_request", detail, "Send a file by its own field, or less at once.")
    if isinstance(error, BadRequest | SuspiciousOperation):
        return BadInput(
            "bad_request", "The request cannot be read.", "Go back and start again from the page."
        )
    return None


def answer(
    request: HttpRequest, status: int, code: str, detail: str, remedy: str = "", *, facts: Any = None
) -> HttpResponse:
    """The one error shape. `facts["requirements"]` (mrm.web.shapes.Requirement each) are listed on the page."""
    shape = {
        "code": code,
        "detail": detail,
        "remedy": remedy,
        "request_id": getattr(request, "request_id", "") or request_id(),
    }
    if request.path.startswith("/api/"):
        return JsonResponse(shape, status=status)
    context = {
        "title": TITLES.get(status, "This did not work"),
        "answer": {"what": _what(status), "why": detail, "remedy": remedy},
        "error": shape,
        "requirements": (facts or {}).get("requirements", ()),
        "back": _back(request),
    }
    return HttpResponse(_page(request, status, context), status=status)


def _what(status: int) -> str:
    return (
        "The page was not shown."
        if status == 404
        else "What you asked for was not done. Nothing has changed."
    )


def _back(request: HttpRequest) -> str:
    """The page one came from, when it is ours and another one."""
    came = request.headers.get("Referer", "")
    here = f"{request.scheme}://{request.headers.get('Host', '')}"
    path = came.removeprefix(here)
    return path if came.startswith(here + "/") and path != request.get_full_path() else ""


def _page(request: HttpRequest, status: int, context: dict[str, Any]) -> str:
    """In the frame for who is signed in; alone otherwise, and whenever the frame itself may be what is broken."""
    user = getattr(request, "user", None)
    if status != 500:
        try:
            if user is not None and user.is_authenticated:
                return render_to_string("web/error.html", context, request)
        except Exception:
            log.exception("the frame of an error page could not be drawn")
    return render_to_string("web/error_alone.html", context)


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's 400."""
    return answer(request, 400, "bad_request", "The request cannot be read.", "Start again from the page.")


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's 403."""
    return handler(request, PermissionDenied())


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's 404: the same words as for what exists and may not be seen."""
    return handler(request, NotFound())


def handler500(request: HttpRequest) -> HttpResponse:
    """Django's 500; the trace is in the log, under the request id."""
    return answer(request, 500, *INTERNAL)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token (CSRF_FAILURE_VIEW)."""
    detail = "The form was sent without its token, or it was open for too long."
    return answer(request, 403, "csrf", detail, "Go back, reload the page and send the form again.")


def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Too many failed sign-ins (AXES_LOCKOUT_CALLABLE)."""
    detail = "Too many sign-ins failed in a short time."
    return answer(
        request, 429, "too_many", detail, "Wait 15 minutes, or ask an administrator for a new password."
    )


def rest_handler(error: Exception, context: dict[str, Any]) -> Any:
    """REST_FRAMEWORK's EXCEPTION_HANDLER: the same shape for its views."""
    from rest_framework import exceptions
    from rest_framework.response import Response
    from rest_framework.views import set_rollback

    known = house_error(error)
    if known is not None:
        set_rollback()
        return Response(known.shape(request_id()), status=known.status)
    if not isinstance(error, exceptions.APIException):
        return None
    set_rollback()
    code, remedy = API_ERRORS.get(error.status_code, API_ERRORS[400])
    shape = {"code": code, "detail": _sentence(error.detail), "remedy": remedy, "request_id": request_id()}
    headers = {"WWW-Authenticate": error.auth_header} if hasattr(error, "auth_header") else {}
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(math.ceil(wait))
    return Response(shape, status=error.status_code, headers=headers)


def _sentence(detail: Any) -> str:
    if isinstance(detail, dict):
        return " ".join(f"{name}: {_sentence(said)}" for name, said in detail.items())
    return " ".join(map(str, detail)) if isinstance(detail, list) else str(detail)
