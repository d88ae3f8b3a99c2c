"""Clauses of the grammar as conditions on our tables, orders as orders, and page tokens."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db.models import Case, Exists, F, Model, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.expressions import OrderBy

from mrm.access.rows import as_uuid
from mrm.kernel.errors import BadInput
from registry.mlflow.grammar import Clause, Order, broken, parse, parse_order
from registry.mlflow.models import ExperimentTag, LatestMetric, Metric, ModelFact, RunFact, RunInput
from registry.mlflow.protocol import Sent
from registry.mlflow.rules import RUN_NAME, FactKind, InputKind

NUMBERS = {"=": "exact", "!=": "exact", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
TEXTS = {"=": "exact", "!=": "exact", "LIKE": "like", "ILIKE": "ilike", "IN": "in", "NOT IN": "in"}
NEGATED = {"!=", "NOT IN"}
# The client adds `tag.… != 'true'` to every search for models, and means those without the tag as well.
PROMPT = "mlflow.prompt.is_prompt"
ENTITIES = {
    "": "attribute",
    "attr": "attribute",
    "attributes": "attribute",
    "run": "attribute",
    "metrics": "metric",
    "param": "parameter",
    "params": "parameter",
    "parameters": "parameter",
    "tags": "tag",
    "datasets": "dataset",
}


@dataclass(frozen=True)
class Attribute:
    """An attribute that can be searched: how clauses become conditions, and what it is ordered by."""

    condition: Callable[[Clause], Q]
    order: str = ""


@dataclass(frozen=True)
class Store:
    """A table of keyed values that hang on the rows that are searched."""

    model: type[Model]
    link: str
    key: str = "key"
    value: str = "value"
    facts: Mapping[str, Any] = field(default_factory=dict)
    number: bool = False

    def rows(self, key: str) -> QuerySet[Any]:
        """The values of a key, of the row that is looked at."""
        return self.model._default_manager.filter(**{self.link: OuterRef("pk"), self.key: key}, **self.facts)

    def condition(self, clause: Clause) -> Q:
        """A clause as a condition: a row that lacks the key meets none but IS NULL."""
        rows = self.rows(clause.key)
        if clause.operator in {"IS NULL", "IS NOT NULL"} and not self.number:
            return ~Q(Exists(rows)) if clause.operator == "IS NULL" else Q(Exists(rows))
        if clause.key == PROMPT and clause.operator == "!=":
            return ~Q(Exists(rows.filter(**{self.value: clause.value})))
        if self.number:
            rows = rows.filter(is_nan=False)
        return Q(Exists(rows.filter(compared(self.value, clause, number=self.number))))

    def ordered(self, key: str) -> Any:
        """The value of a key, to order by; not-a-number counts as missing."""
        rows = self.rows(key).order_by("-id")
        if self.number:
            rows = rows.annotate(known=Case(When(is_nan=False, then=F(self.value))))
        return Subquery(rows.values("known" if self.number else self.value)[:1])


@dataclass(frozen=True)
class Searchable:
    """What a search may ask of one kind of row."""

    attributes: Mapping[str, Attribute]
    stores: Mapping[str, Store]
    default: tuple[str, ...]


def compared(path: str, clause: Clause, *, number: bool) -> Q:
    """One comparison on a column."""
    if number:
        if clause.operator not in NUMBERS or not isinstance(clause.value, float):
            raise broken(f"{clause.key[:60]} is a number; '{clause.operator}' with this value does not fit.")
        met = Q(**{f"{path}__{NUMBERS[clause.operator]}": clause.value})
    else:
        wanted = tuple if clause.operator.endswith("IN") else str
        if clause.operator not in TEXTS or not isinstance(clause.value, wanted):
            raise broken(f"{clause.key[:60]} is a text; '{clause.operator}' with this value does not fit.")
        met = Q(**{f"{path}__{TEXTS[clause.operator]}": clause.value})
    return ~met if clause.operator in NEGATED else met


def text(path: str) -> Attribute:
    """An attribute that is a column of text."""
    return Attribute(lambda clause: compared(path, clause, number=False), path)


def number(path: str) -> Attribute:
    """An attribute that is a column of numbers."""
    return Attribute(lambda clause: compared(path, clause, number=True), path)


def keyed(path: str, of: Callable[[str], Any]) -> Attribute:
    """An attribute that is a key in the client's words; what is no key matches nothing."""

    def condition(clause: Clause) -> Q:
        if clause.operator not in {"=", "!=", "IN", "NOT IN"} or isinstance(clause.value, float):
            raise broken(f"{clause.key[:60]} is compared with =, !=, IN and NOT IN alone.")
        values = [clause.value] if isinstance(clause.value, str) else list(clause.value or ())
        met = Q(**{f"{path}__in": [ident for ident in map(of, values) if ident is not None]})
        return ~met if clause.operator in NEGATED else met

    return Attribute(condition, path)


