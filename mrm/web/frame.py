"""What surrounds every page: who reads, banner, theme. Rooms above give it at the port `web.frame`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from mrm.kernel.ports import Port
from mrm.web.menu import menu

THEMES = ("light", "dark")

port: Port[Callable[[HttpRequest], dict[str, Any] | None]] = Port("web.frame")
"""Providers by key, each called at most once a page and only when the page shows it:

- `account` → `{"name", "role", "url", "sign_out"}`: who reads; addresses of the account page and of the
  sign-out form (POST). None: nobody is signed in.
- `banner` → `{"text", "url"}`: the mark of a demonstration. None: no mark.
- `reader` → `{"theme", "keys"}`: what the account keeps; `theme` is `light`, `dark` or empty, `keys` is `off`
  when single-key shortcuts are switched off.
"""


def _given(key: str, request: HttpRequest) -> dict[str, Any]:
    provider = port.get(key)
    return (provider(request) if provider else None) or {}


def _signed_in(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return bool(user is not None and user.is_authenticated)


def context(request: HttpRequest) -> dict[str, Any]:
    """Context processor of the frame; everything is computed only when a template asks for it."""
    theme = request.COOKIES.get("theme", "")
    return {
        "product": "Countersign",
        "menu": SimpleLazyObject(lambda: menu(request) if _signed_in(request) else []),
        "account": SimpleLazyObject(lambda: _given("account", request)),
        "banner": SimpleLazyObject(lambda: _given("banner", request)),
        "reader": SimpleLazyObject(lambda: _given("reader", request)),
        "theme": theme if theme in THEMES else "",
        "now": timezone.now(),
    }
