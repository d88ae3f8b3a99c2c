"""The write guard: SQL that changes a governed table outside an act is refused, whoever wrote it.

One execute wrapper per connection looks at each statement. It protects against our own shortcuts (a queryset
update, a many-to-many add, a bulk insert, raw SQL); the administrator with another client is found by the ledger.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextvars import ContextVar
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

_open: ContextVar[bool] = ContextVar("act_open", default=False)

WRITES = re.compile(
    r"""\s*(?:/\*.*?\*/\s*)*(?:WITH\b.*?\)\s*)?(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|REPLACE\s+INTO|UPDATE(?:\s+OR\s+\w+)?"""
    r"""(?:\s+ONLY)?|DELETE\s+FROM(?:\s+ONLY)?|MERGE\s+INTO|TRUNCATE(?:\s+TABLE)?|COPY)\s+(?:"?\w+"?\.)?"?(\w+)"?""",
    re.IGNORECASE | re.DOTALL,
)
THIRD_PARTY_GOVERNED = (
    "auth.Group",
    "auth.Group_permissions",
    "access.User_groups",
    "access.User_user_permissions",
)


class GuardViolation(RuntimeError):
    """A governed table was about to change outside an act."""


@cache
def governed_tables() -> frozenset[str]:
    """The tables that change only in an act, many-to-many tables of rights included."""
    tables = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if getattr(model, "record_kind", "") in {"governed", "append_only"}
        and model._meta.app_label != "ledger"
    }
    for name in THIRD_PARTY_GOVERNED:
        tables.add(apps.get_model(name)._meta.db_table)
    return frozenset(table.lower() for table in tables)


def check(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Django's execute wrapper."""
    if not _open.get():
        # A statement may hide behind another: each part of a script is looked at.
        for statement in str(sql).split(";"):
            match = WRITES.match(statement)
            if match and match.group(1).lower() in governed_tables():
                raise GuardViolation(
                    f"{match.group(1)} changes only in an act: call a verb (mrm.access.acts), not the table"
                )
    return execute(sql, params, many, context)


def _watch(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if check not in connection.execute_wrappers:
        connection.execute_wrappers.append(check)


def install() -> None:
    """Watch every connection from now on, and those that are open already."""
    connection_created.connect(_watch, dispatch_uid="write-guard")
    for connection in connections.all(initialized_only=True):
        _watch(connection)


def opened() -> Any:
    """Let the open act write; returns the token for `closed`."""
    return _open.set(True)


def closed(token: Any) -> None:
    """The act is over."""
    _open.reset(token)
