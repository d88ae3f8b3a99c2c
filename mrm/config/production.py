"""What production refuses to start with: debug, keys made by themselves, SQLite, a demonstration."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from mrm.access.installation import demonstration
from mrm.config import environment

NEEDED = ("MRM_SECRET_KEY", "MRM_SIGNING_KEY", "MRM_DATABASE_URL")


def refuse_unfit() -> None:
    """Raise with every reason why this must not serve as production; nothing outside production."""
    if settings.PRODUCTION and (reasons := [*unfit_settings(), *unfit_records()]):
        raise ImproperlyConfigured("This installation is not fit for production: " + " ".join(reasons))


def unfit_settings() -> Iterator[str]:
    """What the environment lacks."""
    if settings.DEBUG:
        yield "MRM_DEBUG is on; switch it off."
    for name in NEEDED:
        if not environment.read(name):
            yield f"{name} is not set; production makes no key and no database by itself."
    if connection.vendor == "sqlite":
        yield "The database is SQLite; its triggers hinder and do not prevent. Use PostgreSQL."


def unfit_records() -> Iterator[str]:
    """What the database says of itself."""
    if "access_installation" not in connection.introspection.table_names():
        return
    if demonstration():
        yield "The database is a demonstration, for ever; use another one."
