"""The view a test has of its data: columns by role, the rows that can be used, and why others cannot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from validation.battery.binning import coded
from validation.battery.errors import BatteryError, missing_column
from validation.battery.explainable import Explainable
from validation.battery.result import Result, judge, plain_value

Floats = npt.NDArray[np.float64]
Progress = Callable[[int, int, str], None]

ROLES = (
    "key",
    "y",
    "p",
    "score",
    "grade",
    "yhat",
    "weight",
    "exposure",
    "date",
    "segment",
    "group",
    "feature",
)
SHAPES = ("n", "d", "pd", "p1", "p2", "bin", "expected", "actual", "favourable")


@dataclass(frozen=True)
class Scored:
    """Rows that can be used: y as 0 and 1, `value` ordered so that more means more risk, p where there is one."""

    y: Floats
    value: Floats
    p: Floats | None
    index: npt.NDArray[np.int64]
    sample: dict[str, Any]
    what: str

    @property
    def single_class(self) -> str:
        """Why nothing can be ranked, or empty."""
        events = int(self.y.sum())
        if len(self.y) == 0:
            return "no row has both an outcome and a prediction"
        if events in (0, len(self.y)):
            return f"all {len(self.y)} outcomes are the same, so events and non-events cannot be compared"
        return ""


@dataclass(frozen=True)
class Case:
    """One run of one test: the frame, what its columns are, the limits, the model and the reference sample."""

    test_id: str
    frame: pd.DataFrame
    roles: dict[str, str]
    thresholds: dict[str, float]
    model: Explainable | None
    reference: pd.DataFrame | None
    progress: Progress | None
    event: Any
    score_means: str

    @classmethod
    def of(cls, *, frame: pd.DataFrame, roles: dict[str, str] | None, **rest: Any) -> Case:
        """A case whose roles are complete: columns of a table shape have their own name as role."""
        known = {*ROLES, *SHAPES}
        if roles is None:
            roles = {str(column): str(column) for column in frame.columns if column in known}
        else:
            roles = {
                **{str(c): str(c) for c in frame.columns if c in SHAPES and c not in roles},
                **roles,
            }
        for column in roles:
            if column not in frame.columns:
                raise BatteryError(
                    "column_missing",
                    f"The data have no column “{column}”, though a role is declared for it.",
                    "Upload data with that column, or correct the roles.",
                )
        if rest["score_means"] not in ("risk", "safety"):
            raise BatteryError(
                "parameter_wrong",
                f"score_means is “{rest['score_means']}”.",
                "Say “risk” when a higher score means more risk, or “safety”.",
            )
        return cls(frame=frame, roles=roles, **rest)

    # -- columns

    def find(self, role: str) -> str | None:
        """The column with this role, the first one in the file's order."""
        return next((str(c) for c in self.frame.columns if self.roles.get(str(c)) == role), None)

    def all(self, role: str) -> list[str]:
        """Every column with this role, in the file's order."""
        return [str(c) for c in self.frame.columns if self.roles.get(str(c)) == role]

    def need(self, role: str) -> str:
        """The column with this role, or the refusal that names it."""
        column = self.find(role)
        if column is None:
            raise missing_column(self.test_id, role)
        return column

    def has(self, *roles: str) -> bool:
        """Whether every one of the roles has a column."""
        return all(self.find(role) is not None for role in roles)

    def check_needs(self, needs: tuple[str, ...], *, needs_model: bool) -> None:
        """Refuse data that lack a role the test cannot do without (`a|b`: either; `a+b`: both)."""
        for need in needs:
            ways = [way.split("+") for way in need.split("|")]
            if not any(self.has(*way) for way in ways):
                raise missing_column(self.test_id, "” or “".join(" and ".join(way) for way in ways))
        if needs_model and self.model is None:
            raise BatteryError(
                "model_missing",
                f"{self.test_id} asks the model for predictions, and no model was given.",
                "Run it on a version whose artefact is held.",
            )

    def numbers(self, column: str) -> Floats:
        """A column as float64, NaN where nothing is; text is refused."""
        values = pd.to_numeric(self.frame[column], errors="coerce")
        bad = values.isna() & self.frame[column].notna()
        if bool(bad.any()):
            first = self.frame[column][bad].iloc[0]
            raise BatteryError(
                "not_a_number",
                f"Column “{column}” holds {first!r} where {self.test_id} needs a number.",
                "Correct the value or give the column another role.",
            )
        array: Floats = values.to_numpy(dtype=np.float64, na_value=np.nan)
        return array

    def outcome(self, column: str | None = None) -> Floats:
        """The outcome as 1 (event), 0 and NaN (unknown). Two values are needed, and which one is the event."""
        name = column or self.need("y")
        values = self.frame[name]
        kinds = sorted({plain_value(v) for v in values.dropna().unique()}, key=str)
        if len(kinds) > 2:
            raise BatteryError(
                "target_not_binary",
                f"The target column “{name}” has {len(kinds)} different values ({', '.join(map(str, kinds[:5]))}"
                f"{', …' if len(kinds) > 5 else ''}); a binary outcome has two.",
                "Choose the outcome column, or recode it to two values.",
            )
        event = self._event(name, kinds)
        given = coded(values)
        side = [np.nan if text is None else float(text == event) for text in given.texts]
        result: Floats = np.array(side)[given.codes]
        return result

    def _event(self, name: str, kinds: list[Any]) -> str:
        texts = {_text(kind): str(kind) for kind in kinds}
        if self.event is not None:
            wanted = _text(plain_value(self.event))
            if len(kinds) == 2 and wanted not in texts:
                raise BatteryError(
                    "event_not_in_target",
                    f"The event value {self.event!r} does not occur in the target column “{name}”.",
                    f"Its values are {' and '.join(texts)}.",
                )
            return texts.get(wanted, wanted)
        if not set(texts) <= {"0", "1"}:
            raise BatteryError(
                "event_not_declared",
                f"The target column “{name}” holds {' and '.join(texts)}; which of them is the event is not said.",
                "Declare the event value of the outcome (for German credit: 2).",
            )
        return texts.get("1", "1")

    # -- samples

    def sample(self, used: int, *exclusions: tuple[str, int], given: int | None = None) -> dict[str, Any]:
        """The sample definition: rows given, rows used, and why the others were not."""
        out = [{"reason": reason, "n": int(n)} for reason, n in exclusions if n]
        return {"m": int(len(self.frame) if given is None else given), "n": int(used), "exclusions": out}

    def scored(self, prefer: str = "p") -> Scored:
        """Obligor rows (y with p or score), or grade rows (n, d, pd) spread over their obligors."""
        if self.has("n", "d", "pd"):
            return self._from_grades()
        y = self.outcome()
        column = self.find(prefer) or self.find("p") or self.need("score")
        value = self.numbers(column)
        is_p = self.roles[column] == "p"
        no_y, no_value = np.isnan(y), np.isnan(value)
        used = ~(no_y | no_value)
        if is_p:
            _check_probability(column, value[used])
        risk = value if is_p or self.score_means == "risk" else -value
        sample = self.sample(
            int(used.sum()),
            ("outcome unknown", int(no_y.sum())),
            (f"no value in “{column}”", int((no_value & ~no_y).sum())),
        )
        index: npt.NDArray[np.int64] = np.flatnonzero(used).astype(np.int64)
        return Scored(y[used], risk[used], value[used] if is_p else None, index, sample, column)

    def _from_grades(self) -> Scored:
        n, d, p = self.grade_counts()
        who = np.repeat(np.arange(len(n)), n)
        y = np.concatenate([np.r_[np.ones(k), np.zeros(m - k)] for k, m in zip(d, n, strict=True)] or [[]])
        sample = self.sample(int(n.sum()), given=int(n.sum()))
        return Scored(y.astype(np.float64), p[who], p[who], who.astype(np.int64), sample, "pd")

    def grade_counts(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats]:
        """Grade rows as counts of obligors and defaults, and the PD of each grade."""
        n = self.numbers(self.need("n"))
        d = self.numbers(self.need("d"))
        p = self.numbers(self.need("pd"))
        if np.isnan(n).any() or np.isnan(d).any() or np.isnan(p).any():
            raise BatteryError("grade_row_incomplete", "A grade row lacks n, d or pd.", "Complete the row.")
        if (n < 0).any() or (d < 0).any() or (d > n).any() or (n % 1 != 0).any() or (d % 1 != 0).any():
            raise BatteryError(
                "grade_counts_wrong",
                "A grade has a count that is not whole, or more defaults than obligors.",
                "n and d are whole numbers with 0 ≤ d ≤ n.",
            )
        _check_probability("pd", p)
        return n.astype(np.int64), d.astype(np.int64), p

    def features(self, given: list[str] | None = None) -> list[str]:
        """The feature columns asked for, or all with the role; a name that is not there is refused."""
        for name in given or []:
            if name not in self.frame.columns:
                raise BatteryError(
                    "column_missing", f"The data have no column “{name}”.", "Correct the name of the column."
                )
        return list(given) if given else self.all("feature")

    def tick(self, done: int, total: int, text: str) -> None:
        """Tell how far the test is, where someone listens."""
        if self.progress is not None:
            self.progress(done, total, text)

    # -- answers

    def undefined(self, reason: str, **more: Any) -> Result:
        """A result that does not exist, with the sentence that says why."""
        return Result(id=self.test_id, defined=False, reason=reason, **more)

    def result(self, **values: Any) -> Result:
        """A result that exists, judged by statistic and p-value unless the test brings its own light."""
        if "light" not in values:
            values["light"] = judge(values.get("statistic"), values.get("p_value"), self.thresholds)
        return Result(id=self.test_id, defined=True, **values)


def _check_probability(column: str, values: Floats) -> None:
    if len(values) and (values.min() < 0 or values.max() > 1):
        raise BatteryError(
            "not_a_probability",
            f"Column “{column}” holds values outside 0 and 1, so they are not probabilities.",
            "Give the column the role “score”, or correct it.",
        )


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value)
