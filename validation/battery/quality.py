"""Data quality: what is missing, out of range, twice there, not declared, or not known in time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from validation.battery.binning import is_number
from validation.battery.case import Case
from validation.battery.catalogue import catalogued
from validation.battery.errors import BatteryError
from validation.battery.result import AMBER, GREEN, RED, Result, Row, judge, plain_value, worst
from validation.battery.special import beta_quantile, binomial_at_least

OWN = "the battery's own definition; BCBS 239 on accuracy and completeness"


def _blank(values: pd.Series) -> Any:
    """Where nothing is: null, or text without a sign."""
    empty = values.isna()
    if not is_number(values) and not pd.api.types.is_datetime64_any_dtype(values):
        empty |= values.map(lambda v: isinstance(v, str) and not v.strip()).astype(bool)
    return empty.to_numpy(dtype=bool)


@catalogued(
    "dq.missing",
    title="Missing values",
    area="data",
    reference=OWN,
    thresholds={"amber_above": 0.05, "red_above": 0.2},
    h0="none; a count",
    direction="less is better",
)
def missing(case: Case) -> Result:
    """Purpose. How many values are missing, per column.

    Formula. Share of rows where the column is null or blank; the statistic is the largest share.
    Hypothesis. None.
    Inputs. Any data.
    Undefined. No row.
    Limits. Codes that stand for missing (−1, 9999, “unknown”) are values here; declare them in dq.range.
    Source. The battery's own definition.
    """
    total = len(case.frame)
    if total == 0:
        return case.undefined("the data have no rows", sample=case.sample(0))
    rows: list[Row] = []
    for column in case.frame.columns:
        n = int(_blank(case.frame[column]).sum())
        light = judge(n / total, None, case.thresholds)
        rows.append({"column": str(column), "missing": n, "share": n / total, "light": light})
    return case.result(
        statistic=max((row["share"] for row in rows), default=0.0),
        rows=rows,
        sample=case.sample(total),
        method="null or blank; the statistic is the largest share",
        facts={"columns_with_missing": sum(row["missing"] > 0 for row in rows)},
    )


@catalogued(
    "dq.range",
    title="Values outside their declared range",
    area="data",
    reference=OWN,
    thresholds={"amber_above": 0.0, "red_above": 0.01},
    h0="none; a count",
    direction="less is better",
)
def value_range(
    case: Case, *, ranges: dict[str, list[float]] | None = None, codes: dict[str, list[str]] | None = None
) -> Result:
    """Purpose. Do values leave the range, or the codes, that are declared or were seen in a reference sample?

    Formula. Per column, the share of known values below the least or above the greatest declared value, or
    not among the declared codes; the statistic is the largest share. Without a declaration the reference
    sample's range and codes are used.
    Hypothesis. None.
    Inputs. `ranges` {column: [least, greatest]}, `codes` {column: [code, …]}, or a reference sample.
    Undefined. Nothing is declared and there is no reference sample; the profile is printed all the same.
    Limits. A value inside its range can be wrong.
    Source. The battery's own definition.
    """
    case.features([*(ranges or {}), *(codes or {})])
    rows: list[Row] = []
    for column in map(str, case.frame.columns):
        values = case.frame[column].dropna()
        row: Row = {"column": column, "n": len(values), "least": None, "greatest": None, "distinct": None}
        if is_number(values) and len(values):
            row["least"], row["greatest"] = plain_value(values.min()), plain_value(values.max())
        else:
            row["distinct"] = int(values.nunique())
        outside, declared = _outside(case, column, values, ranges or {}, codes or {})
        row["declared"] = declared
        row["outside"] = None if outside is None else int(outside.sum())
        row["share"] = None if outside is None or not len(values) else float(outside.mean())
        if outside is not None and outside.any():
            row["example"] = plain_value(values[outside].iloc[0])
        row["light"] = judge(row["share"], None, case.thresholds)
        rows.append(row)
    sample = case.sample(len(case.frame))
    judged = [row["share"] for row in rows if row["share"] is not None]
    if not judged:
        return case.undefined(
            "no range and no codes are declared, and there is no reference sample", rows=rows, sample=sample
        )
    return case.result(
        statistic=max(judged),
        rows=rows,
        sample=sample,
        method="share outside; the statistic is the largest share",
    )


def _outside(
    case: Case, column: str, values: pd.Series, ranges: dict[str, list[float]], codes: dict[str, list[str]]
) -> tuple[Any, str]:
    if column in ranges:
        if len(ranges[column]) != 2 or not is_number(values):
            raise BatteryError(
                "range_wrong",
                f"The range declared for “{column}” is not two numbers, or the column is not numeric.",
                "Declare [least, greatest] for a numeric column.",
            )
        low, high = ranges[column]
        return ((values < low) | (values > high)).to_numpy(dtype=bool), f"{low:g} to {high:g}"
    if column in codes:
        allowed = {str(code) for code in codes[column]}
        return _not_in(values, allowed), f"{len(allowed)} codes"
    if case.reference is None or column not in case.reference.columns:
        return None, ""
    seen = case.reference[column].dropna()
    if is_number(seen) and is_number(values) and len(seen):
        low, high = float(seen.min()), float(seen.max())
        return ((values < low) | (values > high)).to_numpy(dtype=bool), f"{low:g} to {high:g} (reference)"
    allowed = {str(plain_value(v)) for v in seen.unique()}
    return _not_in(values, allowed), f"{len(allowed)} codes (reference)"


def _not_in(values: pd.Series, allowed: set[str]) -> Any:
    return ~values.map(lambda v: str(plain_value(v)) in allowed).to_numpy(dtype=bool)


@catalogued(
    "dq.duplicates",
    title="Rows that are there twice",
    area="data",
    reference=OWN,
    thresholds={"amber_above": 0.0, "red_above": 0.01},
    h0="none; a count",
    direction="less is better",
)
def duplicates(case: Case) -> Result:
    """Purpose. Do rows repeat? Copies inflate the sample and leak between training and test.

    Formula. Share of rows that equal an earlier row in every column without the role key.
    Hypothesis. None.
    Inputs. Any data.
    Undefined. No row, or nothing but keys.
    Limits. With few coarse columns two persons may rightly look alike.
    Source. The battery's own definition.
    """
    columns = [c for c in case.frame.columns if case.roles.get(str(c)) != "key"]
    if len(case.frame) == 0 or not columns:
        return case.undefined("there are no rows, or only keys", sample=case.sample(0))
    again = case.frame[columns].duplicated().to_numpy()
    n = int(again.sum())
    where = [int(i) + 1 for i in np.flatnonzero(again)[:20]]
    return case.result(
        statistic=n / len(case.frame),
        rows=[{"row": row} for row in where],
        sample=case.sample(len(case.frame)),
        method="equal to an earlier row in every column that is not a key; the first 20 rows are listed",
        facts={"duplicates": n},
    )


@catalogued(
    "dq.keys",
    title="Keys are unique",
    area="data",
    reference=OWN,
    needs=(),
    optional=("key",),
    thresholds={"red_above": 0.0},
    h0="none; a count",
    direction="0 is right",
)
def keys(case: Case) -> Result:
    """Purpose. Does each key name one row?

    Formula. Number of rows whose key is missing, or the same as that of an earlier row; all key columns
    together are the key.
    Hypothesis. None.
    Inputs. Columns with the role key.
    Undefined. No column has the role key.
    Limits. None.
    Source. The battery's own definition.
    """
    columns = case.all("key")
    if not columns:
        return case.undefined("no column has the role “key”", sample=case.sample(len(case.frame)))
    part = case.frame[columns]
    absent = part.isna().any(axis=1).to_numpy()
    again = part.duplicated().to_numpy() & ~absent
    where = [int(i) + 1 for i in np.flatnonzero(absent | again)[:20]]
    return case.result(
        statistic=float((absent | again).sum()),
        rows=[{"row": row} for row in where],
        sample=case.sample(len(case.frame)),
        method=f"key: {', '.join(columns)}; the first 20 rows are listed",
        facts={"missing": int(absent.sum()), "repeated": int(again.sum())},
    )


@catalogued(
    "dq.labels",
    title="Code labels against a reference table",
    area="data",
    reference="the battery's own definition; Grömping (2019) is the case it was made for",
    thresholds={"amber_above": 0.0},
    h0="none; a count of codes",
    direction="0 is right",
)
def labels(
    case: Case,
    *,
    declared: str = "label",
    correct: str = "label",
    column: str = "column",
    code: str = "code",
    table: dict[str, dict[str, str]] | None = None,
) -> Result:
    """Purpose. Does each code mean what the documentation says? Wrong labels leave scores as they are and make
    the reasons told to an applicant wrong.

    Formula. Number of codes whose declared label differs from the reference table's (spaces and case apart),
    or that have none there.
    Hypothesis. None.
    Inputs. A reference table with the columns named by `column`, `code` and `correct`; the declared labels as
    its column `declared`, or as `table` {column: {code: label}}. Rows of the data say how many are concerned.
    Undefined. No reference table.
    Limits. The reference table is taken as right; a different wording of the same meaning counts too, so a
    person reads the rows.
    Source. The battery's own definition.
    """
    if case.reference is None:
        return case.undefined("no reference table of codes was given", sample=case.sample(len(case.frame)))
    book = case.reference
    for name in (column, code, correct) if table is not None else (column, code, correct, declared):
        if name not in book.columns:
            raise BatteryError(
                "column_missing",
                f"The reference table of codes has no column “{name}”.",
                "Name its columns in the parameters column, code, correct and declared.",
            )
    rows: list[Row] = []
    for line in book.to_dict("records"):
        where, key, right = str(line[column]), str(line[code]), str(line[correct])
        said = table.get(where, {}).get(key) if table is not None else str(line[declared])
        rows.append(
            {
                "column": where,
                "code": key,
                "declared": said,
                "correct": right,
                "conflict": _words(said) != _words(right),
                "n": _uses(case, where, key),
            }
        )
    conflicts = [row for row in rows if row["conflict"]]
    return case.result(
        statistic=float(len(conflicts)),
        rows=conflicts,
        tables=[{"name": "codes", "title": "All codes", "rows": rows}],
        sample=case.sample(len(case.frame)),
        method="declared label against the reference table, spaces and case apart",
        facts={"codes": len(rows), "columns": sorted({row["column"] for row in conflicts})},
    )


def _words(text: str | None) -> str:
    return " ".join((text or "").lower().split())


def _uses(case: Case, column: str, code: str) -> int | None:
    if column not in case.frame.columns:
        return None
    return int((case.frame[column].map(lambda v: str(plain_value(v))) == code).sum())


@catalogued(
    "dq.target",
    title="Event rate against the population's",
    area="data",
    reference="the battery's own definition; exact binomial",
    needs=("y",),
    thresholds={"amber_above": 0.2, "red_above": 0.7},
    h0="the event rate of the sample is the declared rate of the population",
    direction="two-sided; a light needs a significant difference (1 %) and a size above the limit",
)
def target(case: Case, *, population_rate: float | None = None) -> Result:
    """Purpose. Does the sample hold as many events as the population it stands for? Where one class was
    oversampled, ranking can be judged and calibration cannot.

    Formula. Rate = events/N with its 95 % Jeffreys interval; exact two-sided binomial p (twice the smaller
    tail) against the declared rate; the light is judged on |ln(rate/declared)| when p < .01.
    Hypothesis. H0: the rate of the sample is that of the population.
    Inputs. y; `population_rate` as a share. Not declared is amber: nobody has said what the sample stands for.
    Undefined. No outcome is known.
    Limits. The declared rate is taken as exact.
    Source. The battery's own definition.
    """
    y = case.outcome()
    known = y[~np.isnan(y)]
    sample = case.sample(len(known), ("outcome unknown", int(np.isnan(y).sum())))
    if len(known) == 0:
        return case.undefined("no outcome is known", sample=sample)
    n, d = len(known), int(known.sum())
    rate = d / n
    ci = (
        beta_quantile(0.025, d + 0.5, n - d + 0.5) if d else 0.0,
        beta_quantile(0.975, d + 0.5, n - d + 0.5) if d < n else 1.0,
    )
    facts: dict[str, Any] = {"events": d, "declared": population_rate}
    if population_rate is None:
        facts["said"] = "the event rate of the population is not declared"
        method = "no rate is declared, which is amber by definition"
        return case.result(statistic=rate, ci=ci, sample=sample, facts=facts, method=method, light=AMBER)
    if not 0 < population_rate < 1:
        raise BatteryError(
            "parameter_wrong", f"The population rate is {population_rate}.", "It is a share between 0 and 1."
        )
    above, below = binomial_at_least(d, n, population_rate), binomial_at_least(n - d, n, 1 - population_rate)
    p = min(1.0, 2 * min(above, below))
    size = abs(math.log(rate / population_rate)) if d else math.inf
    facts["ratio"] = rate / population_rate
    light = judge(size if p < 0.01 else 0.0, None, case.thresholds)
    method = "exact binomial, two-sided (twice the smaller tail)"
    return case.result(
        statistic=rate, p_value=p, ci=ci, sample=sample, facts=facts, method=method, light=light
    )


@catalogued(
    "dq.known_time",
    title="Dates, and what was known when",
    area="data",
    reference="the battery's own definition",
    optional=("date",),
    h0="none; a count",
    direction="nothing may be known after the decision that it serves",
)
def known_time(case: Case, *, known: str | None = None) -> Result:
    """Purpose. Can anything be said over time, and was each row known when it was used?

    Formula. Period from the first to the last date; number of rows without a date; number of rows whose
    `known` time is after their date (red: the model would look into the future); without `known` the period
    alone is said.
    Hypothesis. None.
    Inputs. A column with the role date (time of the decision); `known` names the column of the known time.
    Undefined. No date column: no out-of-time test and no stability over time, so tests over time are *not
    concluded*.
    Limits. Says nothing on columns whose time is not recorded.
    Source. The battery's own definition.
    """
    column = case.find("date")
    if column is None:
        return case.undefined(
            "no column has the role “date”, so tests over time are not concluded",
            sample=case.sample(len(case.frame)),
        )
    at = _times(case, column)
    absent = int(at.isna().sum())
    sample = case.sample(len(at) - absent, (f"no date in “{column}”", absent))
    if absent == len(at):
        return case.undefined(f"the date column “{column}” is empty", sample=sample)
    facts: dict[str, Any] = {"first": at.min().isoformat(), "last": at.max().isoformat(), "undated": absent}
    late = 0
    if known is not None:
        case.features([known])
        late = int((_times(case, known) > at).sum())
        facts["known_after_decision"] = late
    lights = [RED if late else GREEN] if known is not None else []
    by_month = at.dropna().dt.strftime("%Y-%m").value_counts().sort_index()
    return case.result(
        statistic=float(late) if known is not None else None,
        rows=[{"month": str(month), "n": int(n)} for month, n in by_month.items()],
        sample=sample,
        facts=facts,
        method=f"dates of “{column}”" + (f", known times of “{known}”" if known else ""),
        light=worst(*lights),
    )


def _times(case: Case, column: str) -> pd.Series:
    times = pd.to_datetime(case.frame[column], errors="coerce", utc=True, format="mixed")
    bad = times.isna() & case.frame[column].notna()
    if bool(bad.any()):
        first = case.frame[column][bad].iloc[0]
        raise BatteryError(
            "not_a_date", f"Column “{column}” holds {first!r}, which is no date.", "Use ISO dates."
        )
    return times
