"""Quality rules of a dataset: what every snapshot must hold, judged on its typed rows.

Pure: rules and a table in, verdicts out. A rule that blocks keeps a snapshot from being released; one that warns is
told on its page. Patterns are RE2's, whose time grows with the text alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict

from mrm.kernel.errors import BadInput, declare
from registry.data.logical import logical_type, spelled
from registry.data.rules import NUMBERS

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal[
    "not_null", "unique", "range", "allowed", "pattern", "compare", "refers", "rows", "fresh", "period"
]
Severity = Literal["block", "warn"]
MOST_RULES = 100
TIMES = frozenset({"date", "timestamp"})

declare("quality_rule", "a quality rule names no column, an unknown kind, or limits that do not fit its kind")
declare("schema_drift", "a column that roles or quality rules name is gone from a new snapshot")


class QualityRule(TypedDict):
    """One rule. Which fields it needs depends on its kind.

    `not_null` column, most (share that may be missing) · `unique` columns together · `range` column, least, most ·
    `allowed` column, values · `pattern` column, pattern · `compare` column relation other · `refers` column's values
    occur in other · `rows` least, most · `fresh` column, days · `period` column lies in the snapshot's period
    """

    kind: Kind
    severity: Severity
    columns: NotRequired[list[str]]
    other: NotRequired[str]
    relation: NotRequired[Literal["<=", ">=", "!=", "<", ">", "="]]
    least: NotRequired[float | None]
    most: NotRequired[float | None]
    values: NotRequired[list[str]]
    pattern: NotRequired[str]
    days: NotRequired[int]


class Verdict(TypedDict):
    """What became of a rule: `met` is None where it could not apply, as its column was left out on purpose."""

    rule: dict[str, Any]
    met: bool | None
    failing: int
    said: str


def checked_rules(rules: Sequence[QualityRule]) -> list[dict[str, Any]]:
    """The rules as they are kept, each with the fields of its kind; else the sentence why not."""
    if len(rules) > MOST_RULES:
        raise _wrong(f"{len(rules)} rules were given; a dataset may have {MOST_RULES}.")
    return [_checked(rule, place) for place, rule in enumerate(rules, 1)]


def _checked(rule: QualityRule, place: int) -> dict[str, Any]:
    needs: dict[str, tuple[str, ...]] = {
        "not_null": ("columns",), "unique": ("columns",), "range": ("columns",), "allowed": ("columns", "values"),
        "pattern": ("columns", "pattern"), "compare": ("columns", "other", "relation"), "refers": ("columns", "other"),
        "rows": (), "fresh": ("columns", "days"), "period": ("columns",),
    }  # fmt: skip
    kind = rule["kind"]
    kept: dict[str, Any] = {name: value for name, value in rule.items() if value not in (None, "", [])}
    kept["columns"] = [name.strip() for name in rule.get("columns", []) if name.strip()]
    if lacking := [name for name in needs[kind] if not kept.get(name)]:
        raise _wrong(f"Rule {place} ({kind}) lacks {', '.join(lacking)}.")
    if kind != "unique" and len(kept["columns"]) > 1:
        raise _wrong(f"Rule {place} ({kind}) takes one column; write one rule for each.")
    if kind in {"range", "rows"} and kept.get("least") is None and kept.get("most") is None:
        raise _wrong(f"Rule {place} ({kind}) needs a least or a most.")
    if kind == "pattern":
        _check_pattern(kept["pattern"], place)
    return kept


def _check_pattern(pattern: str, place: int) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as trouble:
        raise _wrong(f"Rule {place}: “{pattern}” is not a pattern of RE2.") from trouble


def _wrong(why: str) -> BadInput:
    return BadInput(
        "quality_rule", why, "Correct the rule; the README's reference lists what each kind needs."
    )


def in_words(rule: Mapping[str, Any]) -> str:
    """A rule as people read it."""
    kind, names = rule["kind"], " with ".join(rule.get("columns", []))
    if kind == "not_null":
        most = rule.get("most", 0.0)
        return f"{names} is missing in at most {most:.1%} of rows" if most else f"{names} is never missing"
    if kind == "unique":
        return f"{names} never repeat{'s' if len(rule['columns']) == 1 else ''}"
    if kind == "compare":
        return f"{names} {rule['relation']} {rule['other']} in every row"
    said = {
        "range": lambda: f"{names} is {span(rule.get('least'), rule.get('most'))}",
        "allowed": lambda: f"{names} is one of {', '.join(rule['values'])}",
        "pattern": lambda: f"{names} follows {rule['pattern']}",
        "refers": lambda: f"every {names} occurs in {rule['other']}",
        "rows": lambda: f"the snapshot has {span(rule.get('least'), rule.get('most'))} rows",
        "fresh": lambda: f"the newest {names} is at most {rule['days']} days old",
        "period": lambda: f"{names} lies in the snapshot's period",
    }
    return said[kind]()


def named_columns(rules: Sequence[Mapping[str, Any]]) -> set[str]:
    """Every column that a rule names."""
    return {name for rule in rules for name in [*rule.get("columns", []), rule.get("other", "")] if name}


def judge(
    rules: Sequence[Mapping[str, Any]],
    table: pa.Table,
    *,
    today: date,
    period: tuple[date | None, date | None],
    gone: Sequence[str] = (),
) -> list[Verdict]:
    """Each rule's verdict on a table in logical types."""
    found: list[Verdict] = []
    for rule in rules:
        lacking = sorted(named_columns([rule]) - set(table.column_names))
        if lacking:
            on_purpose = set(lacking) <= set(gone)
            said = f"Column {', '.join(lacking)} is {'left out on purpose' if on_purpose else 'gone'}."
            found.append(_verdict(rule, None if on_purpose else False, 0, said))
            continue
        failing, said = JUDGES[rule["kind"]](rule, table, (today, period))
        found.append(_verdict(rule, failing == 0, failing, said))
    return found


