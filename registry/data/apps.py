"""The room of data: datasets, their snapshots, what the columns mean, and whether they may be used."""

from django.apps import AppConfig


class DataConfig(AppConfig):
    """Registers acts, the profiling job and the menu entry."""

    name = "registry.data"
    label = "data"

    def ready(self) -> None:
        """Load what registers itself."""
        from registry.data import frame, jobs, policies, sourcing, verbs  # noqa: F401

        frame.register()
