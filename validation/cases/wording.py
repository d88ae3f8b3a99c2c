"""Results in words: titles, and the facts that rules of findings may name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mrm.kernel import numbers
from validation.cases.models import Validation
from validation.cases.rules import Sample

SHOWN = 6


def facts(outcome: Mapping[str, Any], validation: Validation) -> dict[str, str]:
    """What a rule of findings may name in braces."""
    results = outcome["content"]["results"]
    return {
        "model": validation.model.name,
        "version": str(validation.version.number),
        "test": outcome["test"],
        "column": outcome["column"] or ", ".join(red_columns(results)),
        "sample": Sample(outcome["part"]).label,
        "statistic": numbers.stat(results["statistic"])
        if results["statistic"] is not None
        else "not defined",
        "p_value": numbers.p_value(results["p_value"]) if results["p_value"] is not None else "none",
        "light": outcome["light"],
        "reason": results["reason"],
        "detail": detail(outcome["test"], results),
    }


def red_columns(results: Mapping[str, Any]) -> list[str]:
    """The columns whose row is red, each once."""
    found = [str(row.get("column", "")) for row in results["rows"] if row.get("light") == "red"]
    return list(dict.fromkeys(filter(None, found)))


def detail(test_id: str, results: Mapping[str, Any]) -> str:
    """One or two sentences: what was seen, in figures."""
    if not results["defined"]:
        return sentence(results["reason"])
    own = DETAILS.get(test_id)
    if own is not None and (text := own(results)):
        return text
    seen = results["charts"][0]["title"] if results["charts"] else ""
    return " ".join(filter(None, [sentence(seen), figures(results)]))


def figures(results: Mapping[str, Any]) -> str:
    """The statistic with its interval, its p-value and the size of the sample."""
    if results["statistic"] is None:
        return ""
    value = results["statistic"]
    whole = float(value).is_integer() and abs(value) > 1
    text = f"The statistic is {numbers.plain(int(value)) if whole else numbers.stat(value)}"
    if results["ci"]:
        low, high = results["ci"]
        text += f", interval {numbers.stat(low)} to {numbers.stat(high)}"
    if results["p_value"] is not None:
        text += f", p {numbers.p_value(results['p_value'])}"
    n = results["sample"].get("n")
    return text + (f", n {numbers.plain(n)}." if n is not None else ".")


def _air(results: Mapping[str, Any]) -> str:
    lines = []
    for row in results["rows"]:
        if row.get("light") != "red" or row["air"] is None:
            continue
        lines.append(
            f"{row['group']} are answered favourably at {numbers.stat(row['air'])} of the rate of {row['reference']} "
            f"(interval {numbers.stat(row['ci_low'])} to {numbers.stat(row['ci_high'])}, "
            f"Fisher's p {numbers.p_value(row['p_fisher'])}, n {numbers.plain(row['n'])}; parity would have added "
            f"{numbers.plain(row['shortfall'], 1)} favourable answers)."
        )
    return " ".join(lines)


def _labels(results: Mapping[str, Any]) -> str:
    wrong = [row for row in results["rows"] if row.get("light") in ("red", "amber") or row.get("differs")]
    columns = list(dict.fromkeys(str(row.get("column", "")) for row in wrong))
    if not wrong or not any(columns):
        return ""
    named = ", ".join(columns[:SHOWN]) + (" and more" if len(columns) > SHOWN else "")
    return f"{len(wrong)} codes of {named} are declared with another meaning than the reference table gives."


DETAILS: dict[str, Callable[[Mapping[str, Any]], str]] = {"fair.air": _air, "dq.labels": _labels}


def sentence(text: str) -> str:
    """A text with a capital and a full stop."""
    text = text.strip()
    if not text:
        return ""
    text = text[0].upper() + text[1:]
    return text if text.endswith((".", "?", "!")) else text + "."


def title_of(spec_title: str, column: str, part: str) -> str:
    """The title of evidence: the test, its attribute, its sample."""
    return f"{spec_title}, {column}" if column else f"{spec_title}, {Sample(part).label} sample"
