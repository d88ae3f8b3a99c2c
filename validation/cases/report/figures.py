"""Charts of evidence as figures of the report, and their pictures when the paper is made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from mrm import vault
from mrm.evidence import content as contents
from mrm.kernel.canonical import digest
from mrm.papers.content import Block, Figure, Pair
from mrm.web.charts import render
from validation.cases.report.matter import Json, Tested
from validation.cases.report.words import sentence

HALF = ("roc", "ks_curve", "distribution", "psi_bins", "dependence", "lime_stability")
WIDE_PX, TEXT_PX, HALF_PX = 642, 506, 312
PER_TEST = 4


def chart_name(evidence: str, place: int) -> str:
    """How the paper names a chart: the evidence it belongs to, and its place there."""
    return f"{evidence}-{place}"


def figures(rows: Iterable[Tested]) -> list[Block]:
    """The charts of some results, narrow ones side by side; the same picture is drawn once."""
    seen: set[str] = set()
    narrow: list[Figure] = []
    wide: list[Block] = []
    for row in rows:
        for place, chart in enumerate(row.results.get("charts", [])[:PER_TEST]):
            key = digest({name: chart[name] for name in ("kind", "data", "options")})
            if not chart["data"] or key in seen:
                continue
            seen.add(key)
            one = _figure(row, place, chart)
            if chart["kind"] in HALF:
                narrow.append(one)
            else:
                wide.append(one)
    pairs: list[Block] = [Pair((left, right)) for left, right in zip(narrow[::2], narrow[1::2], strict=False)]
    alone: list[Block] = list(narrow[-1:]) if len(narrow) % 2 else []
    return [*pairs, *alone, *wide]


def _figure(row: Tested, place: int, chart: Json) -> Figure:
    seen, drawn = sentence(chart["title"]), sentence(chart["subtitle"])
    return Figure(
        chart_name(row.digest, place),
        seen=seen,
        drawn=drawn,
        alt=f"{seen} {drawn}",
        evidence=row.cited,
        out=chart["kind"] not in HALF,
    )


def shown(content: Json) -> Iterator[tuple[str, int]]:
    """Every chart that a content shows, and the width of its place."""
    for part in [*content["sections"], *content["annexes"]]:
        for block in part["blocks"]:
            if block["kind"] == "pair":
                yield from ((item["chart"], HALF_PX) for item in block["figures"])
            elif block["kind"] == "figure":
                yield block["chart"], WIDE_PX if block["out"] else TEXT_PX


def known(content: Json) -> set[str]:
    """The charts that the evidence of a content can supply."""
    return {
        chart_name(row["digest"], place)
        for row in content["evidence"]
        for place, _ in enumerate(_charts(row["digest"]))
    }


def charts_of(content: Json) -> dict[str, str]:
    """The pictures of a content, drawn from the evidence that it cites."""
    drawn: dict[str, str] = {}
    for name, width in shown(content):
        evidence, _, place = name.rpartition("-")
        drawn[name] = render(_charts(evidence)[int(place)], "paper", width)
    return drawn


def _charts(evidence: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = contents.decode(vault.get(evidence))["results"].get("charts", [])
    return found
