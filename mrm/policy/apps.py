"""The room of dated policy."""

from django.apps import AppConfig


class PolicyConfig(AppConfig):
    """Wires the acts and the pack's installation."""

    name = "mrm.policy"
    label = "policy"

    def ready(self) -> None:
        """Acts and their policies become known."""
        from mrm.policy import installation, policies, verbs  # noqa: F401

        installation.connect()
