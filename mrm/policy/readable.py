"""A policy's body as people read it: nested facts and tables, whatever its kind."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

HIDDEN = ("schema",)
MOST_IN_A_LINE = 3
NAMES = ("title", "label", "key", "id", "name")


@dataclass(frozen=True)
class Block:
    """A heading with single facts, a table (each cell a few lines) and further blocks under it."""

    title: str
    facts: Sequence[tuple[str, str]] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[Sequence[str]]] = ()
    parts: Sequence[Block] = field(default=())


def readable(body: Mapping[str, Any]) -> Block:
    """The body as blocks."""
    return _mapping("", {key: value for key, value in body.items() if key not in HIDDEN})


def words(name: str) -> str:
    """A key as a heading: `from` and `mandatory_sections` become words."""
    text = str(name).replace("_", " ")
    return text[:1].upper() + text[1:]


def said(value: Any) -> str:
    """A single value in words."""
    if value is None or value in ("", [], {}):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(" with ".join(item) if isinstance(item, list) else said(item) for item in value)
    if isinstance(value, Mapping):
        return "; ".join(f"{str(key).replace('_', ' ')} {said(item)}" for key, item in value.items())
    return str(value)


def _mapping(title: str, found: Mapping[str, Any]) -> Block:
    facts, parts = [], []
    for key, value in found.items():
        if _single(value):
            facts.append((words(key), said(value)))
        elif isinstance(value, Mapping):
            parts.append(_table_of(key, value) or _named(key, value))
        else:
            parts.append(_list(words(key), value))
    return Block(title, facts, parts=parts)


def _named(key: str, value: Mapping[str, Any]) -> Block:
    same = {name for name in NAMES if value.get(name) == words(key)}
    return _mapping(words(key), {name: item for name, item in value.items() if name not in same})


def _single(value: Any) -> bool:
    if isinstance(value, Mapping):
        return not value
    return not isinstance(value, list) or all(not isinstance(item, Mapping) for item in value)


def _flat(row: Any) -> bool:
    return isinstance(row, Mapping) and all(_single(value) or _short(value) for value in row.values())


def _short(value: Any) -> bool:
    """A small thing in a cell: a few scalars by name, or a list of such."""
    items = value if isinstance(value, list) else [value]
    return all(
        isinstance(item, list)
        or (isinstance(item, Mapping) and len(item) <= MOST_IN_A_LINE and all(map(_single, item.values())))
        for item in items
    )


def _table_of(key: str, value: Mapping[str, Any]) -> Block | None:
    """A mapping whose values are rows of one form."""
    if not value or not all(isinstance(row, Mapping) and _flat(row) for row in value.values()):
        return None
    names = _names(value.values())
    rows = [[[words(name) if "." not in name else name], *_cells(row, names)] for name, row in value.items()]
    return Block(words(key), columns=["", *map(words, names)], rows=rows)


def _list(title: str, items: list[Any]) -> Block:
    if all(_flat(item) for item in items):
        names = _names(items)
        return Block(
            title, columns=[words(name) for name in names], rows=[_cells(row, names) for row in items]
        )
    return Block(title, parts=[_headed(item) for item in items])


def _headed(item: Mapping[str, Any]) -> Block:
    """A block under what it is called; what the heading says is not said again."""
    names = ["from", "to"] if {"from", "to"} <= set(item) else [name for name in NAMES if name in item][:1]
    rest = {key: value for key, value in item.items() if key not in names}
    return _mapping(" to ".join(str(item[name]) for name in names), rest)


def _names(rows: Any) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _cells(row: Mapping[str, Any], names: Sequence[str]) -> list[list[str]]:
    return [_lines(row.get(name)) for name in names]


def _lines(value: Any) -> list[str]:
    if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        return [", ".join(map(said, item.values())) for item in value]
    if isinstance(value, Mapping) and value:
        return [f"{str(key).replace('_', ' ')} {said(item)}" for key, item in value.items()]
    return [said(value)]


def differences(before: Any, after: Any) -> list[tuple[str, str, str]]:
    """Every place where two bodies differ: place, what it said, what it says."""
    one, other = dict(_leaves(before)), dict(_leaves(after))
    return [
        (place, one.get(place, "nothing"), other.get(place, "nothing"))
        for place in dict.fromkeys([*one, *other])
        if one.get(place) != other.get(place)
    ]


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(item, f"{place}/{key}" if place else str(key))
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        for index, item in enumerate(value, start=1):
            name = next((str(item[key]) for key in ("id", "key") if key in item), str(index))
            yield from _leaves(item, f"{place}/{name}")
    else:
        yield place, said(value)


def pretty(body: Any) -> str:
    """The body as JSON to edit."""
    return json.dumps(body, indent=2, ensure_ascii=False)
