"""MLflow's filter and order grammar: comparisons joined by AND. Text in, clauses out; it knows no tables.

metrics.auc > 0.8 AND params."learning rate" = '0.1' AND attributes.run_id IN ('a', 'b') AND tags.x IS NOT NULL
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mrm.kernel.errors import BadInput

LONGEST, MOST = 20_000, 100
WILDCARDS = 20
TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
    |(?P<single>'(?:[^']|'')*')
    |(?P<double>"(?:[^"]|"")*")
    |(?P<back>`[^`]+`)
    |(?P<op><=|>=|!=|<>|==|=|<|>)
    |(?P<mark>[(),])
    |(?P<word>[^\W\d][\w.\-/:]*)""",
    re.VERBOSE,
)
WORDS = {"AND", "OR", "NOT", "IN", "LIKE", "ILIKE", "RLIKE", "IS", "NULL", "ASC", "DESC"}


@dataclass(frozen=True)
class Token:
    """One token of a filter."""

    kind: str
    text: str

    @property
    def upper(self) -> str:
        """The keyword, if it is one."""
        return self.text.upper() if self.kind == "word" else ""


Value = str | float | tuple[str, ...] | None


@dataclass(frozen=True)
class Clause:
    """One comparison: `entity` is what stands before the dot, in small letters, or empty."""

    entity: str
    key: str
    operator: str
    value: Value


@dataclass(frozen=True)
class Order:
    """One key of an order."""

    entity: str
    key: str
    ascending: bool


def broken(detail: str) -> BadInput:
    """The filter cannot be read."""
    return BadInput(
        "filter_broken",
        f"Invalid filter: {detail}",
        "A filter is comparisons joined by AND, for example metrics.auc > 0.8 AND params.\"my key\" = 'x'.",
    )


def tokens(text: str) -> list[Token]:
    """The tokens of a filter, spaces left out."""
    if len(text) > LONGEST:
        raise broken(f"it has {len(text):,} characters; {LONGEST:,} are read.")
    found, at = [], 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise broken(f"'{text[at : at + 20]}' is not understood.")
        at = match.end()
        if match.lastgroup != "space":
            found.append(Token(str(match.lastgroup), match.group()))
    return found


class Reader:
    """Reads tokens one after another."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.left: Iterator[Token] = iter(tokens(text))
        self.now: Token | None = next(self.left, None)

    def take(self, what: str) -> Token:
        """The next token; an error that says what was awaited when there is none."""
        token = self.now
        if token is None:
            raise broken(f"'{self.text[-60:]}' ends where {what} should follow.")
        self.now = next(self.left, None)
        return token

    def identifier(self) -> tuple[str, str]:
        """What is compared: entity and key."""
        token = self.take("a name")
        if token.kind in {"double", "back"}:
            return "", unquoted(token)
        if token.kind != "word" or token.upper in WORDS:
            raise broken(f"a name should stand where {token.text[:40]} is.")
        entity, dot, key = token.text.partition(".")
        if dot and not key:
            follower = self.take("a key")
            if follower.kind not in {"double", "back", "single"}:
                raise broken(f"a key should follow {token.text[:40]}.")
            return entity.lower(), unquoted(follower)
        if not dot and self.now and self.now.kind in {"double", "back"}:
            raise broken(f"a comparison should follow {token.text[:40]}.")
        return (entity.lower(), key) if dot else ("", entity)

    def operator(self) -> str:
        """The comparison."""
        token = self.take("a comparison")
        if token.kind == "op":
            return {"<>": "!=", "==": "="}.get(token.text, token.text)
        if token.upper == "NOT":
            if self.take("IN").upper == "IN":
                return "NOT IN"
        elif token.upper == "IS":
            follower = self.take("NULL")
            negated = follower.upper == "NOT"
            if (self.take("NULL") if negated else follower).upper == "NULL":
                return "IS NOT NULL" if negated else "IS NULL"
        elif token.upper in {"IN", "LIKE", "ILIKE"}:
            return token.upper
        raise broken(f"'{token.text[:40]}' is no comparison.")

    def value(self, operator: str) -> Value:
        """What is compared with."""
        if operator.startswith("IS"):
            return None
        if operator.endswith("IN"):
            return self.several()
        token = self.take("a value")
        if token.kind == "number":
            return float(token.text)
        text = self.text_of(token)
        if operator.endswith("LIKE") and sum(text.count(mark) for mark in "%_") > WILDCARDS:
            raise broken(f"a pattern has more than {WILDCARDS} wildcards.")
        return text

    def several(self) -> tuple[str, ...]:
        """The values in brackets."""
        if self.take("(").text != "(":
            raise broken("IN is followed by values in brackets.")
        values = []
        while True:
            values.append(self.text_of(self.take("a value")))
            mark = self.take(")").text
            if mark == ")":
                return tuple(values)
            if mark != ",":
                raise broken("values in brackets are parted by commas.")

    @staticmethod
    def text_of(token: Token) -> str:
        """A quoted text."""
        if token.kind not in {"single", "double"}:
            raise broken(
                f"Parameter value is either not quoted or unidentified quote types used for string value {token.text[:40]}. "
                "Use either single or double quotes."
            )
        return unquoted(token)


def unquoted(token: Token) -> str:
    """The text between the quotes."""
    quote = token.text[0]
    return token.text[1:-1].replace(quote * 2, quote)


def parse(text: str) -> list[Clause]:
    """The clauses of a filter; all must hold."""
    reader, clauses = Reader(text), []
    while reader.now is not None:
        entity, key = reader.identifier()
        operator = reader.operator()
        clauses.append(Clause(entity, key, operator, reader.value(operator)))
        if reader.now is None:
            break
        joint = reader.take("AND")
        if joint.upper != "AND" or reader.now is None:
            raise broken(f"comparisons are joined by AND alone, not by '{joint.text[:40]}'.")
    if len(clauses) > MOST:
        raise broken(f"it has {len(clauses)} comparisons; {MOST} are read.")
    return clauses


def parse_order(text: str) -> Order:
    """One key of an order, with ASC or DESC after it."""
    reader = Reader(text)
    entity, key = reader.identifier()
    ascending = True
    if reader.now is not None:
        word = reader.take("ASC or DESC").upper
        if word not in {"ASC", "DESC"} or reader.now is not None:
            raise broken(f"Invalid order_by clause '{text[:60]}'.")
        ascending = word == "ASC"
    return Order(entity, key, ascending)
