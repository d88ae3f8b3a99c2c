"""The demonstration bank."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Offers the seats of a demonstration to its sign-in page."""

    name = "mrm.demo"
    label = "demo"

    def ready(self) -> None:
        """Register the seats; they are shown only where the database is marked."""
        from mrm.access.sign_in import seats
        from mrm.demo import people

        seats.register("demonstration", people.seats)
