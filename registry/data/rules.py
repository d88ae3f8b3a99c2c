"""Words and pure decisions about snapshots: states, roles of columns, groups for disparate impact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict

from django.db.models import TextChoices

from mrm.kernel.errors import BadInput, declare
from mrm.kernel.transitions import Transitions

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
SINGLE_ROLES = frozenset(ROLES) - {"feature", "group", "segment"}
NUMBERS = frozenset({"int64", "float64", "decimal"})
LISTED_VALUES = 50


class SnapshotStatus(TextChoices):
    """Whether a snapshot may be used. A snapshot that was blocked or failed stays so: upload the mended file."""

    UPLOADED = "uploaded", "being profiled"
    RELEASED = "released", "released"
    BLOCKED = "blocked", "blocked"
    FAILED = "failed", "unreadable"


class OriginKind(TextChoices):
    """Where a snapshot comes from."""

    FILE = "file", "uploaded file"
    QUERY = "query", "query"
    OBJECT = "object", "object store"


TRANSITIONS = Transitions(
    {
        SnapshotStatus.UPLOADED: {SnapshotStatus.RELEASED, SnapshotStatus.BLOCKED, SnapshotStatus.FAILED},
        SnapshotStatus.RELEASED: set(),
        SnapshotStatus.BLOCKED: set(),
        SnapshotStatus.FAILED: set(),
    }
)

declare("target_not_binary", "the target has not exactly two values, or its event value is none of them")
declare("roles_incomplete", "the roles of columns name unknown columns or roles, or give a single role twice")
declare(
    "attribute_unusable", "a protected attribute is missing from the data, or its bands leave only one group"
)
declare(
    "snapshot_not_released", "a snapshot is used that is not released, or whose columns have no roles yet"
)
declare("codes_unreadable", "a code table lacks the columns that were named, or names a code twice")


class Banding(TypedDict):
    """How a column makes groups: `at_most` an edge (two groups), or its own codes."""

    rule: Literal["at_most", "codes"]
    edge: NotRequired[float]


class Attribute(TypedDict):
    """A protected attribute: a name, the column it comes from, its groups, and the reference group."""

    name: str
    column: str
    banding: Banding
    reference: str


@dataclass(frozen=True)
class Roles:
    """What the columns of a snapshot are."""

    columns: Mapping[str, str]
    event: str
    attributes: tuple[Attribute, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As it is kept and digested."""
        return {
            "columns": dict(self.columns),
            "event": self.event,
            "attributes": [dict(item) for item in self.attributes],
        }

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Roles:
        """From what was kept."""
        return cls(body["columns"], body["event"], tuple(body["attributes"]))

    def having(self, role: str) -> list[str]:
        """The columns of a role, in order."""
        return [name for name, held in self.columns.items() if held == role]

    @property
    def target(self) -> str | None:
        """The column of the outcome, if any."""
        return next(iter(self.having("y")), None)


def checked_roles(
    columns: Mapping[str, str],
    event: str,
    attributes: Sequence[Attribute],
    types: Mapping[str, str],
    profile: Mapping[str, Any],
) -> Roles:
    """The roles, if they fit the columns (name → logical type) and their profile; else the sentence why not."""
    given = {name: role for name, role in columns.items() if role}
    _check_names(given, types)
    for role in SINGLE_ROLES:
        if len(held := [name for name, item in given.items() if item == role]) > 1:
            raise _incomplete(f"Only one column can be {role}; {', '.join(held)} were named.")
    ordered = {name: given[name] for name in types if name in given}
    roles = Roles(ordered, event, tuple(attributes))
    if roles.target:
        _check_target(roles.target, event, profile[roles.target])
    names: set[str] = set()
    for attribute in attributes:
        _check_attribute(attribute, types, profile)
        if attribute["name"] in names:
            raise _attribute(attribute, "is named twice")
        names.add(attribute["name"])
    return roles


