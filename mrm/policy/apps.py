"""The room of dated policy."""

from django.apps import AppConfig


class PolicyConfig(AppConfig):
    """Wires the acts and the pack's installation."""

    name = "mrm.policy"
    label = "policy"

    def ready(self) -> None:
        """Acts and their policies become known, and the page stands in the menu."""
        from mrm.policy import installation, policies, verbs  # noqa: F401
        from mrm.web import menu

        installation.connect()
        menu.item("policies", "House", "Policies", "policies", order=30)
