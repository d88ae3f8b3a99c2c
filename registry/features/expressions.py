"""Expressions of feature views: SQL of one row, turned into the one Ibis expression that every engine computes.

A transformation sees one row of its source, so that what it gives was known exactly when its row was known. What
needs several rows (a sum over thirty days) belongs into the source, whose rows then say when each sum was known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from mrm.kernel.errors import BadInput

DIALECT = "duckdb"
CASTS = {
    "BIGINT": "int64", "INT": "int64", "SMALLINT": "int64", "TINYINT": "int64",
    "DOUBLE": "float64", "FLOAT": "float64", "DECIMAL": "float64",
    "TEXT": "string", "VARCHAR": "string", "CHAR": "string", "BOOLEAN": "boolean", "DATE": "date",
    "TIMESTAMP": "timestamp('UTC')", "TIMESTAMPTZ": "timestamp('UTC')",
}  # fmt: skip
PAIRS: dict[type[exp.Expression], Callable[[Any, Any], Any]] = {
    exp.Add: lambda a, b: a + b,
    exp.Sub: lambda a, b: a - b,
    exp.Mul: lambda a, b: a * b,
    exp.EQ: lambda a, b: a == b,
    exp.NEQ: lambda a, b: a != b,
    exp.GT: lambda a, b: a > b,
    exp.GTE: lambda a, b: a >= b,
    exp.LT: lambda a, b: a < b,
    exp.LTE: lambda a, b: a <= b,
    exp.And: lambda a, b: a & b,
    exp.Or: lambda a, b: a | b,
}
SINGLES: dict[type[exp.Expression], Callable[[Any], Any]] = {
    exp.Neg: lambda a: -a,
    exp.Not: lambda a: ~a,
    exp.Paren: lambda a: a,
    exp.Abs: lambda a: a.abs(),
    exp.Exp: lambda a: a.cast("float64").exp(),
    exp.Ln: lambda a: a.cast("float64").ln(),
    exp.Sqrt: lambda a: a.cast("float64").sqrt(),
    exp.Floor: lambda a: a.floor(),
    exp.Ceil: lambda a: a.ceil(),
    exp.Lower: lambda a: a.lower(),
    exp.Upper: lambda a: a.upper(),
    exp.Trim: lambda a: a.strip(),
    exp.Length: lambda a: a.length(),
    exp.Year: lambda a: a.year(),
    exp.Month: lambda a: a.month(),
    exp.Day: lambda a: a.day(),
}
OTHERS = (
    exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.Div, exp.Mod, exp.Case, exp.If, exp.Coalesce,
    exp.Nullif, exp.Cast, exp.TryCast, exp.DataType, exp.DataTypeParam, exp.In, exp.Between, exp.Is, exp.Round, exp.Greatest,
    exp.Least, exp.DPipe,
)  # fmt: skip
ALLOWED: tuple[type[exp.Expression], ...] = (*PAIRS, *SINGLES, *OTHERS)
WORDS = (
    "+ − * / %, comparisons, AND OR NOT, CASE, COALESCE, NULLIF, CAST, IN, BETWEEN, IS NULL, ABS, ROUND, FLOOR, CEIL, EXP, LN, "
    "SQRT, GREATEST, LEAST, LOWER, UPPER, TRIM, LENGTH, YEAR, MONTH, DAY"
)


def read(transform: str | Mapping[str, str], features: list[str]) -> tuple[dict[str, str], str]:
    """A transformation as one expression per feature, and the rows it keeps: a mapping, or one SELECT."""
    if not isinstance(transform, str):
        columns, where = {name: normal(text) for name, text in transform.items()}, ""
    elif len(features) == 1 and not transform.lstrip().upper().startswith("SELECT"):
        columns, where = {features[0]: normal(transform)}, ""
    else:
        columns, where = _select(transform, features)
    if unknown := sorted(set(columns) - set(features)):
        raise _refused(
            f"it computes “{unknown[0]}”, which is no feature of the view",
            f"Features: {', '.join(features)}.",
        )
    return columns, where


def _select(text: str, features: list[str]) -> tuple[dict[str, str], str]:
    tree = _parsed(text)
    if not isinstance(tree, exp.Select):
        raise _refused("it is not a SELECT", "Write SELECT expression AS feature, … FROM source.")
    parts = {name for name, part in tree.args.items() if part} - {
        "expressions",
        "from",
        "from_",
        "where",
        "kind",
        "hint",
    }
    if len(list(tree.find_all(exp.Table))) != 1 or parts or list(tree.find_all(exp.Subquery)):
        raise _refused("it uses more than one row of one source", "Join and aggregate in the source's query.")
    columns, all_others = {}, False
    for item in tree.expressions:
        if isinstance(item, exp.Star):
            all_others = True
        elif not item.alias_or_name:
            raise _refused("a selected expression has no name", "Write expression AS feature.")
        elif item.alias_or_name in features or isinstance(item, exp.Alias):
            inner = item.this if isinstance(item, exp.Alias) else item
            columns[item.alias_or_name] = normal(inner.sql(dialect=DIALECT))
        # a plain column that is no feature is the key or a time: those come with every row
    if not all_others and (missing := [name for name in features if name not in columns]):
        raise _refused(
            f"it does not select “{missing[0]}”", "Select every feature of the view under its name."
        )
    where = tree.args.get("where")
    return columns, normal(where.this.sql(dialect=DIALECT)) if where else ""


def normal(text: str) -> str:
    """An expression in one spelling, if it is of the kind that is allowed."""
    tree = _parsed(text)
    for node in tree.walk():
        if not isinstance(node, ALLOWED):
            raise _refused(
                f"“{node.sql(dialect=DIALECT)[:80]}” is not computed there", f"It may use {WORDS}."
            )
        if isinstance(node, exp.Cast) and node.to.this.name not in CASTS:
            raise _refused(
                f"“{node.sql(dialect=DIALECT)[:80]}” names no type",
                "Cast to BIGINT, DOUBLE, TEXT, BOOLEAN, DATE or TIMESTAMP.",
            )
    return str(tree.sql(dialect=DIALECT, comments=False))


def columns(text: str) -> set[str]:
    """The columns of the source that an expression reads."""
    return {node.name for node in _parsed(text).find_all(exp.Column)}


def _parsed(text: str) -> Any:
    try:
        trees = [tree for tree in sqlglot.parse(text, read=DIALECT) if tree is not None]
    except SqlglotError as trouble:
        raise _refused("it cannot be read as SQL", "Check its brackets and quotes.") from trouble
    if len(trees) != 1:
        raise _refused("it is not one expression", "Write one expression, without semicolons.")
    return trees[0]


def _refused(why: str, remedy: str) -> BadInput:
    return BadInput("expression_refused", f"The transformation cannot be used: {why}.", remedy)


class Compiler:
    """Turns expressions over `table` into Ibis, and remembers every divisor: none may be zero."""

    def __init__(self, table: Any) -> None:
        self.table = table
        self.divisors: list[Any] = []

    def compile(self, text: str) -> Any:
        """The Ibis value of an expression in its normal spelling."""
        return self._value(_parsed(text))

    def _value(self, node: exp.Expression) -> Any:
        import ibis

        kind: Any = type(node)
        if kind in PAIRS:
            return PAIRS[kind](self._value(node.this), self._value(node.expression))
        if kind in SINGLES:
            return SINGLES[kind](self._value(node.this))
        if kind is exp.Column:
            return self.table[node.name]
        if kind is exp.Literal:
            return ibis.literal(node.to_py())
        if kind is exp.Boolean:
            return ibis.literal(bool(node.this))
        if kind is exp.Null:
            return ibis.null()
        if kind in {exp.Div, exp.Mod}:
            return self._divided(node)
        return self._further(node)

    def _divided(self, node: exp.Expression) -> Any:
        above, below = self._value(node.this), self._value(node.expression)
        self.divisors.append(below)
        safe = below.nullif(0)
        return above.cast("float64") / safe if isinstance(node, exp.Div) else above % safe

    def _further(self, node: Any) -> Any:
        import ibis

        value = self._value
        if isinstance(node, exp.Cast):
            return value(node.this).cast(CASTS[node.to.this.name])
        if isinstance(node, exp.Nullif):
            return value(node.this).nullif(value(node.expression))
        if isinstance(node, exp.Case):
            return self._case(node)
        if isinstance(node, exp.Is):
            return (
                value(node.this).isnull()
                if isinstance(node.expression, exp.Null)
                else value(node.this) == value(node.expression)
            )
        if isinstance(node, exp.In):
            return value(node.this).isin([value(item) for item in node.expressions])
        if isinstance(node, exp.Between):
            return value(node.this).between(value(node.args["low"]), value(node.args["high"]))
        if isinstance(node, exp.Round):
            digits = node.args.get("decimals")
            return value(node.this).round(int(digits.name) if digits else 0)
        if isinstance(node, exp.DPipe):
            return value(node.this).cast("string") + value(node.expression).cast("string")
        gather = {exp.Coalesce: ibis.coalesce, exp.Greatest: ibis.greatest, exp.Least: ibis.least}[type(node)]
        return gather(value(node.this), *[value(item) for item in node.expressions])

    def _case(self, node: exp.Case) -> Any:
        import ibis

        subject = self._value(node.this) if node.this else None
        branches = []
        for branch in node.args["ifs"]:
            condition = self._value(branch.this)
            branches.append(
                (condition if subject is None else subject == condition, self._value(branch.args["true"]))
            )
        default = node.args.get("default")
        return ibis.cases(*branches, else_=self._value(default) if default else None)
