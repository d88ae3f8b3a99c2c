"""The room of evidence."""

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """Declares its policies, acts and jobs."""

    name = "mrm.evidence"
    label = "evidence"

    def ready(self) -> None:
        """Acts, policies and handlers are known before the first request."""
        from mrm.evidence import jobs, policies, verbs  # noqa: F401
        from mrm.web.menu import item

        item("evidence", "Second line", "Evidence", "evidence-list", order=40)