def _check_names(given: Mapping[str, str], types: Mapping[str, str]) -> None:
    if unknown := sorted(set(given) - set(types)):
        raise BadInput(
            "columns_differ",
            f"The snapshot has no column {', '.join(unknown)}.",
            f"Its columns are: {', '.join(list(types)[:40])}.",
        )
    if wrong := sorted({role for role in given.values() if role not in ROLES}):
        raise _incomplete(f"{', '.join(wrong)} is no role of a column.")
    for name, role in given.items():
        if role in {"p", "score", "yhat", "weight", "exposure"} and types[name] not in NUMBERS:
            raise _incomplete(f"Column “{name}” is {types[name]}; the role {role} needs numbers.")


def _check_target(name: str, event: str, column: Mapping[str, Any]) -> None:
    values = [item["value"] for item in column.get("values", [])]
    if column["distinct"] != 2:
        found = ", ".join(values[:6]) if values else "too many to list"
        raise BadInput(
            "target_not_binary",
            f"Column “{name}” was named as the outcome, but has {column['distinct']} different values ({found}).",
            "Name the column that says with two values whether the event happened.",
        )
    if column["missing"]:
        raise BadInput(
            "target_not_binary",
            f"The outcome “{name}” is missing in {column['missing']:,} rows.",
            "Leave rows without an outcome out, and say so in the snapshot's description.",
        )
    if event not in values:
        raise BadInput(
            "target_not_binary",
            f"The event value “{event}” does not occur in “{name}”; its values are {values[0]} and {values[1]}.",
            "Say which of the two is the event (for German credit: 2).",
        )


def _check_attribute(attribute: Attribute, types: Mapping[str, str], profile: Mapping[str, Any]) -> None:
    name, banding = attribute["column"], attribute["banding"]
    if name not in types:
        raise _attribute(attribute, f"comes from column “{name}”, which the snapshot does not have")
    column = profile[name]
    if banding["rule"] == "at_most":
        if types[name] not in NUMBERS or "edge" not in banding:
            raise _attribute(attribute, "needs a column of numbers and an edge")
        if not float(column["min"]) <= banding["edge"] < float(column["max"]):
            raise _attribute(
                attribute, f"has only one group: “{name}” lies between {column['min']} and {column['max']}"
            )
        groups = list(band_names(name, banding["edge"]))
    else:
        groups = [item["value"] for item in column.get("values", [])]
        if len(groups) < 2:
            raise _attribute(attribute, f"needs a column of 2 to {LISTED_VALUES} codes")
    if attribute["reference"] not in groups:
        raise _attribute(attribute, f"has the groups {', '.join(groups)}; the reference must be one of them")


def band_names(column: str, edge: float) -> tuple[str, str]:
    """The two groups of an edge, in words: `age ≤ 25`, `age > 25`."""
    text = f"{edge:g}"
    return f"{column} ≤ {text}", f"{column} > {text}"


def _attribute(attribute: Attribute, why: str) -> BadInput:
    return BadInput(
        "attribute_unusable",
        f"The protected attribute “{attribute['name']}” {why}.",
        "Correct its column, bands or reference group, or leave the attribute out and record why.",
    )


def _incomplete(why: str) -> BadInput:
    return BadInput("roles_incomplete", why, f"Roles are: {', '.join(ROLES)}.")


def code_rows(
    rows: Iterable[Mapping[str, str]], *, column: str, code: str, declared: str, reference: str
) -> list[dict[str, str]]:
    """A code table in the form `dq.labels` reads, from rows with the bank's own headings."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        wanted = [item for item in (column, code, declared, reference) if item]
        if lacking := [name for name in wanted if name not in row]:
            raise _codes(f"The code table has no column {', '.join(lacking)}; it has {', '.join(row)}.")
        key = (row[column], row[code])
        if key in found:
            raise _codes(f"Code {key[1]} of {key[0]} stands twice in the code table.")
        found[key] = {
            "column": key[0],
            "code": key[1],
            "declared": row[declared],
            "reference": row[reference] if reference else "",
        }
    return list(found.values())


def _codes(why: str) -> BadInput:
    return BadInput("codes_unreadable", why, "Send CSV with one row for each code of each column.")


declare("dataset_name", "a dataset has no name")
declare("quality_blocked", "a quality test that blocks is red on a snapshot")
