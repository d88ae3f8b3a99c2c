"""The room of jobs."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Declares its policies."""

    name = "mrm.jobs"
    label = "jobs"

    def ready(self) -> None:
        """Acts and their policies are known before the first request."""
        from mrm.jobs import bell, policies, verbs  # noqa: F401
        from mrm.web import menu

        menu.item("jobs", "House", "Jobs", "jobs", order=10)
