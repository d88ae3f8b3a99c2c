"""The report as a whole: the typed content whose digest is signed."""

from __future__ import annotations

from datetime import date

from mrm.papers.content import Content, EvidenceRecord
from validation.cases.models import Validation
from validation.cases.report import annexes, areas, cover, judged, summary
from validation.cases.report.matter import Matter
from validation.cases.report.results import size


def report_of(
    validation: Validation, *, reference: str, number: int, on: date, draft: bool = False
) -> Content:
    """The content of a validation as it stands; `number` counts how often it was frozen, `on` is the day."""
    matter = Matter(validation, reference, number, on.isoformat(), draft)
    sections = [
        summary.summary(matter),
        judged.mandate(matter),
        areas.area(matter, 3),
        areas.earlier(matter),
        *(areas.area(matter, number) for number in range(5, 14)),
        judged.findings(matter),
        judged.opinion(matter),
    ]
    return Content(
        meta=cover.meta(matter),
        sections=tuple(sections),
        findings=judged.cards(matter),
        conditions=judged.conditions(matter),
        evidence=tuple(
            EvidenceRecord(row["digest"], f"{row['test']}: {row['title']}", f"n {size(row['sample'])}")
            for row in matter.facts["evidence"]
        ),
        annexes=annexes.annexes(matter),
        facts={**matter.facts, "number": number},
    )
