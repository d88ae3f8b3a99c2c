"""Base views of every page. They know no permissions: the access room subclasses them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.generic import TemplateView

from mrm.web.shapes import Action, Address
from mrm.web.tables import Table

Crumb = tuple[str, Address]


class Page(TemplateView):
    """A page in the frame: title, place, one primary action.

    Give class attributes, or override the `get_…` method of the same name when the page must compute it.
    `nav` is the key of the menu item that is open; `here` the words of this page at the end of the crumbs.
    """

    title: ClassVar[str] = ""
    sub: ClassVar[str] = ""
    nav: ClassVar[str] = ""
    here: ClassVar[str] = ""
    crumbs: ClassVar[Sequence[Crumb]] = ()
    primary: ClassVar[Action | None] = None
    template_name = "web/page.html"

    def get_title(self) -> str:
        """The title of the page and of the browser's window."""
        return self.title

    def get_sub(self) -> str:
        """The sentence under the title."""
        return self.sub

    def get_crumbs(self) -> Sequence[Crumb]:
        """`(label, url)` pairs from the top."""
        return self.crumbs

    def get_here(self) -> str:
        """This page's own words at the end of the crumbs."""
        return self.here or (self.get_title() if self.get_crumbs() else "")

    def get_actions(self) -> Sequence[Action]:
        """Buttons at the right of the title; at most one of them primary."""
        return [self.primary] if self.primary else []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What base.html reads, and what the page adds."""
        context = super().get_context_data(**kwargs)
        frame = {
            "title": self.get_title(),
            "sub": self.get_sub(),
            "nav": self.nav,
            "crumbs": self.get_crumbs(),
            "here": self.get_here(),
            "actions": self.get_actions(),
        }
        return frame | context


class ListPage(Page):
    """A page that is one table: give `table_class` and `get_queryset()` (already what this reader may see)."""

    table_class: ClassVar[type[Table]]
    template_name = "web/list.html"

    def get_queryset(self) -> Any:
        """The rows of the table, a QuerySet or a list."""
        raise NotImplementedError(f"{type(self).__name__} does not say its rows")

    def get_table(self) -> Table:
        """The table as this request narrows and orders it."""
        return self.table_class(self.get_queryset(), self.request)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page; with `?as=csv` the whole narrowed table as a file."""
        table = self.get_table()
        if table.wants_csv:
            response: HttpResponseBase = table.csv()
            return response  # type: ignore[return-value] # a streamed file is a response as well
        return self.render_to_response(self.get_context_data(table=table, **kwargs))
