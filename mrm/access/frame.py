"""What the frame of every page shows of the reader, and this room's menu."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from mrm.access.installation import demonstration
from mrm.access.rules import Role
from mrm.web import frame, menu


def register() -> None:
    """Offer account, banner and reader to the frame, and the people page to the menu."""
    frame.port.register("account", account)
    frame.port.register("banner", banner)
    frame.port.register("reader", reader)
    menu.item("people", "House", "People", "people", order=20)


def account(request: HttpRequest) -> dict[str, Any] | None:
    """Who is signed in."""
    actor = getattr(request, "actor", None)
    if actor is None:
        return None
    roles = ", ".join(Role(role).label for role in sorted(actor.roles))
    return {
        "name": actor.person.name,
        "role": roles or "no role",
        "url": "/account/",
        "sign_out": "/sign-out/",
    }


def banner(request: HttpRequest) -> dict[str, Any] | None:
    """The mark of a demonstration, on every page for ever."""
    if not demonstration():
        return None
    return {"text": "Demonstration: sample bank, sample people", "url": ""}


def reader(request: HttpRequest) -> dict[str, Any] | None:
    """How this reader wants pages."""
    user = getattr(request, "user", None)
    if getattr(request, "actor", None) is None or user is None:
        return None
    return {"theme": user.theme, "keys": "" if user.single_keys else "off"}
