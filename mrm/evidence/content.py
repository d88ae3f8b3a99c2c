"""The content of evidence: plain values in one canonical form. The digest of these bytes is the evidence's id."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mrm.kernel.canonical import canonical, tidy

SCHEMA = 1


def compose(
    *,
    kind: str,
    test_id: str,
    inputs: Mapping[str, str],
    parameters: Mapping[str, Any],
    method: Mapping[str, Any],
    seed: int | None,
    results: Mapping[str, Any],
    charts: Sequence[Mapping[str, Any]] = (),
    sample: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What must repeat: no row keys, names of people, times or paths belong in here."""
    content: dict[str, Any] = tidy(
        {
            "schema": SCHEMA,
            "kind": str(kind),
            "test": test_id,
            "inputs": dict(inputs),
            "parameters": dict(parameters),
            "method": dict(method),
            "seed": None if seed is None else str(seed),
            "results": {**results, "sample": dict(sample or {}), "charts": list(charts)},
        }
    )
    return content


def encode(content: Mapping[str, Any]) -> bytes:
    """The bytes that are kept and whose SHA-256 is the id."""
    return canonical(content)


def decode(data: bytes) -> dict[str, Any]:
    """The content again."""
    content: dict[str, Any] = json.loads(data)
    return content


def headline(results: Mapping[str, Any]) -> dict[str, Any]:
    """The few figures that stand in lists."""
    wanted = ("statistic", "p_value", "ci", "reason")
    return {name: results[name] for name in wanted if results.get(name) not in (None, "")}


def first_difference(before: Any, after: Any, place: str = "") -> str | None:
    """Where two plain values first differ, in words: `rows[3].p_value: .12 before, .13 now`; None when equal."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted(before.keys() | after.keys()):
            inner = f"{place}.{name}" if place else str(name)
            if name not in before or name not in after:
                return f"{inner}: {'absent before' if name not in before else 'absent now'}"
            found = first_difference(before[name], after[name], inner)
            if found:
                return found
        return None
    if isinstance(before, list) and isinstance(after, list):
        if len(before) != len(after):
            return f"{place}: {len(before)} entries before, {len(after)} now"
        pairs = enumerate(zip(before, after, strict=True))
        return next((text for i, (a, b) in pairs if (text := first_difference(a, b, f"{place}[{i}]"))), None)
    if type(before) is not type(after) and canonical(before) != canonical(after):
        return f"{place}: {before!r} before, {after!r} now"
    return None if canonical(before) == canonical(after) else f"{place}: {before!r} before, {after!r} now"
