"""Data in the menu."""

from __future__ import annotations

from mrm.web.menu import item


def register() -> None:
    """Called when the room is ready."""
    item("data", "First line", "Data", "datasets", order=20)
