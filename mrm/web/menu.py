"""The side menu: rooms offer their pages at the port `web.menu`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from mrm.kernel.ports import Port

SECTIONS = ("", "First line", "Second line", "Oversight", "House")


@dataclass(frozen=True)
class Item:
    """One page of the menu. `key` is what a page names as its `nav`; the section `""` comes first, without head.

    `count` is shown beside the label; `visible` decides whether this reader sees the item at all; `letter` makes
    the keys `g` and that letter go there.
    """

    key: str
    section: str
    label: str
    url: str
    order: int = 50
    count: Callable[[HttpRequest], int | None] | None = None
    visible: Callable[[HttpRequest], bool] | None = None
    letter: str = ""

    def __post_init__(self) -> None:
        if self.section not in SECTIONS:
            raise ValueError(f"menu section {self.section!r} is none of {SECTIONS}")


port: Port[Item] = Port("web.menu")


def item(
    key: str,
    section: str,
    label: str,
    url: str,
    *,
    order: int = 50,
    count: Callable[[HttpRequest], int | None] | None = None,
    visible: Callable[[HttpRequest], bool] | None = None,
    letter: str = "",
) -> Item:
    """Offer a page to the menu; called from an AppConfig's `ready()`. `url` is the name of its route."""
    return port.register(key, Item(key, section, label, url, order, count, visible, letter))


def menu(request: HttpRequest) -> list[dict[str, Any]]:
    """The sections with what this reader may see, in order; empty sections are left out."""
    seen = [offer for _, offer in port.items() if offer.visible is None or offer.visible(request)]
    sections = []
    for name in SECTIONS:
        offers = sorted((offer for offer in seen if offer.section == name), key=lambda o: (o.order, o.label))
        if offers:
            sections.append({"name": name, "items": [_shown(offer, request) for offer in offers]})
    return sections


def _shown(offer: Item, request: HttpRequest) -> dict[str, Any]:
    return {
        "key": offer.key,
        "label": offer.label,
        "url": reverse(offer.url),
        "count": offer.count(request) if offer.count else None,
        "letter": offer.letter,
    }
