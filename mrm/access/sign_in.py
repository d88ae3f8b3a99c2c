"""The pages that nobody needs an account for: sign-in, set-up, health; and sign-out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import login, logout
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from mrm.access import setup_link
from mrm.access.forms import SetUp, SignIn
from mrm.access.installation import demonstration
from mrm.access.middleware import open_to_all
from mrm.kernel.errors import CountersignError
from mrm.kernel.ports import Port


@dataclass(frozen=True)
class Seat:
    """One sign-in of a demonstration, shown on its sign-in page."""

    name: str
    role: str
    username: str
    password: str


seats: Port[Callable[[], Sequence[Seat]]] = Port("access.seats")


@open_to_all
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in by password; in a demonstration every role has its seat on the page."""
    onward = request.POST.get("next") or request.GET.get("next") or "/"
    if not url_has_allowed_host_and_scheme(onward, {request.get_host()}, request.is_secure()):
        onward = "/"
    form = SignIn(request, request.POST or None)
    if request.method == "POST" and form.is_valid() and form.account is not None:
        login(request, form.account, backend="django.contrib.auth.backends.ModelBackend")
        return HttpResponseRedirect(onward)
    facts = {"title": "Sign in", "form": form, "next": onward, "seats": _seats()}
    return render(request, "access/sign_in.html", facts, status=422 if form.errors else 200)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return HttpResponseRedirect("/sign-in/")


@open_to_all
@require_http_methods(["GET", "POST"])
def set_up(request: HttpRequest, token: str) -> HttpResponse:
    """Where the first administrator of an empty bank sets a password."""
    setup_link.valid(token)
    form = SetUp(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            account = setup_link.use(token, **form.facts())
        except CountersignError as error:
            form.add_error(None, f"{error.detail} {error.remedy}")
        else:
            login(request, account, backend="django.contrib.auth.backends.ModelBackend")
            return HttpResponseRedirect("/people/")
    facts = {"title": "Set up the bank", "form": form}
    return render(request, "access/set_up.html", facts, status=422 if form.errors else 200)


@open_to_all
@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """The process lives."""
    return JsonResponse({"status": "ok"})


@open_to_all
@require_GET
def readyz(request: HttpRequest) -> JsonResponse:
    """The process lives and reaches its database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


def _seats() -> Sequence[Seat]:
    provider: Any = seats.get("demonstration")
    return provider() if provider and demonstration() else ()
