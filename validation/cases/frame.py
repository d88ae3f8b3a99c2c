"""Validations in the menu."""

from __future__ import annotations

from typing import Any

from mrm.web.menu import item
from validation.cases import queries


def register() -> None:
    """Called when the room is ready."""
    item("validations", "Second line", "Validations", "validations", order=10, count=_running, letter="v")
    item("to-sign", "Second line", "To sign", "to-sign", order=50, count=_to_sign, letter="s")


def _running(request: Any) -> int | None:
    return int(queries.validations(request.actor).running().count())


def _to_sign(request: Any) -> int | None:
    return len(queries.to_sign(request.actor))
