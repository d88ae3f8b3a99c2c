"""The log's name: `MRM_LEDGER_ORIGIN`, or a name of its own, fixed at the first migration."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.db.utils import DEFAULT_DB_ALIAS

from mrm.ledger.models import Origin


def origin() -> str:
    """The name this log has for ever."""
    return Origin.objects.values_list("name", flat=True).get(pk=1)


def fix_after_migrate(using: str = DEFAULT_DB_ALIAS, **_signal: Any) -> None:
    """Give the log its name unless it has one."""
    from django.conf import settings

    if not Origin.objects.using(using).exists():
        name = settings.MRM_LEDGER_ORIGIN or f"countersign.local/{uuid4()}"
        Origin.objects.using(using).create(pk=1, name=name)
