"""The page of two snapshots side by side."""

from __future__ import annotations

from typing import Any

from django.utils.functional import cached_property

from mrm.access.pages import MemberPage
from mrm.web.shapes import Fact
from registry.data import difference, queries
from registry.data.pages import DATA

NOTABLE_PSI, LARGE_PSI = 0.10, 0.25


class DifferencePage(MemberPage):
    """What differs between two snapshots: schema, counts, columns, and rows for who may see them."""

    template_name = "data/difference.html"
    title = "What differs"
    nav = "data"
    kwargs: dict[str, Any]

    @cached_property
    def sides(self) -> tuple[queries.Seen, queries.Seen]:
        """The two, the earlier first."""
        return queries.pair(self.actor, self.kwargs["reference"], self.kwargs["other"])

    def get_sub(self) -> str:
        """Which two."""
        one, two = (side.snapshot for side in self.sides)
        return f"From {one.reference} ({one.title or one.file_name}) to {two.reference} ({two.title or two.file_name})"

    def get_crumbs(self) -> list[tuple[str, str]]:
        """Data, the dataset as far as the reader may open it, the later snapshot."""
        two = self.sides[1]
        dataset = two.snapshot.dataset
        above = [(dataset.name, dataset.get_absolute_url())] if two.full else []
        return [DATA, *above, (two.snapshot.reference, two.snapshot.get_absolute_url())]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The parts of the page."""
        one, two = self.sides
        pair = difference.Pair(one.snapshot, two.snapshot)
        found, full = difference.compare(pair), one.full and two.full
        return super().get_context_data(
            one=one.snapshot,
            two=two.snapshot,
            found=found,
            facts=self._facts(found),
            columns=[{**row, "tone": tone(row["psi"])} for row in found["columns"]],
            shown=difference.rows(pair) if full and found["key"] else None,
            full=full,
            **kwargs,
        )

    def _facts(self, found: dict[str, Any]) -> list[Fact]:
        before, after = found["rows"]
        by_key = found["by_key"]
        facts = [
            Fact("Rows before", f"{before:,}", url=self.sides[0].snapshot.get_absolute_url()),
            Fact("Rows after", f"{after:,}", url=self.sides[1].snapshot.get_absolute_url()),
        ]
        if by_key is None:
            return [*facts, Fact("By row", "not compared", note="no common key names every row once")]
        counts = ("added", "removed", "changed")
        return [
            *facts,
            *(Fact(name.capitalize(), f"{by_key[name]:,}", note=f"by {found['key']}") for name in counts),
        ]


def tone(psi: float | None) -> str:
    """How a PSI is drawn: from .10 to look at, from .25 large."""
    if psi is None or psi < NOTABLE_PSI:
        return ""
    return "bad" if psi >= LARGE_PSI else "warn"
