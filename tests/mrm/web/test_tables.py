"""Tables: order, narrowing, pages, constant cost, and a file that no spreadsheet runs."""

import csv
import io
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from mrm.web.tables import Choice, Column, Empty, Table, follow, safe_cell

ROWS = [
    {"name": f"row {n:03d}", "kind": "odd" if n % 2 else "even", "size": n if n != 7 else None}
    for n in range(120)
]


class Plain(Table):
    caption = "Plain rows"
    columns = (
        Column("name", "Name", head=True, sort="name"),
        Column("kind", "Kind"),
        Column("size", "Size", kind="number", sort="size"),
    )
    filters = (Choice("kind", "Kind", [("odd", "odd"), ("even", "even")]),)
    search = ("name",)
    empty = Empty("No rows", "A row says something.", "Make a row", "/rows/new/")


class Permissions(Table):
    caption = "Permissions"
    columns = (
        Column("codename", "Code", sort="codename"),
        Column("content_type.app_label", "App", sort="content_type.app_label"),
    )
    search = ("codename", "content_type__app_label")
    order = "codename"


def ask(query: str = "") -> HttpRequest:
    return RequestFactory().get("/rows/?" + query)


def names(table: Table) -> list[str]:
    return [row["name"] for row in table.page]


def test_pages_of_fifty() -> None:
    first, last = Plain(ROWS, ask()), Plain(ROWS, ask("page=99"))
    assert (len(first.page), first.count) == (50, 120)
    assert names(last) == [f"row {n:03d}" for n in range(100, 120)]
    assert [n for n, _ in first.pages] == ["1", "2", "3"]
    assert dict(first.pages)["2"] == "?page=2"


def test_order_by_whitelisted_columns_alone() -> None:
    assert names(Plain(ROWS, ask("sort=-name")))[0] == "row 119"
    assert names(Plain(ROWS, ask("sort=kind")))[0] == "row 000"
    sizes = [row["size"] for row in Plain(ROWS, ask("sort=size")).rows]
    assert sizes[-1] is None
    assert sizes[:3] == [0, 1, 2]
    heads = {head.column.key: head for head in Plain(ROWS, ask("sort=name&kind=odd")).heads}
    assert heads["name"].sorted == "ascending"
    assert heads["name"].url == "?sort=-name&kind=odd"
    assert heads["kind"].url == ""


def test_narrowing_by_choice_and_text() -> None:
    assert Plain(ROWS, ask("kind=odd")).count == 60
    assert Plain(ROWS, ask("kind=neither")).count == 120
    assert names(Plain(ROWS, ask("q=ROW+01&kind=odd"))) == [f"row {n:03d}" for n in (11, 13, 15, 17, 19)]


@pytest.mark.django_db
def test_a_list_costs_the_same_however_long() -> None:
    rows = Permission.objects.select_related("content_type")
    assert rows.count() > 60
    costs = []
    for some in (rows.filter(pk__lte=rows.order_by("pk")[9].pk), rows):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page = render_to_string("parts/table.html", {"table": Permissions(some, ask("q=e"))})
        costs.append(len(queries))
        assert "<table" in page
    assert costs == [2, 2]


@pytest.mark.django_db
def test_database_rows_are_narrowed_and_ordered_there() -> None:
    table = Permissions(
        Permission.objects.select_related("content_type"), ask("q=add_&sort=-content_type.app_label")
    )
    found = [row.content_type.app_label for row in table.rows]
    assert found == sorted(found, reverse=True)
    assert all("add_" in row.codename for row in table.rows)


def test_the_file_holds_the_whole_narrowed_table() -> None:
    table = Plain(ROWS, ask("kind=even&as=csv"))
    assert table.wants_csv
    lines = list(csv.DictReader(io.StringIO("".join(table.csv_lines()))))
    assert len(lines) == 60
    assert lines[0] == {"Name": "row 000", "Kind": "even", "Size": "0"}
    assert table.csv()["Content-Disposition"] == 'attachment; filename="plain-rows.csv"'


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(start: str) -> None:
    evil = start + 'HYPERLINK("http://x")'
    table = Plain([{"name": evil, "kind": "odd", "size": -3}], ask())
    row = next(iter(csv.DictReader(io.StringIO("".join(table.csv_lines()), newline=""))))
    assert row["Name"] == "'" + evil
    assert row["Size"] == "-3"
    assert safe_cell(-3) == -3


def test_empty_teaches_and_a_filter_that_finds_nothing_does_not() -> None:
    empty = render_to_string("parts/table.html", {"table": Plain([], ask())})
    assert "<h2>No rows</h2>" in empty  # right under the title of a list page no level may be skipped
    assert "A row says something." in empty
    assert 'href="/rows/new/"' in empty
    nothing = render_to_string("parts/table.html", {"table": Plain(ROWS, ask("q=zebra"))})
    assert "No row passes" in nothing
    assert 'value="zebra"' in nothing


def test_two_tables_of_a_page_stay_apart() -> None:
    class Other(Plain):
        prefix = "b-"

    request = ask("page=2&b-page=3&b-kind=odd")
    assert Plain(ROWS, request).page.number == 2
    assert Other(ROWS, request).page.number == 2  # sixty odd rows have two pages
    assert "page=2" in Other(ROWS, request).address(sort="name")


def test_text_is_escaped() -> None:
    page = render_to_string(
        "parts/table.html", {"table": Plain([{"name": "<b>x</b>", "kind": "odd", "size": 1}], ask("q=<i>"))}
    )
    assert "<b>x" not in page
    assert "<i>" not in page


def test_following_a_path_stops_at_nothing() -> None:
    class Owner:
        name = "O. Owner"

    row: dict[str, Any] = {"owner": Owner(), "other": None}
    assert follow(row, "owner.name") == "O. Owner"
    assert follow(row, "other__name") is None
