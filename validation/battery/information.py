"""Information value and weight of evidence."""

from __future__ import annotations

from typing import Any

import numpy as np

from validation.battery.binning import bins, shares
from validation.battery.case import Case
from validation.battery.catalogue import catalogued
from validation.battery.chart import chart, short
from validation.battery.errors import BatteryError
from validation.battery.result import Result, Row


@catalogued(
    "disc.information_value",
    title="Information value and weight of evidence",
    area="performance",
    reference="Kullback (1959); Siddiqi (2006), Credit Risk Scorecards",
    needs=("y|n+d",),
    optional=("feature",),
    h0="none; a measure of separation by one variable",
    direction="higher separates better; above about .5 is, by habit, a reason to look for leakage",
)
def information_value(
    case: Case, *, features: list[str] | None = None, smoothing: float | None = None, bin_count: int = 5
) -> Result:
    """Purpose. How much each variable alone separates events (bads) from non-events (goods).

    Formula. IV = Σ (g − b)·ln(g/b); weight of evidence = ln(g/b); g and b are the shares of all goods and of
    all bads in a bin, each (n + s)/Σ(n + s) with smoothing s.
    Smoothing. As set; by default ½ for grade tables, and for variables 0 unless a cell is empty, then ½. The
    value used is printed in each row.
    Hypothesis. None.
    Inputs. y and feature columns: categories as they are, numbers in quantile bins (`bin_count`), missing a
    bin of its own. Or grades with n and d.
    Undefined. One class only; for one variable, when it has a single bin.
    Limits. Grows with the number of bins and, in small samples, by chance; says nothing on a variable's part
    beside the others.
    Source. Kullback (1959), Information theory and statistics; Siddiqi (2006).
    """
    if smoothing is not None and smoothing < 0:
        raise BatteryError("parameter_wrong", f"The smoothing is {smoothing}.", "It is 0 or more.")
    if case.has("n", "d"):
        return _of_grades(case, 0.5 if smoothing is None else smoothing)
    y = case.outcome()
    used = ~np.isnan(y)
    sample = case.sample(int(used.sum()), ("outcome unknown", int((~used).sum())))
    names = case.features(features) or [
        c for c in (case.find("grade"), case.find("score"), case.find("p")) if c
    ]
    if not names:
        raise BatteryError(
            "role_missing",
            "disc.information_value needs a column with the role “feature”, and no column has it.",
            "Give the variables the role “feature”, or name them in the parameter features.",
        )
    if used.sum() == 0 or y[used].min() == y[used].max():
        return case.undefined("all outcomes are the same, so nothing can be separated", sample=sample)
    bad = y[used] == 1
    rows, tables = [], []
    for name in names:
        values = case.frame[name][used]
        found = bins(values, count=bin_count)
        size = len(found.labels)
        bads = np.bincount(found.first[bad], minlength=size)
        goods = np.bincount(found.first[~bad], minlength=size)
        row, table = _one(name, found.labels, goods, bads, smoothing)
        rows.append(row)
        tables.append(table)
    return _answer(case, rows, tables, sample)


def _of_grades(case: Case, smoothing: float) -> Result:
    n, d = case.numbers(case.need("n")), case.numbers(case.need("d"))
    column = case.find("grade")
    labels = [str(v) for v in case.frame[column]] if column else [str(i + 1) for i in range(len(n))]
    sample = case.sample(int(n.sum()), given=int(n.sum()))
    if d.sum() in (0, n.sum()):
        return case.undefined("all outcomes are the same, so nothing can be separated", sample=sample)
    row, table = _one("grade", labels, n - d, d, smoothing)
    return _answer(case, [row], [table], sample)


def _one(
    name: str, labels: list[str], goods: Any, bads: Any, smoothing: float | None
) -> tuple[Row, dict[str, Any]]:
    empty = bool((goods == 0).any() or (bads == 0).any())
    s = (0.5 if empty else 0.0) if smoothing is None else smoothing
    row: Row = {"variable": name, "iv": None, "bins": len(labels), "smoothing": s, "reason": ""}
    if len(labels) < 2:
        row["reason"] = "one bin only"
    elif empty and s == 0:
        row["reason"] = "a bin has no goods or no bads, and no smoothing is set"
    if row["reason"]:
        return row, {"name": f"woe_{name}", "title": f"Weight of evidence of {name}", "rows": []}
    g, b = shares(goods, s), shares(bads, s)
    woe = np.log(g / b)
    terms = (g - b) * woe
    row["iv"] = float(terms.sum())
    table = [
        {
            "bin": label,
            "goods": int(goods[i]),
            "bads": int(bads[i]),
            "bad_rate": float(bads[i] / (goods[i] + bads[i])) if goods[i] + bads[i] else None,
            "woe": float(woe[i]),
            "iv_term": float(terms[i]),
        }
        for i, label in enumerate(labels)
    ]
    title = f"Weight of evidence of {name} (smoothing {s:g})"
    return row, {"name": f"woe_{name}", "title": title, "rows": table}


def _answer(case: Case, rows: list[Row], tables: list[dict[str, Any]], sample: dict[str, Any]) -> Result:
    known = sorted(
        (row for row in rows if row["iv"] is not None), key=lambda row: (-row["iv"], row["variable"])
    )
    if not known:
        return case.undefined(rows[0]["reason"], rows=rows, sample=sample)
    best = known[0]
    title = f"{best['variable']} separates most, with an information value of {short(best['iv'])}"
    subtitle = f"Information value per variable; {sample['n']} rows"
    data = [{"name": row["variable"], "value": row["iv"]} for row in known[:40]]
    undefined = [row for row in rows if row["iv"] is None]
    return case.result(
        statistic=best["iv"],
        rows=[*known, *undefined],
        tables=tables,
        sample=sample,
        method="Σ (g − b)·ln(g/b); the statistic is the largest; smoothing per row",
        facts={"largest": best["variable"]},
        charts=[chart("information_value", "iv_bars", title, subtitle, data)],
    )
