"""Protected groups and decisions: who is in which group, and whose answer was favourable."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from validation.battery.binning import is_number
from validation.battery.case import Case
from validation.battery.errors import BatteryError
from validation.battery.result import plain_value

Bools = npt.NDArray[np.bool_]
Side = Literal["event", "non_event"]
Reference = str | dict[str, str] | None


@dataclass(frozen=True)
class Attribute:
    """One attribute (or an intersection of two): the group of each row, None where it is unknown."""

    name: str
    labels: list[str | None]

    def members(self) -> dict[str, Bools]:
        """Which rows belong to each group, groups in the order of their names."""
        array = np.array([label if label is not None else "" for label in self.labels], dtype=object)
        known = np.array([label is not None for label in self.labels])
        names = sorted({label for label in self.labels if label is not None})
        return {name: (array == name) & known for name in names}


def attributes_of(
    case: Case, wanted: list[str] | None, bands: dict[str, Any] | None, *, intersections: bool = False
) -> list[Attribute]:
    """The attributes a fairness test judges: those named, else the columns with the role group."""
    for name in [*(wanted or []), *(bands or {})]:
        if name not in case.frame.columns:
            raise BatteryError(
                "protected_attribute_missing",
                f"The data have no column “{name}”, though it is named as a protected attribute.",
                "Upload data that hold the attribute, or name another in the parameter attributes.",
            )
    names = wanted or list(dict.fromkeys([*case.all("group"), *(bands or {})]))
    if not names:
        raise BatteryError(
            "protected_attribute_missing",
            f"{case.test_id} needs a protected attribute, and no column has the role “group”.",
            "Give the attribute’s column the role “group”, or name it in the parameter attributes.",
        )
    single = [Attribute(name, _labels(name, case.frame[name], (bands or {}).get(name))) for name in names]
    if not intersections:
        return single
    return [*single, *(_cross(a, b) for a, b in combinations(single, 2))]


def _cross(a: Attribute, b: Attribute) -> Attribute:
    pairs = zip(a.labels, b.labels, strict=True)
    labels = [None if x is None or y is None else f"{x} · {y}" for x, y in pairs]
    return Attribute(f"{a.name} × {b.name}", labels)


def _labels(name: str, values: pd.Series, band: Any) -> list[str | None]:
    gone = values.isna().to_numpy()
    if band is None:
        if is_number(values) and values.nunique() > 12:
            raise BatteryError(
                "bands_missing",
                f"The protected attribute “{name}” is a number with {values.nunique()} values, and no bands are set.",
                f"Set bands for it, for example {{“{name}”: [25, 62]}}.",
            )
        return [None if g else str(plain_value(v)) for v, g in zip(values, gone, strict=True)]
    edges = sorted(float(edge) for edge in (band if isinstance(band, list) else [band]))
    if not is_number(values) or not edges:
        raise BatteryError(
            "bands_wrong",
            f"Bands are set for “{name}”, which is not a number.",
            "Set bands for numbers only.",
        )
    words = [f"< {edges[0]:g}"]
    words += [f"{low:g} to < {high:g}" for low, high in pairwise(edges)]
    words += [f"≥ {edges[-1]:g}"]
    place = np.searchsorted(edges, values.to_numpy(dtype=np.float64, na_value=np.nan), side="right")
    return [None if g else words[min(i, len(edges))] for i, g in zip(place, gone, strict=True)]


@dataclass(frozen=True)
class Decisions:
    """Whether each row's answer was favourable, which rows have one, and how it was told."""

    favourable: Bools
    known: Bools
    words: str
    by_yhat: bool


def decisions(case: Case, cutoff: float | None, favourable: str) -> Decisions:
    """Decisions from yhat (its value `favourable`), else from p or score and a cut-off."""
    column = case.find("yhat")
    if column is not None and cutoff is None:
        values = case.frame[column]
        said = np.array([str(plain_value(v)) for v in values], dtype=object)
        wanted = {favourable, f"{favourable}.0", "True" if favourable == "1" else favourable}
        yes = np.isin(said, list(wanted))
        return Decisions(yes, values.notna().to_numpy(), f"“{column}” is {favourable}", by_yhat=True)
    source = case.find("p") or case.find("score")
    if source is None or cutoff is None:
        raise BatteryError(
            "decision_missing",
            f"{case.test_id} needs decisions: a column with the role “yhat”, or p or score with a cut-off.",
            "Give the column of decisions the role “yhat”, or set the parameter cutoff.",
        )
    numbers = case.numbers(source)
    safe_is_high = case.roles[source] == "score" and case.score_means == "safety"
    yes = numbers >= cutoff if safe_is_high else numbers < cutoff
    words = f"“{source}” {'≥' if safe_is_high else '<'} {cutoff:g}"
    return Decisions(yes, ~np.isnan(numbers), words, by_yhat=False)


def reference_of(attribute: str, sizes: dict[str, int], wanted: Reference) -> str:
    """The reference group: as named, else the largest."""
    name = wanted.get(attribute) if isinstance(wanted, dict) else wanted
    if name is not None:
        if name in sizes:
            return name
        if isinstance(wanted, dict):
            raise BatteryError(
                "reference_unknown",
                f"The reference group “{name}” does not occur in “{attribute}”.",
                f"Its groups are: {', '.join(sizes)}.",
            )
    return max(sorted(sizes), key=lambda group: sizes[group])


def check_reference(found: list[dict[str, int]], wanted: Reference) -> None:
    """A reference named for all attributes must occur in one of them."""
    if isinstance(wanted, str) and not any(wanted in sizes for sizes in found):
        raise BatteryError(
            "reference_unknown",
            f"The reference group “{wanted}” does not occur.",
            f"The groups are: {', '.join(name for sizes in found for name in sizes)}.",
        )
