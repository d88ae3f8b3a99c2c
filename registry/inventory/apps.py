"""The room of the inventory."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """Makes the acts of the inventory known."""

    name = "registry.inventory"
    label = "inventory"

    def ready(self) -> None:
        """Acts and how they are judged."""
        from registry.inventory import policies, verbs  # noqa: F401
