"""Reading from a running Feast feature server in place of our online store: `MRM_ONLINE_URL=feast+http://host:port`.

Feast keeps and fills that store itself; definitions, training sets and skew stay ours. Its feature views carry the
names of ours, and its entities the names of our key columns.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings

from mrm.kernel.errors import Unavailable
from registry.data.logical import normalised
from registry.features import building, named
from registry.features.join import Wanted
from registry.features.materialising import ARROW, Answered, by_key
from registry.features.models import Definition
from registry.features.online import decoded

if TYPE_CHECKING:
    import pyarrow as pa

PREFIX = "feast+"
SECONDS = 10


def chosen() -> bool:
    """Whether the settings name a Feast."""
    return str(settings.MRM_ONLINE_URL).startswith(PREFIX)


def read(service: Definition, given: pa.Table) -> Answered:
    """What Feast would serve for rows with the service's keys; the watermark is the newest event time it answers."""
    import pyarrow as pa

    rows, plan = normalised(given), named.plan(service)
    building.check_names(rows, plan, with_time=False)
    columns: dict[str, Any] = {}
    newest: datetime | None = None
    for key, items in by_key(plan):
        names = [f"{item.view.name}:{feature}" for item in items for feature, _ in item.columns]
        entities = {name: rows[name].to_pylist() for name in key.body["key"]}
        values, stamps = asked(names, entities)
        kinds = kinds_of(items)
        for column, found in values.items():
            typed = [decoded(value, kinds[column]) for value in found]
            columns[column] = pa.array(typed, ARROW[kinds[column]]())
        newest = max([*stamps, *([newest] if newest else [])], default=None)
    table = rows
    for feature in named.features_of(service):
        table = table.append_column(feature.column, columns[feature.column])
    return Answered(table, newest)


def kinds_of(items: Sequence[Wanted]) -> dict[str, str]:
    """The type of each column."""
    return {name: item.view.body["features"][feature] for item in items for feature, name in item.columns}


def asked(
    features: Sequence[str], entities: dict[str, list[Any]]
) -> tuple[dict[str, list[Any]], list[datetime]]:
    """One question to the feature server: values by `view__feature` in the order of the entities, and event times."""
    body = {"features": list(features), "entities": entities, "full_feature_names": True}
    address = str(settings.MRM_ONLINE_URL).removeprefix(PREFIX).rstrip("/") + "/get-online-features"
    request = urllib.request.Request(  # noqa: S310 - the administrator's address, http or https
        address, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - as above
            return _read(json.load(answer))
    except urllib.error.HTTPError as trouble:
        said = trouble.read(2000).decode(errors="replace")
        raise _unreachable(f"refuses: {said[:200]}") from trouble
    except (OSError, ValueError, KeyError) as trouble:
        raise _unreachable("does not answer as Feast does") from trouble


def _read(answer: dict[str, Any]) -> tuple[dict[str, list[Any]], list[datetime]]:
    names = answer["metadata"]["feature_names"]
    values: dict[str, list[Any]] = {}
    stamps: list[datetime] = []
    for name, result in zip(names, answer["results"], strict=True):
        if "__" not in name:
            continue  # the entity itself
        present = [status == "PRESENT" for status in result["statuses"]]
        values[name] = [
            value if held else None for value, held in zip(result["values"], present, strict=True)
        ]
        times = zip(result.get("event_timestamps", []), present, strict=False)
        stamps += [datetime.fromisoformat(text).astimezone(UTC) for text, held in times if held]
    return values, stamps


def _unreachable(why: str) -> Unavailable:
    return Unavailable(
        "online_unreachable",
        f"The Feast feature server {why}.",
        "Check MRM_ONLINE_URL, that `feast serve` runs, and that its views and entities have the names of ours.",
    )
