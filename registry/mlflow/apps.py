"""The room of the MLflow door: what an unmodified `mlflow` client talks to."""

from django.apps import AppConfig


class MlflowConfig(AppConfig):
    """Registers acts, how they are judged, the calls that the door answers, and the poll of another MLflow."""

    name = "registry.mlflow"
    label = "mlflow"
    verbose_name = "MLflow door"

    def ready(self) -> None:
        """Load what registers itself."""
        from registry.mlflow import frame, importing, lookups, policies, polling, registering, verbs  # noqa: F401

        frame.register()
