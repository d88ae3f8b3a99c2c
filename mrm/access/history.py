"""Committed history, as separation of duties reads it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet

from mrm.access.models import Entry, Revision, Scope
from mrm.access.rows import row_type


def entries_about(row: Model) -> QuerySet[Entry]:
    """Every entry that was called on `row` or changed it."""
    about, key = row_type(row), str(row.pk)
    called = Entry.objects.filter(object_type=about, object_id=key)
    changed = Entry.objects.filter(touches__row_type=about, touches__row_id=key)
    return (called | changed).distinct().order_by("id")


def people_who(acts: Iterable[str], rows: Iterable[Model]) -> set[UUID]:
    """The natural persons who did (or had done on their behalf) any of `acts` to any of `rows`."""
    people: set[UUID] = set()
    for row in rows:
        done = entries_about(row).filter(act__in=list(acts), outcome="done")
        for person, behalf in done.values_list("person_id", "on_behalf_of_id"):
            people |= {person} | ({behalf} if behalf else set())
    return people


def revisions_of(row: Model) -> QuerySet[Revision]:
    """What `row` has said, oldest first."""
    return Revision.objects.filter(row_type=row_type(row), row_id=str(row.pk)).order_by("number")


def entries_visible(actor: Any, scope: Scope | None = None) -> QuerySet[Entry]:
    """The entries a reader may see, newest first."""
    entries = Entry.objects.visible_to(actor)
    if scope is not None:
        entries = entries.filter(scope=scope)
    return entries.select_related("person", "on_behalf_of", "leaf").order_by("-id")
