"""The process of one recomputation: `python -m mrm.evidence.child EVIDENCE`. The environment was pinned before."""

from __future__ import annotations

import os
import sys


def main(key: str) -> int:
    """Set the house up, compare, answer one line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mrm.config.settings")
    import django

    django.setup()
    from mrm.evidence.models import Evidence
    from mrm.evidence.reproduce import as_line, compare

    answer = as_line(compare(Evidence.objects.get(pk=key)))
    sys.stdout.write(answer + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
