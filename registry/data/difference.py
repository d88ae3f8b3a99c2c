"""What differs between two snapshots, computed by DuckDB over their Parquet: memory does not grow with the rows.

Without a key the columns are compared by their distributions; with one (the same column has the role `key` in both, and
names every row once) also row by row. PSI here is the plain sum over the bins of the first snapshot, with half a row in
empty bins, as a measure to look at; the battery's `stab.psi` is the test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import caches

from mrm import vault
from mrm.kernel.canonical import digest, tidy
from registry.data import offline
from registry.data.models import Snapshot, SnapshotContent
from registry.data.rules import NUMBERS
from registry.data.standards import drift

SHOWN = 20
DECILES = [n / 10 for n in range(1, 10)]
METHOD = 1


@dataclass(frozen=True)
class Pair:
    """Two snapshots that have been read: the earlier `one`, the later `two`, and their common key, if there is one."""

    one: Snapshot
    two: Snapshot

    @property
    def contents(self) -> tuple[SnapshotContent, SnapshotContent]:
        """What both hold."""
        return self.one.content, self.two.content

    @property
    def key(self) -> str:
        """The column that names a row in both, or nothing."""
        names = [row.roles.having("key") if (row := side.roles_row) else [] for side in (self.one, self.two)]
        one, two = self.contents
        for name in names[0]:
            if (
                name in names[1]
                and one.types.get(name) == two.types.get(name)
                and all(_names_rows(content, name) for content in self.contents)
            ):
                return str(name)
        return ""

    @property
    def common(self) -> list[str]:
        """The columns of both, in the order of the first."""
        one, two = self.contents
        return [name for name in one.types if name in two.types]


def _names_rows(content: SnapshotContent, name: str) -> bool:
    facts = content.profile[name]
    return bool(facts["missing"] == 0 and facts["distinct"] == content.rows)


def compare(pair: Pair) -> dict[str, Any]:
    """Schema, counts and per-column figures; the same two snapshots are computed once."""
    one, two = pair.contents
    name = digest(["difference", METHOD, one.data_digest, two.data_digest, pair.key])
    cache = caches["charts"]
    found: dict[str, Any] | None = cache.get(name)
    if found is None:
        found = _compare(pair)
        cache.set(name, found)
    return found


def _compare(pair: Pair) -> dict[str, Any]:
    one, two = pair.contents
    found: dict[str, Any] = {
        "identical": one.data_digest == two.data_digest,
        "rows": [one.rows, two.rows],
        "schema": drift(pair.one.reference, one.types, two.types),
        "key": pair.key,
        "by_key": None,
        "columns": [],
    }
    with ExitStack() as stack:
        link = stack.enter_context(offline.over_parquet(_files(stack, pair)))
        stack.enter_context(offline.stopped_after(link, settings.MRM_OFFLINE_SECONDS))
        found["columns"] = _columns(link, pair)
        if pair.key:
            found["by_key"] = _by_key(link, pair)
    counts = found["by_key"]["columns"] if found["by_key"] else {}
    for row in found["columns"]:
        row["changed"] = counts.get(row["name"])
    plain: dict[str, Any] = tidy(found)
    return plain


def _files(stack: ExitStack, pair: Pair) -> dict[str, Path]:
    one, two = pair.contents
    return {
        name: stack.enter_context(vault.local(content.parquet, ".parquet"))
        for name, content in (("one", one), ("two", two))
    }


def rows(pair: Pair) -> dict[str, Any]:
    """The first rows that were added, removed and changed. Whoever asks must hold a grant on both datasets."""
    if not pair.key:
        return {"added": [], "removed": [], "changed": []}
    key = _quoted(pair.key)
    compared = [name for name in pair.common if name != pair.key]
    pairs = ", ".join(f"one.{_quoted(name)}, two.{_quoted(name)}" for name in compared)
    with ExitStack() as stack:
        link = stack.enter_context(offline.over_parquet(_files(stack, pair)))
        stack.enter_context(offline.stopped_after(link, settings.MRM_OFFLINE_SECONDS))
        added, removed = (
            [
                row[0]
                for row in _joined(link, *sides, key, "anti")
                .project(f"{sides[0]}.{key}")
                .order("1")
                .limit(SHOWN)
                .fetchall()
            ]
            for sides in (("two", "one"), ("one", "two"))
        )
        changed = []
        if compared:
            both = _joined(link, "one", "two", key, "inner")
            differing = both.filter(" OR ".join(_differs(pair, name) for name in compared))
            changed = differing.project(f"one.{key}, {pairs}").order("1").limit(SHOWN).fetchall()
    shown = [
        {
            "key": row[0],
            "changes": [
                {"column": name, "was": row[1 + 2 * place], "is": row[2 + 2 * place]}
                for place, name in enumerate(compared)
                if row[1 + 2 * place] != row[2 + 2 * place]
            ],
        }
        for row in changed
    ]
    plain: dict[str, Any] = tidy({"added": added, "removed": removed, "changed": shown})
    return plain


def _by_key(link: Any, pair: Pair) -> dict[str, Any]:
    key = _quoted(pair.key)
    compared = [name for name in pair.common if name != pair.key]
    both = f"one.{key} IS NOT NULL AND two.{key} IS NOT NULL"
    tests = [_differs(pair, name) for name in compared]
    counts = [f"count(*) FILTER (WHERE {both} AND {test})" for test in tests]
    any_test = " OR ".join(tests) or "false"
    figures = [
        f"count(*) FILTER (WHERE one.{key} IS NULL)",
        f"count(*) FILTER (WHERE two.{key} IS NULL)",
        f"count(*) FILTER (WHERE {both} AND ({any_test}))",
        *counts,
    ]
    (row,) = _joined(link, "one", "two", key, "outer").aggregate(", ".join(figures)).fetchall()
    added, removed, changed, *each = row
    return {
        "added": added,
        "removed": removed,
        "changed": changed,
        "columns": dict(zip(compared, each, strict=True)),
    }


def _differs(pair: Pair, name: str) -> str:
    """Whether a column differs between the two sides of a row; of different kinds, as text."""
    one, two = (content.types[name] for content in pair.contents)
    column = _quoted(name)
    if one == two or {one, two} <= NUMBERS:
        return f"one.{column} IS DISTINCT FROM two.{column}"
    return f"one.{column}::VARCHAR IS DISTINCT FROM two.{column}::VARCHAR"


def _columns(link: Any, pair: Pair) -> list[dict[str, Any]]:
    one, two = pair.contents
    numbers = [name for name in pair.common if one.types[name] in NUMBERS and two.types[name] in NUMBERS]
    moments = [_moments(link, side, numbers) for side in ("one", "two")]
    edges = {name: sorted(set(moments[0][name]["deciles"] or [])) for name in numbers}
    bins = [_bins(link, side, edges) for side in ("one", "two")]
    found = []
    for name in pair.common:
        facts = [content.profile[name] for content in (one, two)]
        row: dict[str, Any] = {
            "name": name,
            "missing": [facts[place]["missing"] / content.rows for place, content in enumerate((one, two))],
            "mean": None,
            "shift": None,
            "psi": None,
        }
        if name in moments[0]:
            means = [side[name]["mean"] for side in moments]
            spread = moments[0][name]["spread"]
            row["mean"] = means
            if None not in means and spread:
                row["shift"] = (means[1] - means[0]) / spread
        if all("values" in item for item in facts):
            row["psi"] = psi(*_listed(facts))
        elif name in edges:
            row["psi"] = psi(bins[0][name], bins[1][name])
        found.append(row)
    return found


def _moments(link: Any, side: str, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    if not names:
        return {}
    figures = []
    for name in names:
        column = f"{_quoted(name)}::DOUBLE"
        deciles = f"approx_quantile({column}, {DECILES})" if side == "one" else "NULL"
        figures += [f"avg({column})", f"stddev_samp({column})", deciles]
    (row,) = link.table(side).aggregate(", ".join(figures)).fetchall()
    return {
        name: dict(zip(("mean", "spread", "deciles"), row[3 * place : 3 * place + 3], strict=True))
        for place, name in enumerate(names)
    }


def _bins(link: Any, side: str, edges: Mapping[str, Sequence[float]]) -> dict[str, list[int]]:
    """Rows up to each edge, made into rows per bin; the last bin is above the last edge."""
    asked = [(name, edge) for name, held in edges.items() for edge in [*held, None]]
    if not asked:
        return {}
    figures = [
        f"count({_quoted(name)})" if edge is None else f"count(*) FILTER (WHERE {_quoted(name)} <= {edge!r})"
        for name, edge in asked
    ]
    (row,) = link.table(side).aggregate(", ".join(figures)).fetchall()
    upto: dict[str, list[int]] = {}
    for (name, _), count in zip(asked, row, strict=True):
        upto.setdefault(name, [0]).append(count)
    return {name: [high - low for low, high in pairwise(counts)] for name, counts in upto.items()}


def _listed(facts: Sequence[Mapping[str, Any]]) -> tuple[list[int], list[int]]:
    counts = [{item["value"]: item["n"] for item in side["values"]} for side in facts]
    values = sorted(set(counts[0]) | set(counts[1]))
    return [counts[0].get(value, 0) for value in values], [counts[1].get(value, 0) for value in values]


def psi(one: Sequence[int], two: Sequence[int]) -> float | None:
    """The population stability index of two histograms over the same bins; None where a side is empty."""
    totals = sum(one), sum(two)
    if not all(totals):
        return None
    shares = [
        (max(a, 0.5) / totals[0], max(b, 0.5) / totals[1]) for a, b in zip(one, two, strict=True) if a or b
    ]
    return sum((b - a) * log(b / a) for a, b in shares)


def _joined(link: Any, left: str, right: str, key: str, how: str) -> Any:
    sides = [link.table(side).set_alias(side) for side in (left, right)]
    return sides[0].join(sides[1], f"{left}.{key} = {right}.{key}", how=how)


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
