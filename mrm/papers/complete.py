"""What a content lacks before it may be frozen: said all at once, so that the author mends it in one go."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from mrm.kernel.errors import RuleRefused
from mrm.papers.content import evidence_id
from mrm.papers.layout import flat
from mrm.papers.rules import PAPER_CONTENT

REPORT_SECTIONS = tuple(str(number) for number in range(1, 16))
"""Sections of a validation report that are signed; 0 is the control page, 16 follows the signatures."""

Json = dict[str, Any]


def gaps(content: Json, charts: Collection[str]) -> list[str]:
    """Every way in which `content` (plain JSON) is not ready, as sentences."""
    return [*_sections(content), *_evidence(content), *_figures(content, charts)]


def refuse_gaps(content: Json, charts: Collection[str]) -> None:
    """Raise `paper_content` with everything that is missing."""
    found = gaps(content, charts)
    if found:
        raise RuleRefused(
            PAPER_CONTENT, " ".join(found), "Complete the content, then freeze it again.", gaps=found
        )


def _sections(content: Json) -> Iterator[str]:
    """The summary (layout `board`) closes with its opinion scale instead of a conclusion."""
    there = [part["number"] for part in content["sections"]]
    if content["meta"]["kind"] == "validation_report" and tuple(there) != REPORT_SECTIONS:
        missing = [number for number in REPORT_SECTIONS if number not in there]
        yield f"A validation report has the sections 1 to 15 in order; missing: {', '.join(missing) or 'none'}."
    for part in content["sections"]:
        open_end = not part["conclusion"].strip() or part["rating"] is None
        if open_end and part["layout"] != "board":
            yield f"Section {part['number']} ends without conclusion or rating."
        if not part["blocks"]:
            yield f"Section {part['number']} is empty: say at least why nothing could be examined."


def _cited(content: Json) -> Iterator[tuple[str, str]]:
    for part in [*content["sections"], *content["annexes"]]:
        for block in flat(part["blocks"]):
            for item in [block, *block.get("items", [])]:
                digests = item.get("evidence", []) if isinstance(item, dict) else []
                yield from ((part["number"], digest) for digest in digests)
            for row in block.get("rows", []):
                cells = row.get("cells", []) if isinstance(row, dict) else []
                for cell in cells:
                    if isinstance(cell, dict) and cell["cell"] == "evidence":
                        yield from ((part["number"], digest) for digest in cell["digests"])
    for finding in content["findings"]:
        yield from ((f"finding {finding['number']}", digest) for digest in finding["evidence"])


def _evidence(content: Json) -> Iterator[str]:
    listed = {item["digest"] for item in content["evidence"]}
    for place, digest in dict.fromkeys(_cited(content)):
        if digest not in listed:
            yield f"{place.capitalize()} cites {evidence_id(digest)}, which the content does not list."


def _figures(content: Json, charts: Collection[str]) -> Iterator[str]:
    for part in [*content["sections"], *content["annexes"]]:
        for block in flat(part["blocks"]):
            if block["kind"] != "figure":
                continue
            if block["chart"] not in charts:
                yield f"Section {part['number']} shows “{block['chart']}”, for which there is no chart."
            if not block["alt"].strip():
                yield f"Section {part['number']}: the figure “{block['chart']}” has no text for those who cannot see it."
