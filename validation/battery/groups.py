"""Protected groups and decisions: who is in which group, and whose answer was favourable."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from validation.battery.binning import Coded, Whole, coded, is_number
from validation.battery.case import Case
from validation.battery.errors import BatteryError

Bools = npt.NDArray[np.bool_]
Side = Literal["event", "non_event"]
Reference = str | dict[str, str] | None


@dataclass(frozen=True)
class Attribute:
    """One attribute (or an intersection of two): the group of each row, −1 where it is unknown.

    `groups` holds the names of the groups that occur, in order.
    """

    name: str
    groups: list[str]
    codes: Whole

    @classmethod
    def of(cls, name: str, given: Coded) -> Attribute:
        """An attribute from coded values; values of the same text are one group."""
        occur = set(np.unique(given.codes).tolist())
        groups = sorted(
            {text for code, text in enumerate(given.texts[:-1]) if text is not None and code in occur}
        )
        at = {group: i for i, group in enumerate(groups)}
        places = np.array([-1 if text is None else at.get(text, -1) for text in given.texts], dtype=np.int64)
        return cls(name, groups, places[given.codes])

    def members(self) -> dict[str, Bools]:
        """Which rows belong to each group, groups in the order of their names."""
        return {group: self.codes == i for i, group in enumerate(self.groups)}

    def cells(self, *answers: Bools, among: Bools) -> npt.NDArray[np.int64]:
        """Rows per group and combination of answers (no, yes), in one pass over the rows of `among`."""
        place = self.codes + 1
        for answer in answers:
            place = 2 * place + answer
        shape = (len(self.groups) + 1, *(2 for _ in answers))
        counts = np.bincount(place[among], minlength=int(np.prod(shape)))
        return counts.reshape(shape)[1:]


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
    single = [Attribute.of(name, _labels(name, case.frame[name], (bands or {}).get(name))) for name in names]
    if not intersections:
        return single
    return [*single, *(_cross(a, b) for a, b in combinations(single, 2))]


def _cross(a: Attribute, b: Attribute) -> Attribute:
    texts: list[str | None] = [f"{x} · {y}" for x in a.groups for y in b.groups]
    both = (a.codes >= 0) & (b.codes >= 0)
    codes = np.where(both, a.codes * len(b.groups) + b.codes, -1)
    return Attribute.of(f"{a.name} × {b.name}", Coded(codes, [*texts, None]))


def _labels(name: str, values: pd.Series, band: Any) -> Coded:
    if band is None:
        if is_number(values) and values.nunique() > 12:
            raise BatteryError(
                "bands_missing",
                f"The protected attribute “{name}” is a number with {values.nunique()} values, and no bands are set.",
                f"Set bands for it, for example {{“{name}”: [25, 62]}}.",
            )
        return coded(values)
    edges = sorted(float(edge) for edge in (band if isinstance(band, list) else [band]))
    if not is_number(values) or not edges:
        raise BatteryError(
            "bands_wrong",
            f"Bands are set for “{name}”, which is not a number.",
            "Set bands for numbers only.",
        )
    words: list[str | None] = [f"< {edges[0]:g}"]
    words += [f"{low:g} to < {high:g}" for low, high in pairwise(edges)]
    words += [f"≥ {edges[-1]:g}"]
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    place = np.where(np.isnan(numbers), -1, np.searchsorted(edges, numbers, side="right"))
    return Coded(place.astype(np.int64), [*words, None])


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
        said = coded(case.frame[column])
        wanted = {favourable, f"{favourable}.0", "True" if favourable == "1" else favourable}
        yes = np.array([text in wanted for text in said.texts])[said.codes]
        return Decisions(yes, said.codes >= 0, f"“{column}” is {favourable}", by_yhat=True)
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
