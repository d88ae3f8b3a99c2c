"""Results as tables: one row per test, then what a test shows by grade, group or variable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from mrm.kernel import numbers
from mrm.papers.content import Block, EvidenceCell, Row, Table
from validation.cases.report import words
from validation.cases.report.matter import Json, Matter, Tested

MOST = 16


def tables(title: str, rows: Sequence[Tested]) -> list[Block]:
    """The results of an item, what could not be computed, and the detail."""
    found: list[Block] = []
    defined = [row for row in rows if row.defined]
    if defined:
        found.append(results(title, defined))
    missing = [row for row in rows if not row.defined]
    if missing:
        found.append(undefined(missing))
    for row in defined:
        detail = DETAIL.get(row.test)
        if detail is not None:
            found += detail(row)
    return found


def results(title: str, rows: Iterable[Tested]) -> Table:
    """One row per test."""
    return Table(
        f"Results. {title}.",
        ("Test", "Sample", "n", "Result", "Interval", "p", "Light", "Evidence"),
        tuple(
            Row(
                (
                    row.name,
                    words.part(row.part),
                    size(row.results["sample"]),
                    numbers.figure(row.results["statistic"]),
                    words.interval(row.results["ci"]),
                    words.p_value(row.results["p_value"]),
                    words.light(row.results["light"]),
                    EvidenceCell(row.cited),
                )
            )
            for row in rows
        ),
        numeric=(2, 3, 4, 5),
        out=True,
    )


def size(sample: Json) -> str:
    """Rows used, and of how many where some were left out."""
    n, m = sample.get("n"), sample.get("m")
    if n is None:
        return "–"
    return numbers.plain(n) if m in (None, n) else f"{numbers.plain(n)} of {numbers.plain(m)}"


def hypotheses(matter: Matter, rows: Iterable[Tested]) -> Table:
    """What each test asks, in which direction, and who owns its limit."""
    once = {row.test: row for row in rows}
    made = []
    for test, row in once.items():
        policy = matter.thresholds.get(test, {})
        owner = policy.get("owner", "")
        set_by = f"{words.limits(row.results['thresholds'])}." + (f" Owner: {owner}." if owner else "")
        h0 = row.results["h0"] or "none"
        made.append(
            Row(
                (
                    row.title,
                    words.sentence(h0),
                    words.sentence(row.results["direction"]),
                    words.sentence(set_by),
                )
            )
        )
    return Table(
        "What the tests of this section ask, how to read them, and whose limit it is.",
        ("Test", "H0", "How to read it", "Limit and owner"),
        tuple(made),
        note="Intervals are 95 %. A light is what the policy’s limit says of a figure; the rating is the validator’s.",
        out=True,
        dense=True,
    )


def undefined(rows: Iterable[Tested]) -> Table:
    """Tests without a figure, and why."""
    return Table(
        "Tests that gave no figure. “Not defined” is a result, not a gap.",
        ("Test", "Sample", "Why", "What would make it possible", "Evidence"),
        tuple(
            Row(
                (
                    row.name,
                    words.part(row.part),
                    words.sentence(row.problem or row.results.get("reason", "")),
                    words.sentence(row.remedy) or "–",
                    EvidenceCell(row.cited) if row.cited else "none",
                )
            )
            for row in rows
        ),
        out=True,
        dense=True,
    )


def grades(row: Tested) -> list[Block]:
    """Observed rate against PD, by grade and for the portfolio, with exact size and power."""
    body = [_grade(item) for item in row.results["rows"]]
    total = row.results["facts"]["portfolio"]
    facts = row.results["facts"]
    return [
        Table(
            f"{row.title}: by grade.",
            ("Grade", "n", "Defaults", "PD", "Observed", "95 % interval", "p", "p (Holm)", "Size", "Power"),
            tuple(body),
            numeric=tuple(range(1, 10)),
            evidence=row.cited,
            foot=(_grade(total),),
            note=(
                f"Size is the exact rate of false alarm at α {numbers.figure(facts['alpha'])}; power is the chance to see "
                f"a true rate of {facts['alternative']}. {words.count(facts['grades'], 'grade')} are tested together, so "
                "Holm’s p stands beside each."
            ),
            out=True,
        )
    ]


def _grade(item: Json) -> Row:
    return Row(
        (
            str(item["grade"]).capitalize() if item["grade"] == "portfolio" else str(item["grade"]),
            numbers.plain(item["n"]),
            numbers.plain(item["d"]),
            numbers.share(item["pd"], 1),
            numbers.share(item["dr"], 1),
            f"{numbers.share(item['ci_low'], 1)} to {numbers.share(item['ci_high'], 1)}",
            words.p_value(item["p_value"]),
            words.p_value(item["p_holm"]),
            numbers.share(item["size"], 1),
            numbers.share(item["power"], 0),
        )
    )


def groups(row: Tested) -> list[Block]:
    """Favourable answers by group against the reference group."""
    return [
        Table(
            f"{row.name}: every group.",
            (
                "Group",
                "n",
                "Favourable",
                "Rate",
                "Ratio",
                "95 % interval",
                "z",
                "Fisher p",
                "p (Holm)",
                "Shortfall",
                "Light",
            ),
            tuple(_group(item) for item in row.results["rows"]),
            numeric=tuple(range(1, 10)),
            evidence=row.cited,
            note=(
                f"{words.sentence(row.results['method'])} Shortfall is the number of favourable answers that parity with "
                "the reference group would have added."
            ),
            out=True,
        )
    ]


def _group(item: Json) -> Row:
    start = (
        str(item["group"]),
        numbers.plain(item["n"]),
        numbers.plain(item["favourable"]),
        numbers.share(item["rate"], 1),
    )
    if item["is_reference"]:
        return Row((f"{start[0]} (reference)", *start[1:], "1", "–", "–", "–", "–", "–", "–"), mark="mark")
    return Row(
        (
            *start,
            numbers.figure(item["air"]),
            words.interval((item["ci_low"], item["ci_high"])),
            numbers.plain(item["z"], 2),
            words.p_value(item["p_fisher"]),
            words.p_value(item.get("p_holm")),
            numbers.plain(item["shortfall"], 1),
            words.light(item["light"]),
        )
    )


def codes(row: Tested) -> list[Block]:
    """Codes whose declared meaning is not the reference's."""
    wrong = [item for item in row.results["rows"] if item.get("conflict")]
    kept = wrong[:MOST]
    left = len(wrong) - len(kept)
    more = f" The first {len(kept)} of {len(wrong)}; all are in the attached evidence." if left else ""
    return [
        Table(
            f"Codes that are declared with another meaning than the reference table gives.{more}",
            ("Column", "Code", "Declared", "Reference", "Rows"),
            tuple(
                Row(
                    (
                        item["column"],
                        str(item["code"]),
                        item["declared"] or "–",
                        item["correct"] or "–",
                        numbers.plain(item["n"]),
                    )
                )
                for item in kept
            ),
            numeric=(4,),
            evidence=row.cited,
            out=True,
            dense=True,
        )
    ]