def moment(path: str) -> Attribute:
    """An attribute that is a time, compared in milliseconds."""

    def condition(clause: Clause) -> Q:
        if clause.operator not in NUMBERS or not isinstance(clause.value, float):
            raise broken(f"{clause.key[:60]} is a time in milliseconds.")
        try:
            at = datetime.fromtimestamp(clause.value / 1000, UTC)
        except (ValueError, OverflowError, OSError):
            raise broken(f"{clause.value} is no time in milliseconds.") from None
        met = Q(**{f"{path}__{NUMBERS[clause.operator]}": at})
        return ~met if clause.operator in NEGATED else met

    return Attribute(condition, path)


def run_name(clause: Clause) -> Q:
    """The name of a run is a tag of it."""
    return RUN_TAGS.condition(Clause("tag", RUN_NAME, clause.operator, clause.value))


def dataset(clause: Clause) -> Q:
    """A dataset that went into a run, by name, digest or context."""
    rows = RunInput.objects.filter(run=OuterRef("pk"), kind=InputKind.DATASET)
    paths = {"name": "name", "digest": "digest", "context": "facts__tags__mlflow.data.context"}
    path = paths.get(clause.key)
    if path is None:
        raise broken(f"a dataset has name, digest and context, not {clause.key[:60]}.")
    return Q(Exists(rows.filter(compared(path, clause, number=False))))


RUN_TAGS = Store(RunFact, "run", facts={"kind": FactKind.TAG})


def ident(key: str) -> Any:
    """A client's hex key as ours."""
    return as_uuid(key.removeprefix("m-"))


RUNS = Searchable(
    attributes={
        "run_id": keyed("pk", ident),
        "run_name": Attribute(run_name),
        "run name": Attribute(run_name),
        "Run name": Attribute(run_name),
        "Run Name": Attribute(run_name),
        "status": text("status"),
        "user_id": text("user"),
        "start_time": number("start_time"),
        "created": number("start_time"),
        "Created": number("start_time"),
        "end_time": number("end_time"),
        "artifact_uri": Attribute(
            lambda clause: keyed(
                "pk", lambda uri: ident(uri.rstrip("/").split("/")[-2] if "/" in uri else "")
            ).condition(clause)
        ),
    },
    stores={
        "metric": Store(LatestMetric, "run", number=True),
        "parameter": Store(RunFact, "run", facts={"kind": FactKind.PARAM}),
        "tag": RUN_TAGS,
    },
    default=("-start_time", "id"),
)
EXPERIMENTS = Searchable(
    attributes={
        "name": text("name"),
        "experiment_id": text("reference"),
        "creation_time": moment("created_at"),
        "last_update_time": moment("changed_at"),
    },
    stores={"tag": Store(ExperimentTag, "experiment")},
    default=("-created_at", "-id"),
)
LOGGED_MODELS = Searchable(
    attributes={
        "name": text("name"),
        "model_id": keyed("pk", ident),
        "model_type": text("model_type"),
        "status": text("status"),
        "source_run_id": keyed("run", ident),
        "creation_timestamp": moment("created_at"),
        "creation_time": moment("created_at"),
        "last_updated_timestamp": moment("changed_at"),
    },
    stores={
        "metric": Store(Metric, "logged_model", number=True),
        "parameter": Store(ModelFact, "logged_model", facts={"kind": FactKind.PARAM}),
        "tag": Store(ModelFact, "logged_model", facts={"kind": FactKind.TAG}),
    },
    default=("-created_at", "-id"),
)


