"""Every route of the house, by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, get_resolver


def routes() -> dict[str, str]:
    """The name of every route with its pattern; acts of the API are walked by the tests of acts."""
    return {
        pattern.name or str(pattern.pattern): str(pattern.pattern)
        for pattern in walk(get_resolver().url_patterns)
    }


def walk(patterns: list[Any]) -> Iterator[URLPattern]:
    """The leaves of the tree of addresses; every include of ours stands at the root."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        else:
            yield from walk(pattern.url_patterns)
