"""The room of versions: builds of a model, what is in them, where they stand, what they may be used for."""

from django.apps import AppConfig


class VersionsConfig(AppConfig):
    """Registers acts, the inspection job and this room's gate requirements."""

    name = "registry.versions"
    label = "versions"

    def ready(self) -> None:
        """Load what registers itself."""
        from registry.versions import jobs, policies, providers, verbs  # noqa: F401
