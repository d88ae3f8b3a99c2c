"""The inventory in the menu."""

from __future__ import annotations

from typing import Any

from mrm.web.menu import item
from registry.inventory.models import Model


def register() -> None:
    """Called when the room is ready."""
    item("inventory", "First line", "Inventory", "models", order=10, count=_count, letter="i")


def _count(request: Any) -> int | None:
    return int(Model.objects.visible_to(request.actor).count())
