"""Features in the menu."""

from __future__ import annotations

from mrm.web.menu import item


def register() -> None:
    """Called when the room is ready."""
    item("features", "First line", "Features", "features", order=25)
