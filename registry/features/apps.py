"""The room of features: definitions, the store with two clocks, point-in-time and online reads, skew."""

from django.apps import AppConfig


class FeaturesConfig(AppConfig):
    """Registers acts, jobs and the menu entry."""

    name = "registry.features"
    label = "features"

    def ready(self) -> None:
        """Load what registers itself."""
        from registry.features import frame, jobs, policies, verbs  # noqa: F401

        frame.register()