def models(row: Tested) -> list[Block]:
    """Two discriminations beside each other."""
    name = "sample" if row.test == "sound.overfit" else "model"
    return [
        Table(
            f"{row.title}.",
            (name.capitalize(), "AUC", "Variance of the AUC"),
            tuple(
                Row(
                    (
                        words.sentence(str(item[name])).rstrip("."),
                        numbers.figure(item["auc"]),
                        numbers.plain(item["variance"], 6),
                    )
                )
                for item in row.results["rows"]
            ),
            numeric=(1, 2),
            evidence=row.cited,
        )
    ]


def reasons(row: Tested) -> list[Block]:
    """How often each input is a principal reason, by either method."""
    return [
        Table(
            "Principal reasons by input: decisions in which each method names it.",
            ("Input", "By points", "By SHAP"),
            tuple(
                Row((item["feature"], numbers.plain(item["by_points"]), numbers.plain(item["by_shap"])))
                for item in row.results["rows"][:MOST]
            ),
            numeric=(1, 2),
            evidence=row.cited,
        )
    ]


DETAIL: dict[str, Callable[[Tested], list[Block]]] = {
    "pd.jeffreys": grades,
    "fair.air": groups,
    "dq.labels": codes,
    "sound.overfit": models,
    "sound.challenger": models,
    "explain.reasons": reasons,
}
