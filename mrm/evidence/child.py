"""The process of recomputations: `python -m mrm.evidence.child EVIDENCE…`. The environment was pinned before."""

from __future__ import annotations

import os
import sys


def main(keys: list[str]) -> int:
    """Set the house up, compare, answer one line each."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mrm.config.settings")
    import django

    django.setup()
    from mrm.evidence.models import Evidence
    from mrm.evidence.reproduce import as_line, compare

    for key in keys:
        answer = as_line(compare(Evidence.objects.get(pk=key)))
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
