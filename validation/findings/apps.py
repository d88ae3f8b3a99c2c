"""The room of findings and conditions of use."""

from django.apps import AppConfig


class FindingsConfig(AppConfig):
    """Declares its policies, acts and gate requirements."""

    name = "validation.findings"
    label = "findings"

    def ready(self) -> None:
        """Acts, policies and requirements are known before the first request."""
        from mrm.web.menu import item
        from validation.findings import card, gates, policies, verbs  # noqa: F401

        item("findings", "Second line", "Findings", "findings", order=20)
        item("conditions", "Second line", "Conditions", "conditions", order=30)
