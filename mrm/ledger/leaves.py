"""Writing a leaf: checked against the schema, in canonical bytes, inside the transaction of its change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from django.db import connection

from mrm.kernel import ids, merkle
from mrm.kernel.canonical import canonical
from mrm.kernel.clock import utc
from mrm.kernel.errors import BadInput, declare
from mrm.ledger.clock import now
from mrm.ledger.models import Leaf, Pending
from mrm.ledger.origin import origin

SCHEMA_VERSION = 1
LARGEST = 64 * 1024

declare("leaf_malformed", "an entry does not follow the committed leaf schema")
declare("leaf_too_large", "an entry is larger than 64 KiB: its payload belongs in the vault, named by digest")


class Validator(Protocol):
    """What is used of a jsonschema validator."""

    def iter_errors(self, instance: object) -> Any:
        """Every way in which `instance` breaks the schema."""


def schema() -> dict[str, Any]:
    """The committed JSON schema of a leaf."""
    text = (Path(__file__).parent / "leaf.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@cache
def _validator() -> Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema())


def _floats(value: Any, place: str = "$") -> str | None:
    """Where the first float stands, if any: a float has more than one spelling, a leaf has one."""
    if isinstance(value, float):
        return place
    if isinstance(value, Mapping):
        items = [(f"{place}.{key}", item) for key, item in value.items()]
    elif isinstance(value, list | tuple):
        items = [(f"{place}[{index}]", item) for index, item in enumerate(value)]
    else:
        return None
    return next((found for name, item in items if (found := _floats(item, name))), None)


def faults(payload: Mapping[str, Any]) -> str | None:
    """The first way in which `payload` is not a leaf of schema version 1, as a sentence; None if it is one."""
    if place := _floats(payload):
        return f"{place} is a float; write an integer or a decimal string."
    for error in _validator().iter_errors(payload):
        return f"{error.json_path}: {error.message}"
    return None


def append(payload: Mapping[str, Any]) -> Leaf:
    """Write one entry in the open transaction. `v`, `log`, `time` and `request` are filled in where absent.

    The leaf waits in the queue until sealing gives it its place. Outside a transaction it is an error: an entry
    that could survive its change, or be lost without it, would prove nothing.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("ledger.append: an entry is written in the transaction of its change")
    entry = {
        "v": SCHEMA_VERSION,
        "log": origin(),
        "time": utc(now()),
        "request": str(ids.uuid7()),
        **payload,
    }
    if fault := faults(entry):
        raise BadInput(
            "leaf_malformed", f"The ledger entry is malformed: {fault}", "Report this: it is our error."
        )
    data = canonical(entry)
    if len(data) > LARGEST:
        raise BadInput(
            "leaf_too_large",
            f"The ledger entry has {len(data):,} bytes; at most {LARGEST:,} are written.",
            "Shorten the reason, or put the payload in the vault and name it by digest.",
        )
    leaf = Leaf.objects.create(bytes=data, hash=merkle.leaf_hash(data).hex())
    Pending.objects.create(leaf=leaf)
    return leaf
