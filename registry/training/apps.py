"""The room of training: recipes, runs that repeat bit for bit, schedules, recalibration envelopes."""

from django.apps import AppConfig


class TrainingConfig(AppConfig):
    """Registers acts, jobs, the answers to the gate and the menu entry."""

    name = "registry.training"
    label = "training"

    def ready(self) -> None:
        """Load what registers itself."""
        from registry.training import frame, jobs, policies, providers, verbs  # noqa: F401

        frame.register()
