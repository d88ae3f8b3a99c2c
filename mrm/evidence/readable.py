"""Results of a computation as a page reads them: figures, tables, what went in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mrm.evidence.models import Evidence
from mrm.kernel import numbers
from mrm.web import words
from mrm.web.shapes import Fact

MOST_ROWS = 60
MOST_COLUMNS = 12
TONES = {"green": "good", "amber": "warn", "red": "bad"}
KEPT_BACK = ("is_reference",)


@dataclass(frozen=True)
class Grid:
    """A table of results: its title, heads with their side, rows of cells, how many rows there are."""

    title: str
    heads: Sequence[tuple[str, bool]]
    rows: Sequence[Sequence[tuple[str, bool]]]
    total: int


def figures(results: Mapping[str, Any], light: str) -> list[Fact]:
    """The figures of a result, large: statistic, interval, p-value, n."""
    if not results.get("defined", True):
        return [Fact("Result", "not defined", note=str(results.get("reason", "")))]
    found = []
    if results.get("statistic") is not None:
        found.append(Fact("Statistic", numbers.figure(results["statistic"]), tone=TONES.get(light, "")))
    if results.get("ci"):
        found.append(Fact("Interval", numbers.interval(*results["ci"])))
    if results.get("p_value") is not None:
        found.append(Fact("p", numbers.p_value(results["p_value"])))
    n = (results.get("sample") or {}).get("n")
    if n is not None:
        found.append(Fact("n", numbers.plain(n)))
    return found


def grids(results: Mapping[str, Any]) -> list[Grid]:
    """The rows of a result and its further tables."""
    found = []
    if results.get("rows"):
        found.append(grid("Results", results["rows"]))
    for table in results.get("tables") or []:
        rows = table.get("rows") or table.get("data") or []
        if rows:
            found.append(grid(str(table.get("title") or table.get("name") or "Further results"), rows))
    return found


def grid(title: str, rows: Sequence[Mapping[str, Any]]) -> Grid:
    """Rows of plain values as a table: columns in the order they come, numbers at the right."""
    names: list[str] = []
    for row in rows:
        names += [
            name
            for name, value in row.items()
            if name not in names and name not in KEPT_BACK and not isinstance(value, list | dict)
        ]
    names = ordered(names, rows)[:MOST_COLUMNS]
    right = {name: all(_number(row.get(name)) for row in rows if row.get(name) is not None) for name in names}
    heads = [(name.replace("_", " "), right[name]) for name in names]
    body = [[(cell(name, row.get(name)), right[name]) for name in names] for row in rows[:MOST_ROWS]]
    return Grid(title, heads, body, len(rows))


def ordered(names: list[str], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What a row is about first, then how many, then the figures, its light last (the record sorts by name)."""

    def place(name: str) -> tuple[int, int]:
        if name == "light":
            return (3, 0)
        words_ = any(isinstance(row.get(name), str) for row in rows)
        return (0 if words_ else 1 if name in ("n", "d", "m") else 2, names.index(name))

    return sorted(names, key=place)


def cell(name: str, value: Any) -> str:
    """One value in words."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return numbers.plain(value)
    if isinstance(value, float):
        if name == "p" or name.startswith("p_"):
            return numbers.p_value(value)
        return numbers.stat(value, 3 if abs(value) < 10 else 1)
    return str(value).replace("_", " ") if name == "light" else str(value)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def sample_words(sample: Mapping[str, Any]) -> str:
    """How many rows were used, and why others were not."""
    if sample.get("n") is None:
        return "not stated"
    text = f"M {numbers.plain(sample.get('m', sample['n']))} → N {numbers.plain(sample['n'])}"
    out = [f"{numbers.plain(item['n'])} {item['reason']}" for item in sample.get("exclusions") or []]
    return text + ("; left out: " + ", ".join(out) if out else "; no exclusions")


def parameters(content: Mapping[str, Any]) -> list[Fact]:
    """The parameters of a computation, seed and method version with them."""
    found = [
        Fact(name.replace("_", " ").capitalize(), plain(value))
        for name, value in content["parameters"].items()
        if value not in (None, "", [], {})
    ]
    method = content["method"]
    found.append(Fact("Method", f"{method.get('test', content['test'])}, version {method.get('version', 1)}"))
    found.append(Fact("Seed", content["seed"] or "none needed"))
    return found


def plain(value: Any) -> str:
    """A parameter in words."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {plain(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(plain(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return numbers.plain(value) if isinstance(value, int | float) else str(value)


def methodology(test_id: str) -> str:
    """The methodology text of a test of the battery, or nothing."""
    from validation import battery  # numpy and pandas come with it: only where a methodology is read
    from validation.battery.errors import BatteryError

    try:
        return battery.spec(test_id).methodology
    except BatteryError:
        return ""


def paragraphs(text: str) -> list[tuple[str, str]]:
    """A methodology as (head, text): `Formula. AIR = …` becomes a head and its words."""
    found: list[tuple[str, str]] = []
    heads = ("Purpose", "Formula", "Bins", "Sample", "Judgement", "Hypothesis", "Inputs", "Undefined")
    known = (*heads, "Multiplicity", "Limits", "Source", "Size", "Scale", "Seed", "Stability", "Direction")
    for line in text.splitlines():
        head, dot, rest = line.strip().partition(".")
        if dot and head in known:
            found.append((head, rest.strip()))
        elif line.strip() and found:
            found[-1] = (found[-1][0], f"{found[-1][1]} {line.strip()}")
        elif line.strip():
            found.append(("", line.strip()))
    return found


def recorded(evidence: Evidence) -> str:
    """When it was recorded."""
    return words.moment(evidence.recorded_at)