def matching(rows: QuerySet[Any], what: Searchable, filter_text: str) -> QuerySet[Any]:
    """The rows that meet a filter."""
    for clause in parse(filter_text):
        rows = rows.filter(_condition(what, clause))
    return rows


def _condition(what: Searchable, clause: Clause) -> Q:
    entity = ENTITIES.get(clause.entity, clause.entity)
    if entity == "attribute":
        attribute = what.attributes.get(clause.key)
        if attribute is None:
            known = ", ".join(sorted(what.attributes))
            raise broken(f"Invalid attribute key '{clause.key[:60]}' specified. Valid keys are: {known}.")
        return attribute.condition(clause)
    if entity == "dataset" and what is RUNS:
        return dataset(clause)
    store = what.stores.get(entity)
    if store is None:
        known = ", ".join(["attribute", *what.stores])
        raise broken(f"Invalid entity type '{clause.entity[:60]}'. Valid values are: {known}.")
    return store.condition(clause)


def ordered(rows: QuerySet[Any], what: Searchable, orders: Sequence[Order | str]) -> QuerySet[Any]:
    """The rows in the order that was asked for, with what is missing last, and always the same for equal keys."""
    keys: list[Any] = []
    for number_, item in enumerate(orders):
        order = parse_order(item) if isinstance(item, str) else item
        name = f"order_{number_}"
        rows = rows.annotate(**{name: _order_value(what, order)})
        keys.append(OrderBy(F(name), descending=not order.ascending, nulls_last=True))
    return rows.order_by(*keys, *what.default)


def _order_value(what: Searchable, order: Order) -> Any:
    entity = ENTITIES.get(order.entity, order.entity)
    if entity in what.stores:
        return what.stores[entity].ordered(order.key)
    if what is RUNS and order.key.lower().replace(" ", "_") == "run_name":
        return RUN_TAGS.ordered(RUN_NAME)
    attribute = what.attributes.get(order.key) if entity == "attribute" else None
    if attribute is None or not attribute.order:
        raise broken(f"Invalid order_by key '{order.key[:60]}'.")
    return F(attribute.order)


@dataclass(frozen=True)
class Page:
    """One page of a search, and the token of the next."""

    rows: list[Any]
    token: str

    def answer(self, name: str, shapes: list[dict[str, Any]]) -> dict[str, Any]:
        """The protocol's answer; the token is left out on the last page."""
        return {name: shapes, **({"next_page_token": self.token} if self.token else {})}


def page(rows: QuerySet[Any], sent: Sent, *, most: int, default: int) -> Page:
    """One page, as the call asks for it."""
    size = sent.whole("max_results", default, low=0, high=most) or default
    start = offset(sent.text("page_token"))
    found = list(rows[start : start + size + 1])
    more = len(found) > size
    return Page(found[:size], token_of(start + size) if more else "")


def token_of(start: int) -> str:
    """A page token."""
    return base64.urlsafe_b64encode(json.dumps({"offset": start}).encode()).decode()


def offset(token: str) -> int:
    """Where the page of a token begins."""
    if not token:
        return 0
    try:
        start = json.loads(base64.urlsafe_b64decode(token.encode()))["offset"]
        if not isinstance(start, int) or not 0 <= start < 10**9:
            raise ValueError
    except (ValueError, TypeError, KeyError, binascii.Error, RecursionError):
        raise BadInput(
            "page_token_broken", "Invalid page token.", "Use the token of the last answer as it is."
        ) from None
    return start
