"""Every request gets its actor, or none; pages are closed unless they say that they are open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from mrm.access.actors import Actor, actor_of
from mrm.access.models import LegalEntity, User
from mrm.access.rules import Door

OPEN = "open_to_all"


def open_to_all(view: Any) -> Any:
    """Mark a view that answers without sign-in (sign-in itself, set-up, health)."""
    setattr(view, OPEN, True)
    return view


def actor_for(request: HttpRequest) -> Actor | None:
    """The actor of a signed-in request."""
    account = getattr(request, "user", None)
    if not isinstance(account, User) or not (account.is_active and account.person.active):
        return None
    return actor_of(
        account, door=Door.PAGE, factors=("password",), request_id=getattr(request, "request_id", "")
    )


def zone_of(account: User) -> ZoneInfo | None:
    """The zone an account asked for, else that of its person's legal entity; None: the installation's."""
    if account.zone:
        return ZoneInfo(account.zone)
    entity = LegalEntity.objects.filter(scope=account.person.scope_id).only("zone").first()
    return ZoneInfo(entity.zone) if entity else None


class ActorMiddleware:
    """Sets `request.actor`. Nobody reaches a page without one; the API answers for itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on with its actor; pages show times in the reader's zone, the API in UTC."""
        request.actor = actor_for(request)  # type: ignore[attr-defined]
        if request.actor is None or request.path.startswith("/api/"):  # type: ignore[attr-defined]
            return self.get_response(request)
        with timezone.override(zone_of(request.user)):  # type: ignore[arg-type]
            return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Send nobody to the sign-in page, unless the view is open or answers for itself."""
        del args, kwargs
        cls = getattr(view, "view_class", None) or getattr(view, "cls", None)
        if request.actor is not None or getattr(view, OPEN, False) or getattr(cls, OPEN, False):  # type: ignore[attr-defined]
            return None
        if request.path.startswith("/api/"):
            return None
        return redirect_to_login(request.get_full_path(), reverse("sign-in"))
