"""The as-of join: what was known of each row's subject at the row's moment, as one expression for every engine.

A value counts when its event had happened and it was known by then: `event <= at`, `known <= least(at, known_until)`,
and, with a ttl, `event >= at - ttl`. Of those the newest event wins, then the one that was known last, then the one
that came last. Times are whole microseconds, so that no engine's zones or rounding take part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mrm.kernel.errors import BadInput
from registry.features.expressions import Compiler
from registry.features.models import Definition
from registry.features.store import IBIS

if TYPE_CHECKING:
    import ibis.expr.types as ir

ZERO = "__zero"


@dataclass(frozen=True)
class Wanted:
    """The features of one view in a service: `columns` are (feature, name in the answer)."""

    view: Definition
    key: Definition
    source: Definition
    columns: Sequence[tuple[str, str]]

    @property
    def ttl(self) -> int | None:
        """How old an event may be, in microseconds."""
        ttl: int | None = self.view.body.get("ttl")
        return ttl


def as_of(rows: ir.Table, store: ir.Table, wanted: Wanted, *, last_seq: int, until: int | None) -> ir.Table:
    """One line per row of `rows` (`row`, `key`, `at`) for which something was known: its features, event and time known."""
    import ibis

    known = store.filter(store["__seq"] <= last_seq)
    compiler = Compiler(known)
    if "where" in wanted.view.body:
        known = known.filter(_compiled(compiler, wanted.view.body["where"], "its WHERE"))
    times = known.select(
        subject=known[wanted.key.column], event=known["__event"], known=known["__known"], seq=known["__seq"]
    )
    limit = rows["at"] if until is None else ibis.least(rows["at"], until)
    conditions = [rows["key"] == times["subject"], times["event"] <= rows["at"], times["known"] <= limit]
    if wanted.ttl:
        conditions.append(times["event"] >= rows["at"] - wanted.ttl)
    candidates = rows.join(times, conditions).select("row", "event", "known", "seq")
    newest = ibis.window(group_by="row", order_by=[ibis.desc("event"), ibis.desc("known"), ibis.desc("seq")])
    ranked = candidates.mutate(place=ibis.row_number().over(newest))
    chosen = ranked.filter(ranked["place"] == 0).select("row", "seq")
    values = features(store, wanted)
    return chosen.join(values, chosen["seq"] == values["__seq"]).drop("seq", "__seq")


def features(store: ir.Table, wanted: Wanted) -> ir.Table:
    """Every row of the source with the view's features under their names in the answer."""
    import ibis

    compiler, body = Compiler(store), wanted.view.body
    transform, types = body.get("transform", {}), body["features"]
    columns: dict[str, Any] = {}
    for feature, name in wanted.columns:
        if feature in transform:
            value = _compiled(compiler, transform[feature], f"feature “{feature}”")
        else:
            value = store[feature]
        columns[name] = value.cast(IBIS[types[feature]])
    zero = ibis.literal(False)
    for divisor in compiler.divisors:
        zero = zero | (divisor == 0).fill_null(False)
    return store.select(**columns, **{ZERO: zero}, __event=store["__event"], __seq=store["__seq"])


def _compiled(compiler: Compiler, text: str, what: str) -> Any:
    import ibis

    try:
        return compiler.compile(text)
    except (ibis.common.exceptions.IbisError, AttributeError, TypeError, ValueError) as trouble:
        said = " ".join(str(trouble).partition("\n")[0].split())[:160].rstrip(".")
        raise BadInput(
            "transform_failed",
            f"{what[0].upper()}{what[1:]} cannot be computed from the columns of its source: {said}.",
            "Check names and types of the columns in the view's transformation.",
        ) from trouble
