"""The roof: commands that run the whole installation, and the wiring of bell and schedule."""

from __future__ import annotations

from django.apps import AppConfig


class RoofConfig(AppConfig):
    """Makes our Celery application the current one in every process, and offers the house's own work."""

    name = "mrm.config"
    label = "config"

    def ready(self) -> None:
        """Wire."""
        from mrm.config import celery, schedule  # noqa: F401

        schedule.offer()
