"""Equal opportunity and equalised odds: do groups who deserve the same get the same answers?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from validation.battery.case import Case
from validation.battery.catalogue import catalogued
from validation.battery.chart import chart, short
from validation.battery.groups import Decisions, Reference, attributes_of, decisions, reference_of
from validation.battery.result import AMBER, GREEN, RED, SHOWN, Result, Row, worst
from validation.battery.special import normal_quantile

Bools = npt.NDArray[np.bool_]
GAP_LIMITS = {"gap_above": 0.1, "p_below": 0.05, "minimum_n": 30.0}
FAIRLEARN = "Hardt, Price and Srebro (2016); rates as in fairlearn"


@dataclass(frozen=True)
class Rates:
    """Decisions and outcomes of the rows that have both; `deserving` is the outcome that a yes fits."""

    favourable: Bools
    deserving: Bools
    used: Bools
    words: str


def _rates(case: Case, cutoff: float | None, favourable: str, deserving: str | None) -> Rates:
    answers: Decisions = decisions(case, cutoff, favourable)
    y = case.outcome()
    side = deserving or ("event" if answers.by_yhat else "non_event")
    used = answers.known & ~np.isnan(y)
    words = f"favourable: {answers.words}; deserving: {side.replace('_', '-')}"
    return Rates(answers.favourable, (y == 1) if side == "event" else (y == 0), used, words)


@dataclass(frozen=True)
class Settings:
    """Which groups, which reference, how many permutations."""

    attributes: list[str] | None
    bands: dict[str, Any] | None
    reference: Reference
    permutations: int
    seed: int


def _judge(case: Case, rates: Rates, kinds: tuple[str, ...], how: Settings) -> Result:
    rows: list[Row] = []
    tests: list[Row] = []
    for attribute in attributes_of(case, how.attributes, how.bands):
        members = {g: m & rates.used for g, m in attribute.members().items() if (m & rates.used).any()}
        if len(members) < 2:
            continue
        base = reference_of(attribute.name, {g: int(m.sum()) for g, m in members.items()}, how.reference)
        for kind in kinds:
            among = rates.used & (rates.deserving if kind == "tpr" else ~rates.deserving)
            cells = {g: m & among for g, m in members.items() if (m & among).any()}
            if base not in cells or len(cells) < 2:
                continue
            found = _gaps(attribute.name, kind, cells, base, rates.favourable)
            p = _permutation_p(cells, base, rates.favourable, how)
            for row in found:
                row["p_largest"] = p
                row["light"] = _light(row, case.thresholds)
            rows += found
            tests.append({"attribute": attribute.name, "rate": kind, "p_value": p})
    sample = case.sample(int(rates.used.sum()), ("decision or outcome unknown", int((~rates.used).sum())))
    if not rows:
        return case.undefined("no two groups have the outcomes that these rates need", sample=sample)
    most = max(rows, key=lambda row: (abs(row["gap"]), row["attribute"], row["group"], row["rate"]))
    title = f"{most['attribute']} {most['group']}: {most['rate'].upper()} {short(most['gap'])} from {most['reference']}"
    data = [
        {
            "attribute": r["attribute"],
            "group": f"{r['group']} ({r['rate'].upper()})",
            "reference": r["reference"],
        }
        | {"value": r["gap"], "low": r["ci_low"], "high": r["ci_high"], "n": r["n"]}
        for r in rows[:60]
    ]
    subtitle = f"Difference of rates to the reference, simultaneous intervals; {int(rates.used.sum())} rows"
    return case.result(
        statistic=most["gap"],
        p_value=most["p_largest"],
        ci=(most["ci_low"], most["ci_high"]),
        rows=rows,
        tables=[{"name": "largest", "title": "Permutation test of the largest gap", "rows": tests}],
        sample=sample,
        method=f"{rates.words}; Bonferroni intervals; permutation test, {how.permutations} draws, seed {how.seed}",
        charts=[chart("gaps", "forest", title, subtitle, data, one=0.0, value="value")],
        light=worst(*(row["light"] for row in rows)),
    )


def _gaps(attribute: str, kind: str, cells: dict[str, Bools], base: str, yes: Bools) -> list[Row]:
    """Signed gap of each group to the reference; Newcombe intervals that hold together."""
    others = [g for g in cells if g != base]
    z = normal_quantile(1 - 0.025 / len(others))
    m, b = int(cells[base].sum()), int((cells[base] & yes).sum())
    rows: list[Row] = []
    for group in others:
        n, a = int(cells[group].sum()), int((cells[group] & yes).sum())
        low1, high1 = _wilson(a, n, z)
        low2, high2 = _wilson(b, m, z)
        gap = a / n - b / m
        rows.append(
            {
                "attribute": attribute,
                "group": group,
                "reference": base,
                "rate": kind,
                "n": n,
                "value": a / n,
                "reference_value": b / m,
                "gap": gap,
                "ci_low": gap - math.hypot(a / n - low1, high2 - b / m),
                "ci_high": gap + math.hypot(high1 - a / n, b / m - low2),
            }
        )
    return rows


def _wilson(a: int, n: int, z: float) -> tuple[float, float]:
    p, w = a / n, z * z / n
    half = z * math.sqrt(p * (1 - p) / n + w / (4 * n))
    return (p + w / 2 - half) / (1 + w), (p + w / 2 + half) / (1 + w)


def _permutation_p(cells: dict[str, Bools], base: str, yes: Bools, how: Settings) -> float:
    """P(largest |gap| under shuffled group labels ≥ the one seen), the seen one counted in."""
    names = list(cells)
    rows = np.flatnonzero(np.any([cells[g] for g in names], axis=0))
    group = np.zeros(len(rows), dtype=np.int64)
    for i, name in enumerate(names):
        group[cells[name][rows]] = i
    answer, sizes, at = yes[rows].astype(np.float64), np.bincount(group), names.index(base)

    def largest(labels: npt.NDArray[np.int64]) -> float:
        rate = np.bincount(labels, weights=answer, minlength=len(names)) / sizes
        return float(np.abs(rate - rate[at]).max())

    draw = np.random.default_rng(how.seed)
    seen = largest(group)
    hits = sum(largest(draw.permutation(group)) >= seen - 1e-12 for _ in range(how.permutations))
    return (1 + hits) / (1 + how.permutations)


def _light(row: Row, limits: dict[str, float]) -> str:
    limit = limits.get("gap_above")
    if limit is None:
        return SHOWN
    if abs(row["gap"]) <= limit:
        return GREEN
    alpha = limits.get("p_below")
    significant = alpha is None or (row["p_largest"] < alpha and row["ci_low"] * row["ci_high"] > 0)
    return RED if significant and row["n"] >= limits.get("minimum_n", 0.0) else AMBER


@catalogued(
    "fair.equal_opportunity",
    title="Equal opportunity",
    area="fairness",
    reference=FAIRLEARN,
    needs=("y",),
    optional=("group", "yhat", "p", "score"),
    thresholds=GAP_LIMITS,
    h0="deserving members of each group receive favourable answers at the same rate",
    direction="a negative gap means that the group is at a disadvantage",
)
def equal_opportunity(
    case: Case,
    *,
    attributes: list[str] | None = None,
    bands: dict[str, Any] | None = None,
    reference: str | dict[str, str] | None = None,
    cutoff: float | None = None,
    favourable: str = "1",
    deserving: Literal["event", "non_event"] | None = None,
    permutations: int = 999,
    seed: int = 20240101,
) -> Result:
    """Purpose. Among those whose outcome deserves a yes, do groups get it at the same rate?

    Formula. TPR = favourable and deserving / deserving, per group; signed gap to the reference group, with
    Newcombe intervals at a Bonferroni level over the groups; permutation test of the largest |gap| (labels
    shuffled among the deserving). A percentile bootstrap of max |gap| would never cover a true 0.
    Judgement. Red needs a gap above `gap_above`, the permutation p below `p_below`, an interval without 0 and
    `minimum_n` deserving members; a gap above the limit alone is amber.
    Hypothesis. H0: same rate in all groups. Two-sided.
    Inputs. y; decisions (yhat, or p with `cutoff`); attributes as fair.air. With yhat the deserving outcome is
    the event, as in fairlearn; with p, the probability of a bad event, it is the non-event; `deserving` sets it.
    Undefined. Fewer than two groups with deserving members.
    Limits. Outcomes of refused applicants are unknown, so the rates are of those accepted.
    Source. Hardt, Price and Srebro, NeurIPS 2016.
    """
    rates = _rates(case, cutoff, favourable, deserving)
    return _judge(case, rates, ("tpr",), Settings(attributes, bands, reference, permutations, seed))


@catalogued(
    "fair.equalised_odds",
    title="Equalised odds",
    area="fairness",
    reference=FAIRLEARN,
    needs=("y",),
    optional=("group", "yhat", "p", "score"),
    thresholds=GAP_LIMITS,
    h0="deserving and undeserving members of each group receive favourable answers at the same rates",
    direction="signed gaps of TPR and FPR to the reference group",
)
def equalised_odds(
    case: Case,
    *,
    attributes: list[str] | None = None,
    bands: dict[str, Any] | None = None,
    reference: str | dict[str, str] | None = None,
    cutoff: float | None = None,
    favourable: str = "1",
    deserving: Literal["event", "non_event"] | None = None,
    permutations: int = 999,
    seed: int = 20240101,
) -> Result:
    """Purpose. Given the outcome, do answers still depend on the group?

    Formula. As fair.equal_opportunity, for TPR (among the deserving) and FPR (among the others).
    Judgement, hypothesis, inputs. As fair.equal_opportunity.
    Undefined. Fewer than two groups with either outcome.
    Limits. Cannot hold together with calibration in groups of different event rates.
    Source. Hardt, Price and Srebro, NeurIPS 2016.
    """
    rates = _rates(case, cutoff, favourable, deserving)
    return _judge(case, rates, ("tpr", "fpr"), Settings(attributes, bands, reference, permutations, seed))
