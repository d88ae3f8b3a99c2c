"""The process of a repetition: `python -m registry.training.child RUN RECIPE`. The environment was pinned before."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict


def main(run: str, recipe: str) -> int:
    """Set the house up, repeat, answer one line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mrm.config.settings")
    import django

    django.setup()
    from registry.training.models import Recipe, Run
    from registry.training.repeating import repeat

    found, _ = repeat(Run.objects.with_facts().get(pk=run), Recipe.objects.get(pk=recipe))
    line = {name: str(value) for name, value in asdict(found).items()}
    sys.stdout.write(json.dumps(line) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
