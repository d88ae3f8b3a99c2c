"""The room of pages that several rooms compose."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Home, model page, search, ledger explorer."""

    name = "mrm.desk"
    label = "desk"

    def ready(self) -> None:
        """Offer this room's pages to the menu."""
        from mrm.desk import menu

        menu.register()
