"""The log's name: `MRM_LEDGER_ORIGIN`, or a name of its own, fixed at the first migration."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import uuid4

from django.core import checks
from django.db import connections
from django.db.utils import DEFAULT_DB_ALIAS

from mrm.kernel.notes import check_name
from mrm.ledger.models import Origin


def origin() -> str:
    """The name this log has for ever."""
    return Origin.objects.values_list("name", flat=True).get(pk=1)


def fix_after_migrate(using: str = DEFAULT_DB_ALIAS, **_signal: Any) -> None:
    """Give the log its name unless it has one."""
    from django.conf import settings

    if not Origin.objects.using(using).exists():
        name = settings.MRM_LEDGER_ORIGIN or f"countersign.local/{uuid4()}"
        Origin.objects.using(using).create(pk=1, name=check_name(name))


@checks.register(checks.Tags.database)
def check(*, databases: Collection[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """A setting that names another log than the one that is kept changes nothing, and should be known."""
    from django.conf import settings

    wanted = settings.MRM_LEDGER_ORIGIN
    if not wanted:
        return []
    if any(mark.isspace() or mark == "+" for mark in wanted):
        said = "MRM_LEDGER_ORIGIN needs a name without spaces and without '+'"
        return [checks.Error(said, hint="For example: ledger.bank.example/mrm", id="ledger.E001")]
    found: list[checks.CheckMessage] = []
    for alias in databases or ():
        if Origin._meta.db_table not in connections[alias].introspection.table_names():
            continue
        name = Origin.objects.using(alias).values_list("name", flat=True).first()
        if name and name != wanted:
            said = f"MRM_LEDGER_ORIGIN is {wanted}, but this log is {name} since its first migration"
            found.append(checks.Warning(said, hint="Set the variable to the log's name.", id="ledger.W002"))
    return found
