"""The ECB's template of validation results for PD models: each statistic it asks for, with what this validation has.

Section numbers are those of the ECB's Instructions for reporting the validation results of internal models (February
2019), as the battery's methods cite them.
"""

from __future__ import annotations

from mrm.kernel import numbers
from mrm.papers.content import Block, EvidenceCell, NotPossible, Paragraph, Row, Table
from validation.cases.report import words
from validation.cases.report.matter import Matter, Tested
from validation.cases.rules import ValidationKind

REGIME = "ecb-validation-2019"
HEAD = ("Section", "Statistic", "Sample", "In this validation", "Evidence")
NO_REPEATS = NotPossible(
    "customer migrations and the stability of the migration matrix (2.5.5.1, 2.5.5.2)",
    "They compare the grades of the same customers at the beginning and the end of a year, and the data hold each customer once.",
    "Two ratings of each customer, a year apart.",
)
NO_EARLIER = NotPossible(
    "concentration of grades against the initial validation (2.5.5.3)",
    "It compares today’s distribution over grades, by customers and by exposure, with that of the initial validation; "
    "neither an earlier distribution nor the exposure of each case is recorded.",
    "The next validation of this model, on data with an exposure for each case.",
)
NO_USE = NotPossible(
    "rating process: overrides, technical defaults, unrated and outdated ratings",
    "They are counted where the model is used, and no use of it is recorded here.",
    "Decisions of production, with each override and its reason.",
)


def pd_template(matter: Matter) -> list[Block]:
    """The annex, or why there is none."""
    if not any(row["id"] == REGIME for row in matter.regimes):
        return [
            NotPossible("the template", "The ECB’s instructions were not in force on the day of the content.")
        ]
    rows = [_calibration(row) for row in matter.of_test("pd.jeffreys")]
    rows += [_ranking(matter, row) for row in matter.of_test("disc.auc")]
    rows += [_against(row) for row in matter.of_test("disc.auc_vs_initial")]
    if not rows:
        return [
            NotPossible(
                "the template",
                "Neither the Jeffreys test nor the AUC has a figure in this validation.",
                "A PD model with grades or scores and outcomes.",
            )
        ]
    return [
        Paragraph(
            "The ECB’s template for PD models, as far as this validation’s evidence reaches. The template itself is a "
            "workbook that a bank sends to its supervisor; these are the figures to enter there."
        ),
        Table("Statistics of the template.", HEAD, tuple(rows), dense=True),
        NO_REPEATS,
        NO_EARLIER,
        NO_USE,
    ]


def _calibration(row: Tested) -> Row:
    total = row.results["facts"]["portfolio"]
    low = sum(1 for grade in row.results["rows"] if grade["p_value"] is not None and grade["p_value"] < 0.05)
    said = (
        f"portfolio p {words.p_value(total['p_value'])} ({numbers.figure(total['d'])} defaults of "
        f"{numbers.figure(total['n'])}); {words.count(low, 'grade')} of {len(row.results['rows'])} with p below .05"
    )
    return Row(
        (
            "2.5.3.1",
            "Predictive ability: Jeffreys, one-sided, by grade and for the portfolio",
            words.part(row.part),
            said,
            EvidenceCell(row.cited),
        )
    )


def _ranking(matter: Matter, row: Tested) -> Row:
    first = matter.facts["validation"]["kind"] == ValidationKind.INITIAL
    against = (
        "this is the initial validation, with which later years are compared"
        if first
        else "section 4 names the earlier validations to compare it with"
    )
    return Row(
        (
            "2.5.4",
            "Discriminatory power: AUC now against the AUC of the initial validation",
            words.part(row.part),
            f"AUC {numbers.figure(row.results['statistic'])} ({words.interval(row.results['ci'])}); {against}",
            EvidenceCell(row.cited),
        )
    )


def _against(row: Tested) -> Row:
    return Row(
        (
            "2.5.4",
            "Discriminatory power: test that the AUC has not fallen since the initial validation",
            words.part(row.part),
            f"p {words.p_value(row.results['p_value'])}",
            EvidenceCell(row.cited),
        )
    )
