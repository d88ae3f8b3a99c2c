"""Which SQL may be asked: exactly one SELECT over named tables, judged by its syntax tree before any engine sees it.

What runs is written again from the tree that was judged, never the text as it came, so that no difference between our
parser and the engine's can hide a second statement. Functions are allowed by name, not forbidden by name: what the
parser does not know is refused unless it is listed here. The engine's own guards come on top (offline.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mrm.kernel.canonical import sha256
from mrm.kernel.errors import BadInput, declare

if TYPE_CHECKING:
    from sqlglot import exp

LONGEST = 100_000
# Functions the parser has no class for, which compute on values alone.
PLAIN_FUNCTIONS = frozenset(
    [
        "now",
        "isfinite",
        "isinf",
        "strlen",
        "mode",
        "mad",
        "age",
        "epoch",
        "epoch_ms",
        "make_date",
        "make_timestamp",
        "to_timestamp",
        "even",
        "gcd",
        "lcm",
        "list_sum",
        "list_avg",
        "regexp_matches",
        "regexp_full_match",
        "string_agg",
        "width_bucket",
        "btrim",
        "date_part",
        "datesub",
        "datediff",
        "cardinality",
        "num_nulls",
        "num_nonnulls",
        "count_if",
        "favg",
        "fsum",
        "kahan_sum",
        "product",
        "bar",
    ]
)
# Functions the parser knows that read files, the network, or the session.
REACHING = frozenset(
    [
        "AIAgg",
        "AIClassify",
        "AIEmbed",
        "AIForecast",
        "AIGenerate",
        "AISimilarity",
        "AISummarizeAgg",
        "CurrentAvailableRoles",
        "CurrentOrganizationUser",
        "CurrentSession",
        "CurrentUser",
        "CurrentUserId",
        "CurrentVersion",
        "GenerateTable",
        "NetFunc",
        "NextValueFor",
        "OpenJSON",
        "ReadCSV",
        "ReadParquet",
        "SessionUser",
        "ToFile",
        "XMLTable",
    ]
)
SYSTEM_SCHEMAS = frozenset({"information_schema", "pg_catalog", "system", "temp"})

declare("query_syntax", "the SQL of a query cannot be read")
declare(
    "query_refused", "a query is not one SELECT, or it writes, reads files or the network, or asks the system"
)


@dataclass(frozen=True)
class Query:
    """A query that may be asked.

    `text` is as it was given, `sql` as it runs, `tables` the names it reads in order of their first mention (with
    their schema, where given), `ordered` whether it says the order of its rows.
    """

    text: str
    sql: str
    tables: tuple[str, ...]
    ordered: bool

    @property
    def digest(self) -> str:
        """Of the text as it was given."""
        return sha256(self.text.encode())


def checked(text: str, *, dialect: str, most: int | None = None) -> Query:
    """The query, if it may be asked; `most` ends it after that many rows. Else the sentence why not."""
    tree = _one_select(text, dialect)
    for node in tree.walk():
        _judge(node)
    tables = tuple(dict.fromkeys(_tables(tree)))
    limited = tree if most is None else _limited(tree, most)
    return Query(
        text=text, sql=limited.sql(dialect=dialect), tables=tables, ordered=bool(tree.args.get("order"))
    )


def _one_select(text: str, dialect: str) -> Any:
    import logging

    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    if not text.strip() or len(text) > LONGEST:
        raise _refused(f"A query has between 1 and {LONGEST:,} characters.")
    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # what it warns of is refused below
    try:
        statements = [tree for tree in sqlglot.parse(text, dialect=dialect) if tree is not None]
    except (SqlglotError, RecursionError) as trouble:
        said = getattr(trouble, "errors", None)
        where = (
            f" near line {said[0]['line']}, column {said[0]['col']}" if said and said[0].get("line") else ""
        )
        raise BadInput(
            "query_syntax",
            f"The SQL cannot be read{where}.",
            "Check commas, brackets and quotes; names with a hyphen stand in double quotes.",
        ) from trouble
    if len(statements) != 1:
        raise _refused(f"{len(statements) or 'No'} statements were given, where exactly one is asked.")
    if not isinstance(statements[0], exp.Query):
        raise _refused(f"{type(statements[0]).__name__.upper()} is not a SELECT.")
    return statements[0]


def _judge(node: exp.Expression) -> None:
    from sqlglot import exp

    writing = (exp.DML, exp.DDL, exp.Command, exp.Into, exp.Lock, exp.Pragma, exp.Attach, exp.Copy, exp.Set)
    if isinstance(node, writing) and not isinstance(node, exp.Query):
        raise _refused(f"It contains {type(node).__name__.upper()}, which writes, locks or commands.")
    if isinstance(node, exp.Parameter | exp.Placeholder | exp.SessionParameter):
        raise _refused("It contains a parameter, and there is nothing to put in its place.")
    if isinstance(node, exp.Anonymous):
        if node.name.lower() not in PLAIN_FUNCTIONS:
            raise _refused(f"The function {node.name} is not among those that compute on values alone.")
    elif isinstance(node, exp.Func) and type(node).__name__ in REACHING:
        raise _refused(f"The function {node.sql_name()} reads what lies outside the tables.")


def _tables(tree: Any) -> Iterator[str]:
    from sqlglot import exp

    own = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Func):  # generate_series and the like; judged as functions
            continue
        schema = table.db.lower()
        if schema in SYSTEM_SCHEMAS or table.name.lower().startswith(("pg_", "duckdb_", "sqlite_")):
            raise _refused(f"{table.name} is a table of the system, not of data.")
        if schema or table.name.lower() not in own:
            yield ".".join(part for part in (table.catalog, table.db, table.name) if part)


def _limited(tree: Any, most: int) -> Any:
    """The same rows in the same order, at most `most`: by the query's own LIMIT, so that an order is never lost."""
    from sqlglot import exp

    held = tree.args.get("limit")
    if held is None:
        return tree.limit(most)
    count: Any = held.args.get("expression") if isinstance(held, exp.Limit) else held.args.get("count")
    plain = isinstance(count, exp.Literal) and not count.is_string and str(count.this).isdigit()
    if plain and not held.args.get("limit_options"):
        return tree if int(count.this) <= most else tree.limit(most)
    raise _refused("Its LIMIT is not a plain number of rows.")


def _refused(why: str) -> BadInput:
    return BadInput(
        "query_refused",
        why,
        "Ask one SELECT (WITH is allowed) over tables, with functions that compute on values.",
    )
