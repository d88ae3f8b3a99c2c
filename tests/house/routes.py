"""Every route of the house, by name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.urls import URLPattern, get_resolver

from mrm.access.acts import VERBS
from mrm.access.openapi import offered


@cache
def patterns() -> dict[str, URLPattern]:
    """Every route by its name."""
    return {pattern.name or str(pattern.pattern): pattern for pattern in walk(get_resolver().url_patterns)}


def routes() -> dict[str, str]:
    """The name of every route with its pattern; acts of the API are walked by the tests of acts."""
    return {name: str(pattern.pattern) for name, pattern in patterns().items()}


def walk(tree: list[Any]) -> Iterator[URLPattern]:
    """The leaves of the tree of addresses; every include of ours stands at the root."""
    for pattern in tree:
        if isinstance(pattern, URLPattern):
            yield pattern
        else:
            yield from walk(pattern.url_patterns)


PAGES = sorted(name for name in routes() if not name.startswith("act-"))
ACTS = sorted(name for name, verb in VERBS.items() if offered(verb))
