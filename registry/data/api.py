"""Read endpoints of datasets and snapshots."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from mrm.access.acts import can
from mrm.access.api import MemberView
from mrm.kernel.canonical import tidy
from mrm.kernel.errors import Denied
from registry.data import difference, queries, querying
from registry.data.models import Dataset, Snapshot, SnapshotOrigin


class Datasets(MemberView):
    """The datasets the caller may see."""

    @extend_schema(operation_id="datasets.list", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        """One page of datasets."""
        del request
        return self.page(queries.datasets(self.actor), dataset_shape)


class OneDataset(MemberView):
    """One dataset."""

    @extend_schema(operation_id="datasets.read", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, reference: str) -> Response:
        """A dataset with its code table."""
        del request
        dataset = queries.dataset(self.actor, reference)
        codes, rules = dataset.code_table, dataset.rules_row
        shape = dataset_shape(dataset) | {
            "codes": codes and {"digest": codes.digest, "number": codes.number, "rows": codes.codes},
            "rules": rules and {"digest": rules.digest, "number": rules.number, "rules": rules.rules},
        }
        return Response(tidy(shape))


class Snapshots(MemberView):
    """The snapshots of one dataset."""

    @extend_schema(operation_id="datasets.snapshots", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, reference: str) -> Response:
        """One page of snapshots."""
        del request
        dataset = queries.dataset(self.actor, reference)
        return self.page(queries.snapshots(self.actor).filter(dataset=dataset), snapshot_shape)


class OneSnapshot(MemberView):
    """One snapshot."""

    @extend_schema(operation_id="snapshots.read", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, reference: str) -> Response:
        """A snapshot with schema, profile, quality and roles; never its rows."""
        del request
        seen = queries.seen(self.actor, reference)
        snapshot, judged = seen.snapshot, seen.snapshot.judged
        content, roles = snapshot.filled, snapshot.roles_row
        shape = snapshot_shape(snapshot) | {
            "schema": content and content.columns,
            "reading": content and content.reading,
            "profile": content and content.profile,
            "quality": content and content.quality,
            "roles": roles and {"digest": roles.digest, "number": roles.number, **roles.body},
            "origin": snapshot.asked and origin_shape(snapshot.asked, full=seen.full),
            "source": judged and judged.source,
            "drift": judged and judged.drift,
            "verdicts": judged and judged.verdicts,
        }
        return Response(tidy(shape))


class PreviewQuery(MemberView):
    """What a query would give, before a snapshot is taken of it."""

    @extend_schema(
        operation_id="datasets.preview_query",
        parameters=[OpenApiParameter("sql", str, required=True, description="One SELECT.")],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, reference: str) -> Response:
        """Its columns and first rows, for who may take a snapshot of the dataset."""
        dataset = queries.dataset(self.actor, reference)
        sql = request.query_params.get("sql", "")
        querying.ask(self.actor, sql)
        if why_not := can(self.actor, "snapshot.query", dataset=dataset):
            raise Denied("denied", why_not, "Ask somebody who may take snapshots of this dataset.")
        seen = querying.preview(self.actor, sql)
        return Response({"columns": seen.columns, "rows": seen.rows, "ordered": seen.ordered})


class Difference(MemberView):
    """What differs between two snapshots."""

    @extend_schema(operation_id="snapshots.difference", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, reference: str, other: str) -> Response:
        """Schema, counts and figures by column; rows with grants on both datasets alone."""
        del request
        one, two = queries.pair(self.actor, reference, other)
        pair = difference.Pair(one.snapshot, two.snapshot)
        shape = {"one": one.snapshot.reference, "two": two.snapshot.reference, **difference.compare(pair)}
        return Response(shape | ({"shown": difference.rows(pair)} if one.full and two.full else {}))


def dataset_shape(dataset: Dataset) -> dict[str, Any]:
    """A dataset as lists give it."""
    return {
        "id": dataset.pk,
        "reference": dataset.reference,
        "name": dataset.name,
        "entity": dataset.entity.code,
        "description": dataset.description,
        "source": dataset.source,
        "licence": dataset.licence,
    }


def origin_shape(asked: SnapshotOrigin, *, full: bool) -> dict[str, Any]:
    """Where a snapshot was asked from; the text of a query with a grant on the dataset alone."""
    return {
        "kind": asked.kind,
        **{name: held for name, held in asked.request.items() if full or name != "sql"},
    }


def snapshot_shape(snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot as lists give it."""
    content = snapshot.filled
    return {
        "id": snapshot.pk,
        "reference": snapshot.reference,
        "dataset": snapshot.dataset.reference,
        "title": snapshot.title,
        "file_name": snapshot.file_name,
        "file_digest": snapshot.file_digest,
        "data_digest": content and content.data_digest,
        "rows": content and content.rows,
        "state": snapshot.status,
        "code": snapshot.standing.code,
        "reason": snapshot.standing.reason,
        "remedy": snapshot.standing.remedy,
        "uploaded_at": snapshot.uploaded_at,
    }
