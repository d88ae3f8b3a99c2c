"""Columns of the inventory that upper rooms fill: next review, open findings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from mrm.kernel.ports import Port
from mrm.web.tables import Column
from registry.inventory.models import Model


@dataclass(frozen=True)
class ModelColumn:
    """A column by an upper room: `values(rows)` gives the value per model's key, in one query for all of them."""

    label: str
    values: Callable[[QuerySet[Model]], Mapping[UUID, Any]]
    kind: str = "text"
    num: bool = False
    missing: str = "none"


port: Port[ModelColumn] = Port("inventory.column")


def offered(rows: QuerySet[Model]) -> list[Column]:
    """The columns that rooms offer, each asked at most once for the rows a reader sees."""
    return [_column(key, item, rows) for key, item in port.items()]


def _column(key: str, item: ModelColumn, rows: QuerySet[Model]) -> Column:
    known = cache(lambda: item.values(rows.order_by()))
    return Column(
        key,
        item.label,
        kind=item.kind,
        num=item.num,
        missing=item.missing,
        value=lambda model: known().get(model.pk),
    )
