"""Training in the menu."""

from __future__ import annotations

from mrm.web.menu import item


def register() -> None:
    """Called when the room is ready."""
    item("training", "First line", "Training", "runs", order=25)
