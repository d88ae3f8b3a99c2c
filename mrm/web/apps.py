"""The page kit as a Django app."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Base views, tables, forms, charts, errors and the look; it knows no permissions and no people."""

    name = "mrm.web"
    label = "web"
    verbose_name = "Page kit"
