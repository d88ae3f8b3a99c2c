"""A migrated installation for one benchmark: a home that is thrown away, copied from the first that was made in this run."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def start(*, migrated: bool = True) -> Path:
    """Django on an empty bank in this process's own home; returns the home."""
    home = Path(os.environ["MRM_HOME"])
    template = Path(os.environ["BENCH_FOLDER"]) / "_migrated"
    plain = "MRM_DATABASE_URL" not in os.environ
    if migrated and plain and template.exists():
        shutil.copytree(template, home, dirs_exist_ok=True)
    os.environ["DJANGO_SETTINGS_MODULE"] = "mrm.config.settings"
    import django

    django.setup()
    if migrated and not (plain and template.exists()):
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", interactive=False, verbosity=0)
        connections.close_all()
        if plain:
            making = template.with_suffix(".making")
            shutil.copytree(home, making)
            making.rename(template)
    return home