def _verdict(rule: Mapping[str, Any], met: bool | None, failing: int, said: str) -> Verdict:
    return {"rule": dict(rule), "met": met, "failing": failing, "said": said}


Context = tuple[date, tuple[date | None, date | None]]
Judge = Callable[[Mapping[str, Any], Any, Context], tuple[int, str]]


def _not_null(rule: Mapping[str, Any], table: Any, context: Context) -> tuple[int, str]:
    del context
    name, most = rule["columns"][0], rule.get("most", 0.0)
    missing, total = table.column(name).null_count, table.num_rows
    said = f"“{name}” is missing in {missing:,} of {total:,} rows"
    allowed = f"; at most {most:.1%} may be." if most else "."
    return (missing if missing > most * total else 0), said + allowed


def _unique(rule: Mapping[str, Any], table: Any, context: Context) -> tuple[int, str]:
    del context
    names = rule["columns"]
    counted = table.group_by(names).aggregate([])
    twice = table.num_rows - counted.num_rows
    words = " with ".join(f"“{name}”" for name in names)
    return (
        twice,
        f"{words} {'repeats' if len(names) == 1 else 'repeat'} in {twice:,} of {table.num_rows:,} rows.",
    )


def _range(rule: Mapping[str, Any], table: Any, context: Context) -> tuple[int, str]:
    import pyarrow as pa
    import pyarrow.compute as pc

    del context
    name, least, most = rule["columns"][0], rule.get("least"), rule.get("most")
    column = table.column(name).drop_null()
    if logical_type(column.type) not in NUMBERS:
        return table.num_rows, f"“{name}” is {logical_type(column.type)}; a range needs numbers."
    numbers = column.cast(pa.float64())
    outside = _count(pc.less(numbers, least)) if least is not None else 0
    outside += _count(pc.greater(numbers, most)) if most is not None else 0
    return outside, f"“{name}” lies outside {span(least, most)} in {outside:,} of {table.num_rows:,} rows."


def _allowed(rule: Mapping[str, Any], table: Any, context: Context) -> tuple[int, str]:
    import pyarrow.compute as pc

    del context
    name, values = rule["columns"][0], set(rule["values"])
    counted = pc.value_counts(table.column(name).drop_null()).to_pylist()
    strange = {spelled(item["values"]): item["counts"] for item in counted}
    strange = {value: n for value, n in strange.items() if value not in values}
    failing = sum(strange.values())
    shown = ", ".join(sorted(strange)[:5]) + (" …" if len(strange) > 5 else "")
    said = f"“{name}” has values that are not allowed in {failing:,} of {table.num_rows:,} rows"
    return failing, f"{said}: {shown}." if strange else f"{said}."


def _pattern(rule: Mapping[str, Any], table: Any, context: Context) -> tuple[int, str]:
    import pyarrow as pa
    import pyarrow.compute as pc

    del context
    name, pattern = rule["columns"][0], rule["pattern"]
    column = table.column(name).drop_null().cast(pa.string())
    failing = len(column) - _count(pc.match_substring_regex(column, f"^(?:{pattern})$"))
    return (
        failing,
        f"“{name}” does not follow the pattern {pattern} in {failing:,} of {table.num_rows:,} rows.",
    )


