"""A list costs the same number of queries however long it is: every table page and every list of the API.

Each is asked for in the story's bank, and again when the bank holds three times as much. A list within one object (the versions
of a model) is widened to all rows of its kind. What does not grow with models and data (people, policies, the ledger) is asked
for with pages of a third.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.db.models.sql.where import WhereNode
from django.test.utils import CaptureQueriesContext
from rest_framework.pagination import CursorPagination

from mrm.access.pages import MemberList
from mrm.web.tables import Table
from tests.house.addresses import address
from tests.house.multiply import multiply
from tests.house.routes import PAGES, patterns
from tests.house.story import Story
from tests.house.watch import undone

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
WHO = "officer"
LONG = 400
TIMES = 3


@dataclass
class Asked:
    """A list as it was answered once."""

    rows: int
    queries: list[str]


@dataclass
class Lens:
    """How much of a list the test lets through, and how much came."""

    most: int = LONG
    wide: bool = False
    rows: int | None = None

    def looked(self, rows: Any) -> Any:
        """The rows, all of their kind when the lens is wide."""
        if self.wide and hasattr(rows, "query"):
            rows = rows.all()
            rows.query.where = WhereNode()
        return rows

    def kept(self, page: Any) -> Any:
        """Count what is shown."""
        self.rows = (self.rows or 0) + len(page)
        return page

    def ask(self, story: Story, url: str) -> Asked | None:
        """Ask once; None when no list is behind the address."""
        self.rows = None
        with CaptureQueriesContext(connection) as seen:
            answer = story.clients[WHO].get(url)
        if self.rows is None and answer.status_code in {403, 405, 422}:
            return None  # no list: a question that wants more than its address, or another role
        assert answer.status_code == 200, url
        return None if self.rows is None else Asked(self.rows, [one["sql"] for one in seen.captured_queries])


def lists() -> list[str]:
    """Table pages by their class; the API's reads, of which those that turn pages are lists."""
    return [name for name in PAGES if issubclass(view(name), MemberList) or name.startswith("api-")]


def view(name: str) -> type:
    """The view class of a route; plain functions have none."""
    callback: Any = patterns()[name].callback
    return getattr(callback, "view_class", getattr(callback, "cls", object))


@pytest.fixture(scope="module")
def lens() -> Iterator[Lens]:
    """Stands before tables and cursors."""
    made = Lens()
    page, cursor = vars(Table)["page"], CursorPagination.paginate_queryset

    def table_page(self: Any) -> Any:
        self.per_page, self.rows = made.most, made.looked(self.rows)
        return made.kept(page.func(self))

    def cursor_page(self: Any, rows: Any, *args: Any, **facts: Any) -> Any:
        self.page_size, self.page_size_query_param = made.most, None
        return made.kept(cursor(self, made.looked(rows), *args, **facts) or [])

    with pytest.MonkeyPatch.context() as patch:
        counted = type(page)(table_page)
        counted.__set_name__(Table, "page")
        patch.setattr(Table, "page", counted)
        patch.setattr(CursorPagination, "paginate_queryset", cursor_page)
        yield made


@pytest.fixture(scope="module")
def costs(story: Story, lens: Lens, django_db_blocker: Any) -> dict[str, list[tuple[Asked, Asked]]]:
    """What every list costs, short and long: by itself and widened, in the bank and in three banks; at last in thirds."""
    with django_db_blocker.unblock(), undone():
        urls = {name: address(name, story) for name in lists()}
        before = {name: several(story, lens, url) for name, url in urls.items()}
        multiply(TIMES)
        after = {name: several(story, lens, url) for name, url in urls.items()}
        found = {name: list(zip(before[name], after[name], strict=True)) for name in lists()}
        for name, pairs in found.items():
            if pairs:
                whole = pairs[0][1]
                third = several(story, lens, urls[name], most=max(1, whole.rows // TIMES))[0]
                pairs.append((third, whole))
    return found


def several(story: Story, lens: Lens, url: str, most: int = LONG) -> list[Asked]:
    """The list itself and widened; nothing when no list is behind the address."""
    lens.most = most
    story.clients[WHO].get(url)  # what is asked for once in a process
    found = []
    for wide in (False, True):
        lens.wide = wide
        found.append(lens.ask(story, url))
    lens.wide = False
    return [one for one in found if one is not None]


@pytest.mark.parametrize("name", lists())
def test_a_long_list_costs_no_more_queries_than_a_short_one(
    name: str, costs: dict[str, list[tuple[Asked, Asked]]]
) -> None:
    grown = [(short, long) for short, long in costs[name] if long.rows >= TIMES * short.rows > 0]
    if not costs[name]:
        assert not issubclass(view(name), MemberList)
        return  # a read of the API that is no list
    assert grown, f"the story has too few rows for {name}: {[(a.rows, b.rows) for a, b in costs[name]]}"
    for short, long in grown:
        more = list(long.queries)
        for query in short.queries:
            if query in more:
                more.remove(query)
        assert len(long.queries) <= len(short.queries), f"{short.rows} and {long.rows} rows:\n" + "\n".join(
            more
        )
