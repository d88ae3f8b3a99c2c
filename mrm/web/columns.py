"""What a table is declared with: columns, filters, the empty state; and how one cell becomes text or a file's value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.safestring import SafeString

from mrm.kernel import numbers
from mrm.kernel.clock import utc
from mrm.web import words
from mrm.web.marks import mark
from mrm.web.shapes import Address

Row = Any
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Column:
    """One column: attribute path (`owner.name`) or `value(row)`, how it is drawn, where it leads.

    `kind`: `text`, `id`, `chip`, `tier`, `digest`, `day`, `moment`, `number`, `stat`, `share`, `p`; all number
    kinds stand at the right. `template` draws a cell with a part of its own (it gets `row` and `value`).
    `note(row)` is a small second line, `sort` the field (or attribute path) it is ordered by, `missing` the word
    where there is no value. `csv=False` keeps it out of the export.
    """

    key: str
    label: str
    kind: str = "text"
    num: bool = False
    head: bool = False
    link: Callable[[Row], str] | None = None
    value: Callable[[Row], Any] | None = None
    note: Callable[[Row], str] | None = None
    tone: Callable[[Row], str] | None = None
    template: str = ""
    sort: str = ""
    missing: str = words.NONE
    places: int | None = None
    csv: bool = True

    @property
    def right(self) -> bool:
        """Whether the column stands at the right, as numbers do."""
        return self.num or self.kind in {"number", "stat", "share", "p"}

    def read(self, row: Row) -> Any:
        """The value of this column in `row`."""
        return self.value(row) if self.value else follow(row, self.key)

    def text(self, value: Any) -> str:
        """The value as words."""
        if value is None or value == "":
            return self.missing
        if self.kind in _TEXTS:
            return _TEXTS[self.kind](value, self.places)
        return mark(value).word if hasattr(value, "label") else str(value)


_TEXTS: Mapping[str, Callable[[Any, int | None], str]] = {
    "day": lambda value, _: words.day(value),
    "moment": lambda value, _: words.moment(value),
    "number": numbers.plain,
    "stat": lambda value, places: numbers.stat(value, 3 if places is None else places),
    "share": lambda value, places: numbers.share(value, places or 0),
    "p": lambda value, _: numbers.p_value(value),
    "chip": lambda value, _: mark(value).word,
    "tier": lambda value, _: f"Tier {value}",
}


@dataclass(frozen=True)
class Choice:
    """A filter of one field: `choices` are `(value, label)` pairs, or a function that gives them.

    `apply(rows, value)` narrows in its own way; otherwise `field` (default: `key`) must equal the value.
    """

    key: str
    label: str
    choices: Sequence[tuple[Any, str]] | Callable[[], Sequence[tuple[Any, str]]]
    field: str = ""
    apply: Callable[[Any, str], Any] | None = None

    def offered(self) -> list[tuple[str, str]]:
        """The choices as text."""
        given = self.choices() if callable(self.choices) else self.choices
        return [(str(value), str(label)) for value, label in given]


@dataclass(frozen=True)
class Empty:
    """What stands where a table has no rows at all: what would be here, and the way to make it."""

    title: str = "Nothing here yet"
    text: str = ""
    action: str = ""
    url: Address = ""


@dataclass(frozen=True)
class Cell:
    """A cell as the template draws it."""

    column: Column
    row: Row
    value: Any
    text: str
    url: str = ""
    note: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Head:
    """A column's head: where a click orders by it, and how it is ordered now (ARIA words)."""

    column: Column
    url: str = ""
    sorted: str = ""


@dataclass(frozen=True)
class Chosen:
    """A filter as it is drawn: its options and the value chosen."""

    choice: Choice
    name: str
    options: list[tuple[str, str]] = field(default_factory=list)
    value: str = ""


def follow(row: Row, path: str) -> Any:
    """The value at an attribute path (`owner.name` or `owner__name`); dicts by key; None on the way stays None."""
    value = row
    for name in path.replace("__", ".").split("."):
        if value is None:
            return None
        value = value.get(name) if isinstance(value, Mapping) else getattr(value, name)
    return value() if callable(value) and not hasattr(value, "label") else value


def raw(column: Column, value: Any) -> Any:
    """A value as a file keeps it: numbers as numbers, dates in ISO, states as words."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return utc(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | Decimal):
        return value
    if isinstance(value, SafeString):
        return re.sub(r"<[^>]+>", "", value)
    if column.kind == "chip" or hasattr(value, "label"):
        return mark(value).word
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def safe_cell(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula gets an apostrophe in front; numbers stay numbers."""
    if isinstance(value, str) and value.startswith(FORMULA):
        return "'" + value
    return value
