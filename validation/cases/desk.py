"""What the validation desk shows: requirement, evidence, judgement, and the bar of what stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from mrm.evidence.queries import content_of
from mrm.evidence.readable import Grid, figures, grids, sample_words
from mrm.kernel.errors import CountersignError
from mrm.web.shapes import Fact, Link, Requirement, ScopeGroup, ScopeItem
from validation.cases import models
from validation.cases.content import findings_of, latest_declarations, newest_results, undeclared
from validation.cases.models import TestResult, Validation
from validation.cases.rules import SECTIONS, Rating
from validation.findings.models import Finding

WORST = ("red", "failed", "amber", "not_defined", "shown", "green")
SHOWN_CHARTS = 2


@dataclass(frozen=True)
class Shown:
    """One result of the item that is open: figures, pictures, and where the whole of it is."""

    result: TestResult
    light: str
    figures: Sequence[Fact] = ()
    charts: Sequence[Any] = ()
    sample: str = ""
    grids: Sequence[Grid] = ()
    method: str = ""
    h0: str = ""
    reruns: int = 0
    problem: str = ""
    remedy: str = ""


@dataclass
class Desk:
    """The validation as the desk shows it, with one item open."""

    validation: Validation
    items: list[models.ScopeItem]
    results: dict[Any, list[TestResult]] = field(default_factory=dict)

    @classmethod
    def of(cls, validation: Validation) -> Desk:
        """Everything in a constant number of queries."""
        items = list(validation.items.select_related("assessment", "exempted_by"))
        results: dict[Any, list[TestResult]] = {}
        for row in newest_results(validation):
            results.setdefault(row.item_id, []).append(row)
        return cls(validation, items, results)

    def item(self, key: str) -> models.ScopeItem:
        """The item that is open: the one asked for, else the first that waits."""
        named = next((item for item in self.items if item.key == key), None)
        waiting = next((item for item in self.items if not rating_of(item) and not item.exempt), None)
        return named or waiting or self.items[0]

    def after(self, item: models.ScopeItem) -> models.ScopeItem:
        """The next item that waits after this one."""
        place = self.items.index(item)
        rest = [*self.items[place + 1 :], *self.items[:place]]
        return next((other for other in rest if not rating_of(other) and not other.exempt), item)

    def state(self, item: models.ScopeItem) -> str:
        """The mark of an item: the worst light of its tests."""
        if item.exempt:
            return "na"
        lights = [light_of(row) for row in self.results.get(item.pk, [])]
        if not lights:
            return "met" if rating_of(item) else "not_rated"
        return min(lights, key=WORST.index)

    def groups(self, current: models.ScopeItem) -> list[ScopeGroup]:
        """The items by section of the report."""
        found: dict[int, list[ScopeItem]] = {}
        for item in self.items:
            rating = rating_of(item)
            shown = "n/a" if item.exempt else "n/c" if rating == Rating.NOT_CONCLUDED else rating
            found.setdefault(item.section, []).append(
                ScopeItem(
                    item.title + ("" if item.mandatory else " (optional)"),
                    address(self.validation, item),
                    self.state(item),
                    shown,
                    current=item.pk == current.pk,
                )
            )
        return [
            ScopeGroup(SECTIONS.get(section, f"Section {section}"), rows) for section, rows in found.items()
        ]

    @property
    def rated(self) -> int:
        """How many items carry a rating or an exemption."""
        return sum(1 for item in self.items if rating_of(item) or item.exempt)

    def verdict(self) -> list[Fact]:
        """The bar: tests, findings, what is open, independence."""
        lights = Counter(light_of(row) for rows in self.results.values() for row in rows)
        names = {
            "green": "green",
            "amber": "amber",
            "red": "red",
            "shown": "shown",
            "not_defined": "not defined",
        }
        parts = [f"{lights[key]} {name}" for key, name in names.items() if lights[key]]
        parts += [f"{lights['failed']} not computed"] if lights["failed"] else []
        found = findings_of(self.validation)
        grave = Counter(str(row.severity) for row in found)
        severities = [
            f"{grave[name]} {name}" for name in ("critical", "high", "medium", "low") if grave[name]
        ]
        open_items = sum(
            1 for item in self.items if item.mandatory and not rating_of(item) and not item.exempt
        )
        missing = undeclared(self.validation)
        declared = latest_declarations(self.validation)
        independence = (
            "not declared" if not declared else ("open: " + ", ".join(missing) if missing else "declared")
        )
        return [
            Fact("Tests", ", ".join(parts) or "not run yet"),
            Fact("Findings", " · ".join(severities) or "none"),
            Fact("Unmet", f"{open_items} not rated" if open_items else "every mandatory item rated"),
            Fact("Independence", independence),
        ]

    def shown(self, item: models.ScopeItem) -> list[Shown]:
        """The results of an item, read from the vault."""
        return [shown(row, self.validation) for row in self.results.get(item.pk, [])]


def shown(row: TestResult, validation: Validation) -> Shown:
    """One result as the middle column shows it."""
    if row.evidence is None:
        return Shown(row, "failed", problem=row.problem, remedy=row.remedy)
    try:
        content = content_of(row.evidence)
    except CountersignError as error:
        return Shown(row, "failed", problem=error.detail, remedy=error.remedy)
    results = content["results"]
    return Shown(
        row,
        light_of(row),
        figures(results, str(row.evidence.light)),
        results["charts"][:SHOWN_CHARTS],
        sample_words(results["sample"]),
        [] if results["charts"] else grids(results)[:1],
        content["method"].get("text", ""),
        results.get("h0", ""),
        row.evidence.runs.count(),
    )


def light_of(row: TestResult) -> str:
    """The light of a result; `failed` when nothing could be computed or what was is void."""
    if row.evidence is None or hasattr(row.evidence, "voids"):
        return "failed"
    return str(row.evidence.light)


def rating_of(item: models.ScopeItem) -> str:
    """The rating of an item, or nothing."""
    return str(item.assessment.rating) if hasattr(item, "assessment") else ""


def address(validation: Validation, item: models.ScopeItem) -> str:
    """The desk with an item open."""
    return f"{reverse('validation', args=[validation.reference])}?item={item.key}"


def finding_line(row: Finding) -> Requirement:
    """A finding of the validation as one line."""
    return Requirement(
        "unmet",
        row.title,
        [Link(row.reference, row.get_absolute_url())],
        note=row.get_state_display(),
        severity=str(row.severity),
    )
