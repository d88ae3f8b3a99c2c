"""Disparate impact: favourable rates by group, and differences of a continuous score."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from validation.battery.case import Case
from validation.battery.catalogue import catalogued
from validation.battery.chart import chart, short
from validation.battery.errors import BatteryError
from validation.battery.groups import Reference, attributes_of, check_reference, decisions, reference_of
from validation.battery.result import AMBER, GREEN, RED, SHOWN, Chart, Result, Row, judge, worst
from validation.battery.special import fisher_two_sided, holm, normal_quantile, normal_sf

AIR_LIMITS = {"air_below": 0.8, "p_below": 0.05, "minimum_n": 30.0}


@dataclass(frozen=True)
class Counts:
    """Favourable answers of each group of one attribute: {group: (n, favourable)}."""

    attribute: str
    groups: dict[str, tuple[int, int]]
    unknown: int


@catalogued(
    "fair.air",
    title="Adverse impact ratio",
    area="fairness",
    reference="29 CFR 1607.4 D (four-fifths rule, a screen); Morris and Lobsenz (2000) for its tests",
    needs=(),
    optional=("group", "yhat", "p", "score", "n", "favourable"),
    thresholds=AIR_LIMITS,
    h0="the group and the reference group have the same rate of favourable answers",
    direction="below 1 the group is at a disadvantage; a light needs effect size and significance",
)
def air(
    case: Case,
    *,
    attributes: list[str] | None = None,
    bands: dict[str, Any] | None = None,
    reference: str | dict[str, str] | None = None,
    cutoff: float | None = None,
    favourable: str = "1",
    intersections: bool = True,
    confidence: float = 0.95,
) -> Result:
    """Purpose. Do groups receive favourable answers at different rates?

    Formula. AIR = rate of the group / rate of the reference group. Pooled two-proportion z = (p_g − p_r)/
    √(p̄(1−p̄)(1/n_g + 1/n_r)), two-sided; Fisher's exact test, two-sided (tables as probable or less);
    interval exp(ln AIR ± z_q·√(1/a − 1/n_g + 1/b − 1/n_r)); shortfall = p_r·n_g − a, the favourable answers
    that parity would have added.
    Judgement. A disparity needs effect size (AIR below `air_below`) AND significance (Fisher's p below
    `p_below`) in a group of at least `minimum_n`: red. One of them alone with AIR below the limit is amber; a
    smaller group is amber when its AIR is below the limit: it cannot be concluded.
    Hypothesis. H0: same rate. Two-sided.
    Inputs. Decisions by row: yhat (its value `favourable`), or p (approved below `cutoff`); attributes with
    the role group or named; `bands` for numbers. Or counts: group, n, favourable. The reference group is the
    one named, else the largest. Intersections of two attributes are judged too.
    Undefined. A single group; no favourable answer in the reference group.
    Multiplicity. The number of comparisons is stated and Holm's p printed; lights use the unadjusted p.
    Limits. .8 is a screening rule of another field, not a legal test for credit; a reference group at a
    disadvantage (AIR above 1) is shown and not judged. Rates are those of fairlearn's selection_rate.
    Source. 29 CFR 1607.4; Morris and Lobsenz, Personnel Psychology 53 (2000).
    """
    if case.has("group", "n", "favourable"):
        found, words = [_counts_given(case)], "counts as given"
    else:
        answers = decisions(case, cutoff, favourable)
        words = f"favourable: {answers.words}"
        found = []
        for attribute in attributes_of(case, attributes, bands, intersections=intersections):
            cells = attribute.cells(answers.favourable, among=answers.known)
            pairs = zip(attribute.groups, cells.tolist(), strict=True)
            groups = {name: (no + yes, yes) for name, (no, yes) in pairs}
            used = sum(n for n, _ in groups.values())
            found.append(
                Counts(attribute.name, {g: c for g, c in groups.items() if c[0]}, len(case.frame) - used)
            )
    check_reference([{g: n for g, (n, _) in counts.groups.items()} for counts in found], reference)
    rows = [row for counts in found for row in _rows(case, counts, reference, confidence)]
    compared = [row for row in rows if row["air"] is not None and not row["is_reference"]]
    for row, adjusted in zip(compared, holm([row["p_fisher"] for row in compared]), strict=True):
        row["p_holm"] = adjusted
    sample = _sample(case, found)
    if not compared:
        return case.undefined(_why_not(found), rows=rows, sample=sample)
    return _air_result(case, rows, compared, sample, f"{words}; {len(compared)} comparisons")


def _counts_given(case: Case) -> Counts:
    n, yes = case.numbers(case.need("n")), case.numbers(case.need("favourable"))
    names = [str(v) for v in case.frame[case.need("group")]]
    if np.isnan(n).any() or np.isnan(yes).any() or (yes > n).any() or min(yes.min(), n.min()) < 0:
        raise BatteryError(
            "counts_wrong",
            "A group has more favourable answers than members, or no count.",
            "Correct the counts.",
        )
    if len(set(names)) != len(names):
        raise BatteryError("counts_wrong", "A group is there twice.", "Give one row per group.")
    groups = {g: (int(a), int(b)) for g, a, b in zip(names, n, yes, strict=True) if a > 0}
    return Counts("group", groups, 0)


def _sample(case: Case, found: list[Counts]) -> dict[str, Any]:
    if case.has("group", "n", "favourable"):
        total = sum(n for n, _ in found[0].groups.values())
        return case.sample(total, given=total)
    out = [(f"“{c.attribute}” or the decision is unknown (left out there)", c.unknown) for c in found]
    return case.sample(len(case.frame), *out)


def _why_not(found: list[Counts]) -> str:
    if all(len(counts.groups) < 2 for counts in found):
        return "every attribute has a single group, so there is nobody to compare with"
    return "no reference group has a favourable answer, so no ratio exists"


def _rows(case: Case, counts: Counts, wanted: Reference, confidence: float) -> list[Row]:
    if not counts.groups:
        return []
    base = reference_of(counts.attribute, {g: n for g, (n, _) in counts.groups.items()}, wanted)
    n_r, b = counts.groups[base]
    rows = []
    for group, (n, a) in counts.groups.items():
        row: Row = {
            "attribute": counts.attribute,
            "group": group,
            "reference": base,
            "is_reference": group == base,
            "n": n,
            "favourable": a,
            "rate": a / n,
            "air": (a / n) / (b / n_r) if b else None,
        }
        row |= _tests(a, n, b, n_r, confidence) if group != base else {}
        row["light"] = _light(row, case.thresholds)
        rows.append(row)
    return rows


def _tests(a: int, n: int, b: int, n_r: int, confidence: float) -> Row:
    pooled = (a + b) / (n + n_r)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / n_r))
    z = (a / n - b / n_r) / spread if spread > 0 else None
    low = high = None
    if a and b:
        half = normal_quantile(0.5 + confidence / 2) * math.sqrt(1 / a - 1 / n + 1 / b - 1 / n_r)
        ratio = (a / n) / (b / n_r)
        low, high = ratio * math.exp(-half), ratio * math.exp(half)
    return {
        "ci_low": low,
        "ci_high": high,
        "z": z,
        "p_z": None if z is None else 2 * normal_sf(abs(z)),
        "p_fisher": fisher_two_sided(a, n, b, n_r),
        "shortfall": b / n_r * n - a,
    }


def _light(row: Row, limits: dict[str, float]) -> str:
    limit, alpha, least = limits.get("air_below"), limits.get("p_below"), limits.get("minimum_n", 0.0)
    if row["is_reference"] or row["air"] is None or limit is None:
        return SHOWN
    if row["air"] >= limit:
        return GREEN
    significant = alpha is None or row["p_fisher"] < alpha
    return RED if significant and row["n"] >= least else AMBER


def _air_result(
    case: Case, rows: list[Row], compared: list[Row], sample: dict[str, Any], method: str
) -> Result:
    least = case.thresholds.get("minimum_n", 0.0)
    judged = [row for row in compared if row["n"] >= least] or compared
    lowest = min(judged, key=lambda row: (row["air"], row["attribute"], row["group"]))
    ci = None if lowest["ci_low"] is None else (lowest["ci_low"], lowest["ci_high"])
    return case.result(
        statistic=lowest["air"],
        p_value=lowest["p_fisher"],
        ci=ci,
        rows=rows,
        sample=sample,
        method=f"{method}; the statistic is the lowest ratio; Fisher's exact p; interval on the log ratio",
        facts={
            "lowest": {
                key: lowest[key] for key in ("attribute", "group", "reference", "z", "shortfall", "n")
            },
            "z": lowest["z"],
            "shortfall": lowest["shortfall"],
            "comparisons": len(compared),
            "disparities": [[r["attribute"], r["group"]] for r in compared if r["light"] == RED],
        },
        charts=[_forest(compared, lowest, case.thresholds.get("air_below"))],
        light=worst(*(row["light"] for row in rows)),
    )


def _forest(compared: list[Row], lowest: Row, limit: float | None) -> Chart:
    data = [
        {
            "attribute": row["attribute"],
            "group": row["group"],
            "reference": row["reference"],
            "air": row["air"],
            "low": row["ci_low"],
            "high": row["ci_high"],
            "n": row["n"],
            "p_value": row["p_fisher"],
        }
        for row in compared[:60]
    ]
    title = (
        f"Lowest: {lowest['attribute']} {lowest['group']} with {short(lowest['air'])} of the rate of "
        f"{lowest['reference']}"
    )
    subtitle = f"Adverse impact ratio with interval per group; {len(compared)} comparisons"
    return chart("air", "forest", title, subtitle, data, limit=limit, one=1.0, value="air")


@catalogued(
    "fair.smd",
    title="Standardised mean difference of the score",
    area="fairness",
    reference="Cohen (1988); Hedges and Olkin (1985) for the interval",
    needs=("p|score",),
    optional=("group",),
    thresholds={"amber_above": 0.2, "red_above": 0.5},
    h0="none; an effect size with its interval",
    direction="positive: the group has the higher values; the light looks at the absolute difference",
)
def smd(
    case: Case,
    *,
    attributes: list[str] | None = None,
    bands: dict[str, Any] | None = None,
    reference: str | dict[str, str] | None = None,
    sd: Literal["pooled", "reference", "total"] = "pooled",
    intersections: bool = False,
) -> Result:
    """Purpose. How far apart the scores of groups are, in standard deviations.

    Formula. d = (mean of the group − mean of the reference group)/sd. `sd` is the pooled one by default
    (√[((n_g−1)s_g² + (n_r−1)s_r²)/(n_g+n_r−2)]), or that of the reference group, or of all rows. Interval
    d ± 1.96·√(1/n_g + 1/n_r + d²/(2(n_g+n_r))).
    Hypothesis. None.
    Inputs. p or score; attributes as fair.air.
    Undefined. A single group, groups of one row, or no spread.
    Limits. Looks at means only; says nothing on the answers near a cut-off.
    Source. Cohen (1988), Statistical power analysis; Hedges and Olkin (1985).
    """
    column = case.find("p") or case.need("score")
    values = case.numbers(column)
    known = ~np.isnan(values)
    rows: list[Row] = []
    for attribute in attributes_of(case, attributes, bands, intersections=intersections):
        members = {
            g: values[inside & known] for g, inside in attribute.members().items() if (inside & known).any()
        }
        base = reference_of(attribute.name, {g: len(v) for g, v in members.items()}, reference)
        for group, mine in members.items():
            if group == base:
                continue
            row: Row = {"attribute": attribute.name, "group": group, "reference": base, "n": len(mine)}
            row |= _difference(mine, members[base], values[known], sd)
            row["light"] = judge(None if row["smd"] is None else abs(row["smd"]), None, case.thresholds)
            rows.append(row)
    sample = case.sample(int(known.sum()), (f"no value in “{column}”", int((~known).sum())))
    defined = [row for row in rows if row["smd"] is not None]
    if not defined:
        return case.undefined("there are no two groups with spread to compare", rows=rows, sample=sample)
    most = max(defined, key=lambda row: (abs(row["smd"]), row["attribute"], row["group"]))
    title = f"{most['attribute']} {most['group']} lies {short(most['smd'], 2)} standard deviations from {most['reference']}"
    data = [
        {**{k: row[k] for k in ("attribute", "group", "reference", "n")}, "value": row["smd"]}
        | {"low": row["ci_low"], "high": row["ci_high"]}
        for row in defined[:60]
    ]
    subtitle = f"Standardised mean difference of {column}, {sd} standard deviation; {int(known.sum())} rows"
    return case.result(
        statistic=most["smd"],
        ci=(most["ci_low"], most["ci_high"]),
        rows=rows,
        sample=sample,
        method=f"{sd} standard deviation; the statistic is the largest in absolute value",
        charts=[chart("smd", "forest", title, subtitle, data, one=0.0, value="value")],
        light=worst(*(row["light"] for row in rows)),
    )


def _difference(mine: Any, other: Any, everyone: Any, sd: str) -> Row:
    n, m = len(mine), len(other)
    row: Row = {"mean": float(mine.mean()), "reference_mean": float(other.mean())}
    row |= {"smd": None, "ci_low": None, "ci_high": None}
    if min(n, m) < 2:
        return row
    pooled = ((n - 1) * mine.var(ddof=1) + (m - 1) * other.var(ddof=1)) / (n + m - 2)
    variance = {"pooled": pooled, "reference": other.var(ddof=1), "total": everyone.var(ddof=1)}[sd]
    if variance <= 0:
        return row
    d = (row["mean"] - row["reference_mean"]) / math.sqrt(variance)
    half = normal_quantile(0.975) * math.sqrt(1 / n + 1 / m + d * d / (2 * (n + m)))
    return row | {"smd": d, "ci_low": d - half, "ci_high": d + half}
