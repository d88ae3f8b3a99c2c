"""Tables: declared columns, filters, search, order, pages of fifty, CSV of the whole.

```python
class ModelTable(Table):
    caption = "Models"
    columns = (
        Column("reference", "Id", kind="id", link=lambda m: m.get_absolute_url(), sort="reference"),
        Column("name", "Name", head=True, link=lambda m: m.get_absolute_url(), sort="name"),
        Column("tier", "Tier", kind="tier", sort="tier"),
        Column("state", "State", kind="chip"),
        Column("review", "Next review", kind="day", num=True, sort="next_review"),
    )
    filters = (Choice("state", "State", State.choices),)
    search = ("reference", "name", "owner__name")
    order = "name"
    empty = Empty("No models yet", "A model exists before any code does.", "Register a model", "/models/new/")
```

The page costs two queries for rows (count, page) however long the table is; what a column follows belongs into
the query set's `select_related`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, reduce
from operator import or_
from typing import Any, ClassVar

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from mrm.web.columns import Cell, Choice, Chosen, Column, Empty, Head, Row, follow, raw, safe_cell

__all__ = ["Choice", "Column", "Empty", "Table", "follow", "linked", "safe_cell"]


class Table:
    """Rows of one kind, as a request narrows and orders them. `prefix` keeps two tables of a page apart."""

    caption: ClassVar[str] = ""
    columns: ClassVar[Sequence[Column]] = ()
    filters: ClassVar[Sequence[Choice]] = ()
    search: ClassVar[Sequence[str]] = ()
    search_hint: ClassVar[str] = ""
    order: ClassVar[str] = ""
    per_page: ClassVar[int] = 50
    empty: ClassVar[Empty] = Empty()
    prefix: ClassVar[str] = ""
    sticky: ClassVar[bool] = True

    def __init__(self, rows: QuerySet[Any] | Sequence[Row], request: HttpRequest | None = None) -> None:
        self._all = rows
        self._query = request.GET.copy() if request else None
        self.sorting = self._sorting()
        self.text = self._asked("q")
        self.chosen = [self._chosen(choice) for choice in self.filters]

    # what was asked

    def _asked(self, name: str) -> str:
        return self._query.get(self.prefix + name, "").strip() if self._query is not None else ""

    def _chosen(self, choice: Choice) -> Chosen:
        options = choice.offered()
        value = self._asked(choice.key)
        return Chosen(choice, self.prefix + choice.key, options, value if value in dict(options) else "")

    def _sorting(self) -> str:
        """The key of the column that orders the table, with `-` in front when it falls. Unknown ones are ignored."""
        asked = self._asked("sort")
        allowed = {column.key for column in self.columns if column.sort}
        return asked if asked.removeprefix("-") in allowed else self.order

    @property
    def wants_csv(self) -> bool:
        """Whether the request asks for the file."""
        return self._asked("as") == "csv"

    @property
    def narrowed(self) -> bool:
        """Whether any filter or search is on."""
        return bool(self.text or any(choice.value for choice in self.chosen))

    @property
    def has_filters(self) -> bool:
        """Whether there is anything to narrow by."""
        return bool(self.search or self.filters)

    # rows

    @cached_property
    def rows(self) -> Any:
        """All rows that pass, in order."""
        rows = self._all
        for chosen in self.chosen:
            if chosen.value:
                rows = self._narrow(rows, chosen)
        if self.text and self.search:
            rows = self._find(rows)
        return self._ordered(rows)

    def _narrow(self, rows: Any, chosen: Chosen) -> Any:
        choice = chosen.choice
        if choice.apply:
            return choice.apply(rows, chosen.value)
        name = choice.field or choice.key
        if isinstance(rows, QuerySet):
            return rows.filter(**{name: chosen.value})
        return [row for row in rows if str(follow(row, name)) == chosen.value]

    def _find(self, rows: Any) -> Any:
        if isinstance(rows, QuerySet):
            return rows.filter(reduce(or_, (Q(**{f"{name}__icontains": self.text}) for name in self.search)))
        wanted = self.text.lower()
        return [row for row in rows if any(wanted in str(follow(row, name)).lower() for name in self.search)]

    def _ordered(self, rows: Any) -> Any:
        key = self.sorting.removeprefix("-")
        if not key:
            return rows
        column = next((column for column in self.columns if column.key == key), None)
        name = (column.sort if column else "") or key
        falling = self.sorting.startswith("-")
        if isinstance(rows, QuerySet):
            return rows.order_by(("-" if falling else "") + name.replace(".", "__"), "pk")
        return sorted(rows, key=lambda row: _order_key(follow(row, name)), reverse=falling)

    # pages

    @cached_property
    def page(self) -> Page[Any]:
        """The page that is asked for; beyond the last one: the last."""
        return Paginator(self.rows, self.per_page).get_page(self._asked("page") or 1)

    @property
    def count(self) -> int:
        """How many rows pass."""
        return int(self.page.paginator.count)

    @property
    def heads(self) -> list[Head]:
        """The heads, with the address that orders by each."""
        heads = []
        for column in self.columns:
            now = self.sorting.removeprefix("-") == column.key and bool(column.sort)
            falling = self.sorting.startswith("-")
            url = (
                self.address(sort=f"-{column.key}" if now and not falling else column.key)
                if column.sort
                else ""
            )
            heads.append(Head(column, url, ("descending" if falling else "ascending") if now else ""))
        return heads

    @property
    def body(self) -> Iterator[list[Cell]]:
        """The cells of this page, row by row."""
        return (self._cells(row) for row in self.page)

    def _cells(self, row: Row) -> list[Cell]:
        cells = []
        for column in self.columns:
            value = column.read(row)
            text = value if isinstance(value, SafeString) else column.text(value)
            cells.append(
                Cell(
                    column,
                    row,
                    value,
                    text,
                    url=column.link(row) if column.link else "",
                    note=column.note(row) if column.note else "",
                    tone=column.tone(row) if column.tone else "",
                )
            )
        return cells

    @property
    def pages(self) -> list[tuple[str, str]]:
        """`(number, address)` of the pages to offer; the current one and gaps have no address."""
        numbers_ = self.page.paginator.get_elided_page_range(self.page.number, on_each_side=2, on_ends=1)
        offered: list[tuple[str, str]] = []
        for n in numbers_:
            here = not isinstance(n, int) or n == self.page.number
            offered.append((str(n), "" if here else self.address(page=n)))
        return offered

    def address(self, **changes: object) -> str:
        """This page's own address with some parameters changed; a new order starts at the first page."""
        query = self._query.copy() if self._query is not None else None
        if query is None:
            return "?"
        query.pop(self.prefix + "as", None)
        query.pop(self.prefix + "page", None)
        for name, value in changes.items():
            query[self.prefix + name] = str(value)
        return "?" + query.urlencode()

    @property
    def csv_address(self) -> str:
        """Where the file of the narrowed table is."""
        return self.address(**{"as": "csv"})

    @property
    def reset_address(self) -> str:
        """The table without any narrowing."""
        return "?"

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Parameters that the filter form carries along: the order, and what belongs to another table."""
        if self._query is None:
            return []
        own = {self.prefix + name for name in ("q", "page", "as", *(choice.key for choice in self.filters))}
        return [(name, str(value)) for name, value in self._query.items() if name not in own]

    # file

    def csv(self) -> StreamingHttpResponse:
        """The whole narrowed table as CSV: raw values, ISO dates, no cell that a spreadsheet would run."""
        name = re.sub(r"[^a-z0-9]+", "-", (self.caption or "table").lower()).strip("-")
        return StreamingHttpResponse(
            self.csv_lines(),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
        )

    def csv_lines(self) -> Iterator[str]:
        """The lines of the file, head first."""
        columns = [column for column in self.columns if column.csv]
        writer = csv.writer(_Echo())
        yield writer.writerow([safe_cell(column.label) for column in columns])
        rows: Iterable[Row] = self.rows
        if isinstance(rows, QuerySet):
            rows = rows.iterator(chunk_size=1000)
        for row in rows:
            yield writer.writerow([safe_cell(raw(column, column.read(row))) for column in columns])


class _Echo:
    """A file that hands back what is written: csv as a stream."""

    def write(self, line: str) -> str:
        """The line itself."""
        return line


def _order_key(value: Any) -> tuple[bool, Any]:
    return (value is None, "" if value is None else value.lower() if isinstance(value, str) else value)


def linked(text: str, url: str) -> SafeString:
    """A link for a cell or a fact."""
    return format_html('<a href="{}">{}</a>', url, text)
