"""The bank many times over: every model and dataset again with all that hangs on it, as rows alone.

No act makes these rows and no reader of the ledger would believe them; they are for counting queries, and go with the test.
"""

from __future__ import annotations

import copy
import uuid
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models import UniqueConstraint

from mrm.access import guard
from mrm.access.models import Scope
from mrm.access.rules import ScopeKind
from mrm.kernel import ids
from mrm.ledger import triggers

LEDGER = {"access.entry", "access.revision", "access.touch"}  # one for each leaf: they are no copy's

Found = dict[type[models.Model], list[models.Model]]


def multiply(times: int) -> None:
    """Make every model and dataset `times` as many, each with everything under its scope."""
    found = below(list(Scope.objects.filter(kind__in=[ScopeKind.MODEL, ScopeKind.DATASET])))
    gate = guard.opened()
    try:
        triggers.drop_all(connection)
        for number in range(1, times):
            copied(found, number)
    finally:
        guard.closed(gate)


def below(scopes: list[models.Model]) -> Found:
    """The scopes and every row that leads to one of them, over any number of foreign keys."""
    found: Found = {Scope: scopes}
    keys: dict[type[models.Model], set[Any]] = defaultdict(set, {Scope: {row.pk for row in scopes}})
    grew = True
    while grew:
        grew = False
        for kind in apps.get_models(include_auto_created=True):
            if kind._meta.label_lower in LEDGER or kind is Scope or kind._meta.proxy:
                continue
            for field in links(kind):
                rows = kind._base_manager.filter(**{f"{field.name}__in": keys[field.related_model]})
                fresh = [row for row in rows if row.pk not in keys[kind]] if keys[field.related_model] else []
                keys[kind] |= {row.pk for row in fresh}
                found.setdefault(kind, []).extend(fresh)
                grew = grew or bool(fresh)
    return {kind: rows for kind, rows in found.items() if rows}


def links(kind: type[models.Model]) -> Iterator[Any]:
    """The foreign keys of a table."""
    return (field for field in kind._meta.concrete_fields if field.is_relation)


def copied(found: Found, number: int) -> None:
    """One more of everything, its links among themselves as they were."""
    fresh = {row.pk: ids.uuid7() for rows in found.values() for row in rows if isinstance(row.pk, uuid.UUID)}
    for kind, rows in found.items():
        kind._base_manager.bulk_create([again(row, fresh, number) for row in rows])


def again(row: models.Model, fresh: dict[Any, Any], number: int) -> models.Model:
    """A row under another key, pointing to the copies of what it pointed to."""
    made = copy.copy(row)
    made._state = copy.copy(row._state)
    made._state.adding, made._state.fields_cache = True, {}
    facts = {field.attname: getattr(row, field.attname) for field in type(row)._meta.concrete_fields}
    moved = {name for name, value in facts.items() if isinstance(value, uuid.UUID) and value in fresh}
    key = type(row)._meta.pk.attname
    if key not in moved:
        moved.add(key)
        facts[key] = None
    for name in moved:
        facts[name] = fresh.get(facts[name])
    for group in alone(type(row)):
        if not group & moved and all(facts[name] is not None for name in group):
            name = next(name for name in sorted(group) if isinstance(facts[name], str | int))
            facts[name] = other(facts[name], number)
            moved.add(name)
    for name, value in facts.items():
        setattr(made, name, value)
    return made


def alone(kind: type[models.Model]) -> Iterator[set[str]]:
    """The sets of columns of which the table holds no two alike."""
    meta = kind._meta
    yield from ({field.attname} for field in meta.concrete_fields if field.unique)
    together = [
        *meta.unique_together,
        *(c.fields for c in meta.constraints if isinstance(c, UniqueConstraint)),
    ]
    yield from ({meta.get_field(name).attname for name in names} for names in together if names)


def other(value: str | int, number: int) -> str | int:
    """A value that no other row has, of the same kind and length."""
    return value + 1000 * number if isinstance(value, int) else f"{value[:-2]}{number}~"
