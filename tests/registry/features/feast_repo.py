"""A Feast of its own beside the bank: `python feast_repo.py ROWS.parquet` in an empty folder; runs with `make peers`' Feast.

One feature view of the name of ours, on the same rows, brought into Feast's own online store.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

CONFIGURATION = """project: bank
registry: registry.db
provider: local
online_store: {type: sqlite, path: online.db}
offline_store: {type: file}
entity_key_serialization_version: 3
"""


def main(rows: str) -> None:
    """Apply and materialise."""
    Path("feature_store.yaml").write_text(CONFIGURATION)
    from feast import Entity, FeatureStore, FeatureView, Field, FileSource, ValueType
    from feast.types import Bool, Float64, Int64, String

    customer = Entity(name="customer", join_keys=["customer_id"], value_type=ValueType.INT64)
    source = FileSource(path=rows, timestamp_field="paid_at", created_timestamp_column="booked_at")
    kinds = {"amount": Float64, "items": Int64, "channel": String, "large": Bool}

    fields = [Field(name="customer_id", dtype=Int64)]
    fields += [Field(name=column, dtype=kind) for column, kind in kinds.items()]
    spend = FeatureView(
        name="spend", entities=[customer], schema=fields, source=source, ttl=timedelta(days=30)
    )
    store = FeatureStore(repo_path=".")
    store.apply([customer, source, spend])
    store.materialize(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 11, tzinfo=UTC))


if __name__ == "__main__":
    main(sys.argv[1])
