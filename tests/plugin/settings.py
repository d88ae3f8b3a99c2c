"""An installation as in service, with one more room whose jobs do nothing but be counted."""

from mrm.config.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.plugin"]  # noqa: F405
