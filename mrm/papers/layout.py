"""From signed content to what a template sets: numbers for tables and figures, anchors, where evidence is cited.

The layout reads the plain JSON of the content, so what is printed is what was signed; it adds no word of its own
beyond headings, labels and numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from mrm.kernel.errors import RuleRefused
from mrm.papers.content import RATING_WORDS, SEVERITY_BARS, evidence_id
from mrm.papers.markup import prose
from mrm.papers.rules import PAPER_CONTENT, TABLE_CAP, TABLE_PART

UNBROKEN = 14
"""Tables up to this many rows stay whole; longer ones may break and repeat their heads."""

Json = dict[str, Any]


def bars(filled: int) -> list[tuple[int, bool]]:
    """Four bars: their place and whether they are filled."""
    return [(place + 1, place < filled) for place in range(4)]


def severity(value: str) -> Json:
    """A severity as bars and word."""
    return {"bars": bars(SEVERITY_BARS[value]), "word": value}


def rating(value: int | str, *, word: bool = True) -> Json:
    """A rating as bars, number and word."""
    if value == "not_concluded":
        return {"bars": None, "number": "", "word": RATING_WORDS["not_concluded"]}
    return {"bars": bars(int(value)), "number": str(value), "word": RATING_WORDS[str(value)] if word else ""}


class Layout:
    """One pass over a paper's content. Reading order gives the numbers."""

    def __init__(self, content: Json, closing: Json, charts: Mapping[str, str]) -> None:
        self.content = content
        self.closing = closing
        self.charts = charts
        self.tables = count(1)
        self.figures = count(1)
        self.cited: dict[str, list[str]] = {}
        self.place = ""
        self.records = {item["digest"]: item for item in content["evidence"]}
        self.references: dict[str, tuple[str, str]] = {
            evidence_id(digest): (self.anchor(digest), "") for digest in self.records
        }

    @staticmethod
    def anchor(digest: str) -> str:
        """Where the register lists an evidence record."""
        return f"e-{digest[:10]}"

    def context(self) -> Json:
        """What the template sets."""
        parts = [
            *self.content["sections"],
            *([self.closing["approvals"]] if self.closing.get("approvals") else []),
        ]
        self._number(parts)
        meta = self.content["meta"]
        self.place = "0"
        control = {
            "facts": self.facts([*meta["control"], *self.closing["control"]]),
            "blocks": self.blocks(meta["control_blocks"]),
        }
        sections = [self.section(part) for part in parts]
        annexes = [self.section(part) for part in self.content["annexes"]]
        for annex in annexes:
            for block in annex["blocks"]:
                if block["kind"] == "evidence_register":
                    block["records"] = self.register()
        return {
            "meta": meta,
            "subject": [self.text(line) for line in meta["subject"]],
            "cover": self.facts(meta["cover"]),
            "control": control,
            "sections": sections,
            "annexes": annexes,
            "checkpoint": self.closing["checkpoint"],
            "checkpoint_note": self.text(self.closing["checkpoint_note"]),
        }

    def _number(self, parts: list[Json]) -> None:
        """Numbers of tables and figures in reading order, before any text refers to them."""
        tables, figures = count(1), count(1)
        annexes = self.content["annexes"]
        blocks = [
            *self.content["meta"]["control_blocks"],
            *(b for part in [*parts, *annexes] for b in part["blocks"]),
        ]
        for block in flat(blocks):
            if block["kind"] in {"table", "conditions"}:
                number, word, letter = next(tables), "table", "t"
            elif block["kind"] == "figure":
                number, word, letter = next(figures), "figure", "f"
            else:
                continue
            if block.get("key"):
                self.references[block["key"]] = (f"{letter}-{number}", f"{word}\u00a0{number}")

    def text(self, text: str) -> SafeString:
        """Prose as HTML. `prose` escapes before it adds any tag."""
        return mark_safe(prose(text, self.references))  # noqa: S308

    def facts(self, rows: list[list[str]]) -> list[Json]:
        """Label and value pairs; digests are set in the third voice."""
        return [{"label": label, "value": self.text(value)} for label, value in rows]

    def ids(self, digests: list[str]) -> list[Json]:
        """Evidence ids with the place that lists them; the citation is remembered for the register."""
        for digest in digests:
            if digest not in self.records:
                raise RuleRefused(
                    PAPER_CONTENT,
                    f"Section {self.place} cites evidence {evidence_id(digest)}, which the paper does not list.",
                    "Add the record to the content's evidence, or take the citation out.",
                )
            places = self.cited.setdefault(digest, [])
            if self.place not in places:
                places.append(self.place)
        return [{"id": evidence_id(digest), "anchor": self.anchor(digest)} for digest in digests]

    def section(self, part: Json) -> Json:
        """A section or annex with its blocks ready to be set."""
        self.place = part["number"]
        return {
            "number": part["number"],
            "title": part["title"],
            "anchor": f"s-{part['number']}",
            "layout": part["layout"],
            "blocks": self.blocks(part["blocks"]),
            "conclusion": self.text(part["conclusion"]),
            "rating": rating(part["rating"]) if part["rating"] is not None else None,
        }

    def blocks(self, blocks: list[Json]) -> list[Json]:
        """Every block, each with the part that sets it."""
        return [
            {"kind": block["kind"], "part": f"parts/{block['kind']}.html", **item}
            for block in blocks
            for item in getattr(self, f"_{block['kind']}")(block)
        ]

    def _paragraph(self, block: Json) -> Iterator[Json]:
        yield {"text": self.text(block["text"]), "evidence": self.ids(block["evidence"])}

    def _heading(self, block: Json) -> Iterator[Json]:
        yield {"text": self.text(block["text"])}

    def _cell(self, cell: Any) -> Json:
        if isinstance(cell, str):
            return {"text": self.text(cell)}
        if cell["cell"] == "severity":
            return {"severity": severity(cell["value"])}
        if cell["cell"] == "rating":
            return {"rating": rating(cell["value"], word=cell["word"])}
        return {"evidence": self.ids(cell["digests"])}

    def _row(self, row: Json, numeric: list[int]) -> Json:
        cells = [{**self._cell(cell), "num": place in numeric} for place, cell in enumerate(row["cells"])]
        return {"mark": row["mark"], "cells": cells}

    def _table(self, block: Json) -> Iterator[Json]:
        printed = block["rows"][:TABLE_CAP]
        parts = [printed[at : at + TABLE_PART] for at in range(0, len(printed), TABLE_PART)] or [[]]
        number = next(self.tables)
        left = len(block["rows"]) - len(printed)
        note = block["note"] + (f" {left} further rows are in the attached content." if left else "")
        for place, rows in enumerate(parts):
            last = place == len(parts) - 1
            yield {
                "number": number,
                "continued": place > 0,
                "anchor": f"t-{number}" if place == 0 else "",
                "caption": self.text(block["caption"]),
                "head": [
                    {"text": self.text(text), "num": at in block["numeric"]}
                    for at, text in enumerate(block["head"])
                ],
                "rows": [self._row(row, block["numeric"]) for row in rows],
                "foot": [self._row(row, block["numeric"]) for row in block["foot"]] if last else [],
                "note": self.text(note.strip()) if last else "",
                "evidence": self.ids(block["evidence"]),
                "out": block["out"],
                "dense": block["dense"],
                "groups": block["groups"],
                "long": len(rows) > UNBROKEN,
            }

    def _figure(self, block: Json) -> Iterator[Json]:
        if block["chart"] not in self.charts:
            raise RuleRefused(
                PAPER_CONTENT,
                f"Section {self.place} shows the figure “{block['chart']}”, for which there is no chart.",
                "Render the chart under this name, or take the figure out.",
            )
        number = next(self.figures)
        yield {
            "number": number,
            "anchor": f"f-{number}",
            "chart": block["chart"],
            "alt": block["alt"],
            "seen": self.text(block["seen"]),
            "drawn": self.text(block["drawn"]),
            "evidence": self.ids(block["evidence"]),
            "out": block["out"],
        }

    def _pair(self, block: Json) -> Iterator[Json]:
        yield {"figures": [item for figure in block["figures"] for item in self._figure(figure)]}

    def _facts(self, block: Json) -> Iterator[Json]:
        yield {"rows": self.facts(block["rows"])}

    def _list(self, block: Json) -> Iterator[Json]:
        yield {"items": [self.text(item) for item in block["items"]], "ordered": block["ordered"]}

    def _callout(self, block: Json) -> Iterator[Json]:
        yield {
            "title": block["title"],
            "text": self.text(block["text"]),
            "evidence": self.ids(block["evidence"]),
        }

    def _not_possible(self, block: Json) -> Iterator[Json]:
        yield {key: self.text(block[key]) for key in ("what", "why", "would")}

    def _figures(self, block: Json) -> Iterator[Json]:
        yield {
            "items": [
                {
                    "value": self.text(item["value"]),
                    "text": self.text(item["text"]),
                    "evidence": self.ids(item["evidence"]),
                }
                for item in block["items"]
            ]
        }

    def _scale(self, block: Json) -> Iterator[Json]:
        yield {"steps": [(self.text(step), at == block["here"]) for at, step in enumerate(block["steps"])]}

    def _findings(self, block: Json) -> Iterator[Json]:
        wanted = set(block["numbers"])
        for finding in self.content["findings"]:
            if not wanted or finding["number"] in wanted:
                texts = {
                    key: self.text(finding[key])
                    for key in ("title", "what", "impact", "owner", "due", "response", "status")
                }
                yield {
                    **texts,
                    "number": finding["number"],
                    "severity": severity(finding["severity"]),
                    "evidence": self.ids(finding["evidence"]),
                }

    def _conditions(self, block: Json) -> Iterator[Json]:
        rows = [
            [item["number"], item["text"], item["check"], item["due"]] for item in self.content["conditions"]
        ]
        table = {
            "caption": block["caption"],
            "head": ["No.", "Condition", "Check that blocks", "Due"],
            "rows": [{"cells": row, "mark": ""} for row in rows]
            or [{"cells": ["none", "", "", ""], "mark": ""}],
            "numeric": [],
            "foot": [],
            "note": "",
            "evidence": [],
            "out": True,
            "dense": False,
            "groups": False,
        }
        for item in self._table(table):
            yield {**item, "part": "parts/table.html"}

    def _evidence_register(self, _block: Json) -> Iterator[Json]:
        yield {"records": []}

    def register(self) -> list[Json]:
        """Every evidence record of the paper with the sections that cite it; last, when all citations are known."""
        return [
            {
                "id": evidence_id(digest),
                "anchor": self.anchor(digest),
                "rest": (digest[10:37], digest[37:]),
                "test": item["test"],
                "sample": item["sample"],
                "cited": ", ".join(self.cited.get(digest, [])) or "–",
            }
            for digest, item in self.records.items()
        ]

    def _glossary(self, block: Json) -> Iterator[Json]:
        yield {"terms": [(term, self.text(meaning)) for term, meaning in block["terms"]]}

    def _command(self, block: Json) -> Iterator[Json]:
        yield {"text": block["text"]}

    def _signatures(self, block: Json) -> Iterator[Json]:
        yield {
            "items": [{**item, "short": item["content_digest"][:16]} for item in block["items"]],
            "wet_line": block["wet_line"],
        }


def flat(blocks: list[Json]) -> Iterator[Json]:
    """Blocks with pairs opened."""
    for block in blocks:
        if block["kind"] == "pair":
            yield from block["figures"]
        else:
            yield block