def _compare(rule: Mapping[str, Any], table: Any, context: Context) -> tuple[int, str]:
    import pyarrow as pa
    import pyarrow.compute as pc

    del context
    name, other, relation = rule["columns"][0], rule["other"], rule["relation"]
    functions = {
        "<": pc.less, "<=": pc.less_equal, "=": pc.equal, "!=": pc.not_equal, ">=": pc.greater_equal, ">": pc.greater,
    }  # fmt: skip
    try:
        holds = functions[relation](table.column(name), table.column(other))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return table.num_rows, f"“{name}” and “{other}” are of types that cannot be compared."
    failing = _count(pc.invert(holds))
    return failing, f"“{name}” {relation} “{other}” does not hold in {failing:,} of {table.num_rows:,} rows."


def _refers(rule: Mapping[str, Any], table: Any, context: Context) -> tuple[int, str]:
    import pyarrow as pa
    import pyarrow.compute as pc

    del context
    name, other = rule["columns"][0], rule["other"]
    column = table.column(name).drop_null()
    try:
        failing = len(column) - _count(pc.is_in(column, value_set=table.column(other).combine_chunks()))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError):
        return table.num_rows, f"“{name}” and “{other}” are of types that cannot be compared."
    return (
        failing,
        f"“{name}” holds values that “{other}” does not have in {failing:,} of {table.num_rows:,} rows.",
    )


def _rows(rule: Mapping[str, Any], table: Any, context: Context) -> tuple[int, str]:
    del context
    least, most, n = rule.get("least"), rule.get("most"), table.num_rows
    inside = (least is None or n >= least) and (most is None or n <= most)
    return (0 if inside else max(n, 1)), f"The snapshot has {n:,} rows; expected are {span(least, most)}."


def _fresh(rule: Mapping[str, Any], table: Any, context: Context) -> tuple[int, str]:
    import pyarrow.compute as pc

    name, days, today = rule["columns"][0], rule["days"], context[0]
    column = table.column(name).drop_null()
    if logical_type(column.type) not in TIMES:
        return table.num_rows, f"“{name}” is {logical_type(column.type)}; freshness needs dates."
    newest = day_of(pc.max(column).as_py()) if len(column) else None
    if newest is None:
        return table.num_rows, f"“{name}” has no date at all."
    late = newest < today - timedelta(days=days)
    said = (
        f"The newest “{name}” is {newest:%-d %B %Y}; it may be at most {days} days before {today:%-d %B %Y}."
    )
    return (1 if late else 0), said


def _period(rule: Mapping[str, Any], table: Any, context: Context) -> tuple[int, str]:
    import pyarrow as pa
    import pyarrow.compute as pc

    name, (first, last) = rule["columns"][0], context[1]
    column = table.column(name).drop_null()
    if logical_type(column.type) not in TIMES:
        return table.num_rows, f"“{name}” is {logical_type(column.type)}; a period needs dates."
    if first is None and last is None:
        return table.num_rows, "The snapshot declares no period, so nothing says what its dates may be."
    days = column.cast(pa.date32(), safe=False)
    outside = _count(pc.less(days, first)) if first else 0
    outside += _count(pc.greater(days, last)) if last else 0
    return outside, f"“{name}” lies outside the declared period in {outside:,} of {table.num_rows:,} rows."


JUDGES: dict[str, Judge] = {
    "not_null": _not_null, "unique": _unique, "range": _range, "allowed": _allowed, "pattern": _pattern,
    "compare": _compare, "refers": _refers, "rows": _rows, "fresh": _fresh, "period": _period,
}  # fmt: skip


def _count(flags: Any) -> int:
    import pyarrow.compute as pc

    return int(pc.sum(flags).as_py() or 0)


def day_of(value: date) -> date:
    """The day of a date or of a moment in UTC."""
    return value.date() if isinstance(value, datetime) else value


def span(least: float | None, most: float | None) -> str:
    """Limits in words: `18 to 100`, `at least 18`, `at most 100`."""
    if least is not None and most is not None:
        return f"{least:,.12g} to {most:,.12g}"
    return f"at least {least:,.12g}" if least is not None else f"at most {most or 0:,.12g}"


def drift(against: str, before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, Any]:
    """How the columns (name → type) differ from those of the snapshot `against`, with the sentence; {} if not at all."""
    gone = [name for name in before if name not in now]
    new = [name for name in now if name not in before]
    changed = [
        {"name": name, "was": before[name], "is": now[name]}
        for name in before
        if name in now and now[name] != before[name]
    ]
    if not (gone or new or changed):
        return {}
    parts = [
        _names(gone, "gone"),
        _names(new, "new"),
        *(f"{item['name']} was {item['was']} and is {item['is']}" for item in changed),
    ]
    said = f"Against {against}: {'; '.join(part for part in parts if part)}."
    return {"against": against, "gone": gone, "new": new, "changed": changed, "said": said}


def _names(names: Sequence[str], what: str) -> str:
    if not names:
        return ""
    shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    return f"{'column' if len(names) == 1 else 'columns'} {shown} {'is' if len(names) == 1 else 'are'} {what}"
