"""Values in the report's words: dates, figures, limits, judgements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from mrm.kernel import numbers
from mrm.papers.content import Rating, Severity

JUDGEMENTS = {
    "fit": "fit",
    "fit_with_conditions": "fit with conditions",
    "not_fit": "not fit",
    "": "not judged",
}
PARTS = {"train": "development", "test": "test", "all": "whole"}
LIGHTS = {"not_defined": "not defined", "shown": "shown only"}
LIMITS = {
    "amber_below": "amber below {}",
    "red_below": "red below {}",
    "amber_above": "amber above {}",
    "red_above": "red above {}",
    "amber_p_below": "amber at p < {}",
    "red_p_below": "red at p < {}",
    "over_amber_p_below": "over-prediction amber at p < {}",
    "over_red_p_below": "red at p < {}",
    "air_below": "ratio below {}",
    "p_below": "and p < {}",
    "minimum_n": "in groups of {} or more",
}


def day(value: object) -> str:
    """A date: `24 Nov 2026`; a word for none."""
    if isinstance(value, str) and value:
        value = date.fromisoformat(value[:10])
    return f"{value:%-d\u00a0%b\u00a0%Y}" if isinstance(value, date) else "none"


def moment(value: datetime, zone: str) -> str:
    """A moment in the paper's zone, with the zone named."""
    local = value.astimezone(ZoneInfo(zone))
    return f"{local:%-d %b %Y, %H:%M:%S} {local.tzname()}"


def interval(pair: Any) -> str:
    """An interval, or a dash where the method gives none."""
    if not pair or not all(numbers.known(item) for item in pair):
        return "–"
    return f"{numbers.figure(pair[0])} to {numbers.figure(pair[1])}"


def p_value(value: object) -> str:
    """A p-value, or a dash where nothing was tested."""
    return numbers.p_value(value) if numbers.known(value) else "–"


def bare(value: object) -> str:
    """A limit as the policy states it: `.05`, `30`."""
    text = numbers.plain(value)
    return text[1:] if text.startswith("0.") else text


def limits(found: Mapping[str, Any]) -> str:
    """The limits of a policy in words."""
    said = [LIMITS[name].format(bare(found[name])) for name in LIMITS if name in found]
    said += [f"{name.replace('_', ' ')} {bare(value)}" for name, value in found.items() if name not in LIMITS]
    return ", ".join(said) or "none: shown, not judged"


def light(value: str) -> str:
    """A light of the policy in words."""
    return LIGHTS.get(value, value)


def part(value: str) -> str:
    """A sample in words."""
    return PARTS.get(value, value)


def sentence(text: str) -> str:
    """A text with a capital and a full stop."""
    text = text.strip()
    if not text:
        return ""
    text = text[0].upper() + text[1:]
    return text if text.endswith((".", "?", "!", ":")) else text + "."


def listed(names: Iterable[str], nothing: str = "none") -> str:
    """Names in a row: `a, b and c`."""
    rows = list(names)
    if len(rows) < 2:
        return rows[0] if rows else nothing
    return f"{', '.join(rows[:-1])} and {rows[-1]}"


def role(value: str) -> str:
    """A role in words."""
    return value.replace("_", " ")


def rating(value: str) -> Rating:
    """A stored rating as papers hold it."""
    steps: dict[str, Rating] = {"1": 1, "2": 2, "3": 3, "4": 4}
    return steps.get(value, "not_concluded")


def severity(value: str) -> Severity:
    """A stored severity as papers hold it."""
    known: dict[str, Severity] = {"critical": "critical", "high": "high", "medium": "medium", "low": "low"}
    return known[value]


def count(number: int, one: str, many: str = "") -> str:
    """A count with its noun."""
    return f"{numbers.plain(number)} {one if number == 1 else many or one + 's'}"


STEP = {"critical": "4", "high": "3", "medium": "2", "low": "1"}


def by_severity(findings: Iterable[Mapping[str, Any]]) -> str:
    """The step that the gravest of some findings stands for."""
    return max((STEP[row["severity"]] for row in findings), default="1")
