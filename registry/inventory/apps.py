"""The room of the inventory."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """Makes the acts of the inventory known."""

    name = "registry.inventory"
    label = "inventory"

    def ready(self) -> None:
        """Acts, how they are judged, and the menu."""
        from registry.inventory import frame, policies, verbs  # noqa: F401

        frame.register()
