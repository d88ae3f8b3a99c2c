"""Section 1: one page that a board member can read."""

from __future__ import annotations

from mrm.kernel import numbers
from mrm.papers.content import (
    Block,
    BoardFigure,
    BoardFigures,
    Paragraph,
    Row,
    Scale,
    Section,
    SeverityCell,
    Table,
)
from validation.cases.report import words
from validation.cases.report.matter import Matter

STEP_WORDS = {1: "minor", 2: "limited", 3: "material", 4: "severe"}
TOP = 4


def summary(matter: Matter) -> Section:
    """Opinion, steps, board figures, gravest findings, conditions, what remains."""
    opinion = matter.opinion
    blocks: list[Block] = [
        Paragraph(opinion["summary"]),
        _uses(matter),
        Scale(
            tuple(f"{step} · {word}" for step, word in STEP_WORDS.items()),
            (opinion["step"] or 0) - 1,
        ),
    ]
    figures = _figures(matter)
    if figures:
        blocks.append(BoardFigures(tuple(figures[:4])))
    blocks += [Paragraph(opinion["text"]), *_findings(matter), *_rest(matter)]
    return Section("1", "Summary", tuple(blocks), layout="board")


def _uses(matter: Matter) -> Scale:
    by: dict[str, list[str]] = {}
    for use in matter.facts["uses"]:
        by.setdefault(use["judgement"], []).append(use["id"])
    kinds = ("fit", "fit_with_conditions", "not_fit")
    steps = tuple(
        words.JUDGEMENTS[kind] + (f": {', '.join(by[kind])}" if kind in by else "") for kind in kinds
    )
    return Scale(steps, next((place for place, kind in enumerate(kinds) if kind in by), -1))


def _figures(matter: Matter) -> list[BoardFigure]:
    found: list[BoardFigure] = []
    for row in matter.of_test("disc.auc")[:1]:
        text = f"AUC on the {words.part(row.part)} sample, interval {words.interval(row.results['ci'])}"
        found.append(BoardFigure(numbers.figure(row.results["statistic"]), text, row.cited))
    for row in matter.of_test("dq.target")[:1]:
        facts = row.results["facts"]
        if facts.get("ratio") is not None:
            text = (
                f"the event rate of the sample ({numbers.share(row.results['statistic'])}) against that declared for "
                f"the population ({numbers.share(facts['declared'])})"
            )
            found.append(BoardFigure(f"{numbers.plain(facts['ratio'], 1)} ×", text, row.cited))
    worst = min(matter.of_test("fair.air"), key=lambda row: float(row.results["statistic"]), default=None)
    if worst is not None:
        low = worst.results["facts"]["lowest"]
        text = (
            f"lowest ratio of favourable answers: {low['group']} to {low['reference']} ({worst.column}), interval "
            f"{words.interval(worst.results['ci'])}"
        )
        found.append(BoardFigure(numbers.figure(worst.results["statistic"]), text, worst.cited))
    for row in matter.of_test("pd.jeffreys")[:1]:
        total = row.results["facts"]["portfolio"]
        text = f"observed against a mean PD of {numbers.share(total['pd'], 1)} within the sample"
        found.append(BoardFigure(numbers.share(total["dr"], 1), text, row.cited))
    return found


def _findings(matter: Matter) -> list[Block]:
    found = matter.findings
    if not found:
        return [Paragraph("**Findings.** None.")]
    left = len(found) - TOP
    more = f" {words.count(left, 'further finding')} in section 14." if left > 0 else ""
    return [
        Table(
            f"The gravest findings.{more}",
            ("No.", "Severity", "Finding", "Owner, due"),
            tuple(
                Row(
                    (
                        row["reference"],
                        SeverityCell(words.severity(row["severity"])),
                        row["title"],
                        f"{row['owner']}, {words.day(row['due'])}",
                    )
                )
                for row in found[:TOP]
            ),
            out=True,
        )
    ]


def _rest(matter: Matter) -> list[Block]:
    opinion = matter.opinion
    conditions = " ".join(f"{row['reference']}: {row['text']}" for row in matter.facts["conditions"])
    earlier = matter.facts["earlier"]["validations"]
    changes = "none, first validation" if not earlier else f"since {earlier[-1]['reference']}, see section 4"
    return [
        Paragraph(f"**Conditions.** {conditions or 'None.'}"),
        Paragraph(
            f"**Changes since last time:** {changes}. **Residual risk:** {opinion['residual_risk'] or 'none stated.'} "
            f"**Confidence in this opinion:** {opinion['confidence']}."
        ),
    ]
