"""From what a recipe names to rows: which snapshots it means, and their values from the vault.

A run keeps the rows it read by digest. Rows joined from a feature service are kept as Parquet in the vault, so that
the same values can be read again whatever the store has learned since.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mrm import vault
from mrm.access.actors import Actor, robot
from mrm.access.rules import Robot
from mrm.kernel.errors import BadInput, CountersignError
from registry.data.canonical_digest import data_digest
from registry.data.frames import table
from registry.data.logical import as_frame, logical_type, normalised
from registry.data.models import ColumnRoles, Dataset, Snapshot
from registry.data.rules import SnapshotStatus
from registry.features import queries as features
from registry.features.models import Definition
from registry.training.fitting import Data
from registry.training.models import Run

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True)
class Named:
    """The snapshots that a recipe means, now."""

    snapshot: Snapshot
    roles: ColumnRoles
    held_out: Snapshot | None


@dataclass(frozen=True)
class Read:
    """The rows of a run with where they are kept."""

    data: Data
    rows: str
    held_out_rows: str = ""
    features: tuple[str, ...] = ()


def named(actor: Actor, body: Mapping[str, Any]) -> Named:
    """The snapshots of a recipe, among those whose rows the actor was granted."""
    asked = body["data"]
    if "service" in asked:
        snapshot = _snapshot(actor, asked["rows"], "data.rows")
        service(actor, asked["service"])
    elif "dataset" in asked:
        snapshot = newest(dataset(actor, asked["dataset"]))
    else:
        snapshot = _snapshot(actor, asked["snapshot"], "data.snapshot")
    _, roles = snapshot.usable()
    held_out = None
    if body["split"]["kind"] == "given":
        if "service" in asked:
            raise BadInput(
                "recipe_data",
                "split.snapshot: rows of a feature service are divided by the recipe.",
                "Choose a random split, one over time, or one by entity.",
            )
        held_out = _snapshot(actor, body["split"]["snapshot"], "split.snapshot")
        held_out.usable()
    return Named(snapshot, roles, held_out)


def _snapshot(actor: Actor, asked: str, path: str) -> Snapshot:
    """A snapshot by reference or by the digest of its values."""
    rows = Snapshot.objects.visible_to(actor).select_related("dataset", "standing", "content")
    by = {"reference": asked} if asked.startswith("S-") else {"content__data_digest__startswith": asked}
    found: Snapshot | None = (
        rows.filter(standing__state=SnapshotStatus.RELEASED, **by).order_by("-id").first()
    )
    found = found or rows.filter(**by).order_by("-id").first()
    if found is None:
        raise BadInput(
            "recipe_data",
            f"{path}: there is no snapshot {asked} whose rows you may use.",
            "Name a snapshot by its reference (S-…) or data digest, and have its dataset granted to you.",
        )
    return found


def dataset(actor: Actor, asked: str) -> Dataset:
    """A dataset by reference or name."""
    rows = Dataset.objects.visible_to(actor)
    found: Dataset | None = rows.filter(reference=asked).first() or rows.filter(name=asked).first()
    if found is None:
        raise BadInput(
            "recipe_data",
            f"data.dataset: there is no dataset “{asked}” that you may use.",
            "Name it by its reference (D-…) or its name, and have it granted to you.",
        )
    return found


def newest(rows: Dataset) -> Snapshot:
    """The newest released snapshot whose columns have roles."""
    found: Snapshot | None = (
        Snapshot.objects.filter(
            dataset=rows, standing__state=SnapshotStatus.RELEASED, column_roles__isnull=False
        )
        .select_related("dataset", "standing", "content")
        .order_by("-id")
        .first()
    )
    if found is None:
        raise BadInput(
            "recipe_data",
            f"data.dataset: {rows.name} has no released snapshot whose columns have roles.",
            "Upload one, wait until it is read, and say what its columns are.",
        )
    return found


def read(run: Run, actor: Actor | None = None) -> Read:
    """The rows of a run, the digest of their values computed afresh."""
    assert run.recipe is not None  # noqa: S101 - asked for runs by recipe only
    return read_for(run, run.recipe.body, actor)


def read_for(run: Run, body: Mapping[str, Any], actor: Actor | None = None) -> Read:
    """The rows of a run for a recipe's plain values."""
    content, _ = run.snapshot.usable()
    roles = run.roles.roles
    rows, features = table(content), roles.having("feature")
    kept = content.parquet
    pinned: tuple[str, ...] = ()
    if "service" in body["data"]:
        rows, kept, pinned = _built(run, body["data"], rows, actor)
        features = [name for name in rows.column_names if "__" in name]
    held_out, held_digest, held_kept = None, "", ""
    # the test snapshot of an imported run says only where it was judged; how rows are divided is the recipe's to say
    if run.held_out is not None and body["split"]["kind"] == "given":
        held_content, _ = run.held_out.usable()
        held = table(held_content)
        held_out, held_digest, held_kept = as_frame(held), data_digest(held), held_content.parquet
    data = Data(
        frame=as_frame(rows),
        types={field.name: logical_type(field.type) for field in rows.schema},
        digest=data_digest(rows),
        features=features,
        protected=protected(body, run),
        held_out=held_out,
        held_out_digest=held_digest,
    )
    return Read(data, kept, held_kept, pinned)


def protected(body: Mapping[str, Any], run: Run) -> list[str]:
    """The columns that are measured and not used: those of the recipe, else of the snapshot's roles."""
    if "protected" in body:
        return [item["column"] for item in body["protected"]]
    return [item["column"] for item in run.roles.roles.attributes]


def _built(
    run: Run, asked: Mapping[str, Any], rows: pa.Table, actor: Actor | None
) -> tuple[pa.Table, str, tuple[str, ...]]:
    """The rows joined with what was known of each at its time; a finished run reads what it kept."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    made = run.made
    if made is not None:
        return pq.read_table(io.BytesIO(vault.get(made.rows))), made.rows, tuple(made.features)
    frame: pd.DataFrame = as_frame(rows).rename(columns={asked["as_of"]: "as_of"})
    known_until: datetime | None = run.known_until
    found = service(actor, asked["service"])
    built = features.build(found, frame, known_until).rename(columns={"as_of": asked["as_of"]})
    typed = normalised(pa.Table.from_pandas(built, preserve_index=False))
    sink = io.BytesIO()
    pq.write_table(typed, sink, compression="zstd")
    return typed, vault.put(sink.getvalue()), tuple(features.pinned(found))


def service(actor: Actor | None, name: str) -> Definition:
    """A feature service by name, among those the reader may see."""
    try:
        return features.service(actor or robot(Robot.WORKER), name)
    except CountersignError as error:
        raise BadInput(
            "feature_service_unknown",
            f"data.service: there is no feature service “{name}” that you may use.",
            f"Apply its definition first (features apply), or correct the name. {error.detail}",
        ) from None
