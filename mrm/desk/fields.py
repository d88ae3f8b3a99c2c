"""History per field: what each field of a model said, when it changed, and by whose act, in words."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models as db

from mrm.access.history import revisions_of
from mrm.desk.model import INVENTORY, OfModel
from mrm.web import words
from registry.inventory import queries as models


class History(OfModel):
    """What each field of a model said, when it changed, and by whose act."""

    title = "History per field"
    template_name = "desk/history.html"

    def get_crumbs(self) -> list[tuple[str, str]]:
        """Back to the model."""
        return [INVENTORY, (self.model.name, self.model.get_absolute_url())]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The changes of the model and of its uses, newest first."""
        rows = [("Model", self.model), *((f"Use {use.reference}", use) for use in models.uses(self.model))]
        changes = [change for label, row in rows for change in field_changes(label, row)]
        changes.sort(key=lambda change: change["at"], reverse=True)
        return super().get_context_data(changes=changes[:200], **kwargs)


def field_changes(label: str, row: Any) -> list[dict[str, Any]]:
    """Per revision, the fields that changed: before and after."""
    changes: list[dict[str, Any]] = []
    before: dict[str, Any] = {}
    names: dict[tuple[Any, str], str] = {}
    for revision in revisions_of(row).select_related("leaf__entry__person"):
        after = revision.payload or {}
        entry = revision.leaf.entry
        for name in sorted(after):
            if name in {"id", "scope_id", "name_key"} or before.get(name) == after[name]:
                continue
            if not before and after[name] in ("", None):
                continue
            changes.append(
                {
                    "at": revision.at,
                    "what": label,
                    "field": name.removesuffix("_id").replace("_", " "),
                    "before": said(row, name, before.get(name), names),
                    "after": said(row, name, after[name], names),
                    "by": entry.person.name,
                    "url": f"/ledger/{revision.leaf.hash[:16]}/",
                }
            )
        before = after
    return changes


def said(row: Any, name: str, value: Any, names: dict[tuple[Any, str], str]) -> Any:
    """A stored value in words: who or what a key points at, a choice by its label, times in the reader's zone."""
    try:
        field = row._meta.get_field(name.removesuffix("_id"))
    except FieldDoesNotExist:
        return value
    if value in (None, ""):
        return value
    if field.is_relation:
        key = (field.related_model, str(value))
        if key not in names:
            found = field.related_model._default_manager.filter(pk=value).first()
            names[key] = str(found) if found is not None else str(value)
        return names[key]
    if field.choices:
        return dict(field.flatchoices).get(value, value)
    return words.moment(value) if isinstance(field, db.DateField) else value
