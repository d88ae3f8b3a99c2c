"""The room of features: definitions, the store with two clocks, point-in-time and online reads, skew."""

from django.apps import AppConfig


class FeaturesConfig(AppConfig):
    """Registers acts and jobs."""

    name = "registry.features"
    label = "features"

    def ready(self) -> None:
        """Load what registers itself."""
        from registry.features import jobs, policies, verbs  # noqa: F401
