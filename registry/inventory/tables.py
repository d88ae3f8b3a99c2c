"""The inventory as a table, and its counts by tier and state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest

from mrm.access.models import LegalEntity, Person
from mrm.web.tables import Choice, Column, Empty, Table
from registry.inventory import columns
from registry.inventory.models import Model
from registry.inventory.queries import search
from registry.inventory.rules import ModelClass, State

TIERS = (1, 2, 3, None)
HEADS = {
    State.CANDIDATE: "cand.",
    State.REGISTERED: "reg.",
    State.IN_DEVELOPMENT: "devel.",
    State.IN_VALIDATION: "valid.",
    State.APPROVED: "appr.",
    State.IN_USE: "in use",
    State.RUN_OFF: "run-off",
    State.DECOMMISSIONED: "decom.",
}
STEPS = (1, 2, 3, 5)


def by_tier(rows: QuerySet[Model], value: str) -> QuerySet[Model]:
    """Models of a tier, or without one."""
    return rows.filter(tier__isnull=True) if value == "none" else rows.filter(tier=int(value))


class ModelTable(Table):
    """Models as a reader may see them; the filters offer what those models hold."""

    caption = "Models"
    columns: ClassVar[Sequence[Column]] = (
        Column("reference", "Id", kind="id", link=lambda m: m.get_absolute_url(), sort="reference"),
        Column("name", "Name", head=True, link=lambda m: m.get_absolute_url(), sort="name"),
        Column("tier", "Tier", kind="tier", sort="tier", missing="no tier yet"),
        Column("state", "State", kind="chip", sort="state", value=lambda m: State(m.state)),
        Column("model_class", "Class", value=lambda m: m.get_model_class_display(), sort="model_class"),
        Column("method", "Method", missing="to be decided", sort="method"),
        Column(
            "owner",
            "Owner",
            value=lambda m: m.owner and m.owner.name,
            missing="nobody yet",
            sort="owner__name",
        ),
        Column(
            "developer", "Developer", value=lambda m: m.developer and m.developer.name, missing="nobody yet"
        ),
        Column("entity", "Legal entity", value=lambda m: m.entity.name, sort="entity__name"),
        Column("registered_at", "Registered", kind="day", num=True, missing="not yet", sort="registered_at"),
    )
    search = ("reference", "name")
    search_hint = "name, id, owner, method, use"
    order = "name"
    empty = Empty(
        "No models yet",
        "A model exists before any code does: a name, a purpose, an accountable owner, one use.",
        "Register a model",
        "/models/new/",
    )

    def __init__(self, rows: QuerySet[Any], request: HttpRequest | None = None) -> None:
        keys = rows.order_by().values
        owners = Person.objects.filter(pk__in=keys("owner")).order_by("name")
        homes = LegalEntity.objects.filter(pk__in=keys("entity")).order_by("name")
        self.filters = (  # type: ignore[misc] # what may be chosen depends on the rows
            Choice("tier", "Tier", [("1", "1"), ("2", "2"), ("3", "3"), ("none", "none yet")], apply=by_tier),
            Choice("state", "State", State.choices),
            Choice("class", "Class", ModelClass.choices, field="model_class"),
            Choice(
                "owner",
                "Owner",
                lambda: list(owners.values_list("reference", "name")),
                field="owner__reference",
            ),
            Choice(
                "entity",
                "Legal entity",
                lambda: list(homes.values_list("code", "name")),
                field="entity__code",
            ),
        )
        self.columns = (*type(self).columns, *columns.offered(rows))  # type: ignore[misc] # as above
        super().__init__(rows, request)

    def _find(self, rows: Any) -> Any:
        return search(rows, self.text)


@dataclass(frozen=True)
class HeatCell:
    """How many models of a tier are in a state, how dark, and where they are listed."""

    count: int
    shade: int
    url: str
    label: str


def heat_rows(counts: dict[tuple[int | None, str], int]) -> list[tuple[str, list[HeatCell]]]:
    """The rows of the heat map; the row of models without a tier only where there are any."""
    rows = []
    for tier in TIERS:
        if tier is None and not any(key[0] is None for key in counts):
            continue
        name = f"Tier {tier}" if tier else "No tier"
        rows.append((name, [_cell(counts.get((tier, state), 0), tier, state, name) for state in HEADS]))
    return rows


def _cell(count: int, tier: int | None, state: State, name: str) -> HeatCell:
    shade = sum(count >= step for step in STEPS) + (count >= 10)
    query = urlencode({"tier": tier or "none", "state": state.value})
    return HeatCell(count, shade, f"?{query}", f"{count} of {name.lower()}, {state.label}")
