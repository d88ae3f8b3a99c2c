"""Read endpoints of datasets and snapshots."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from mrm.access.api import MemberView
from mrm.kernel.canonical import tidy
from registry.data import queries
from registry.data.models import Dataset, Snapshot


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
        codes = dataset.code_table
        shape = dataset_shape(dataset) | {
            "codes": codes and {"digest": codes.digest, "number": codes.number, "rows": codes.codes}
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
        snapshot = queries.seen(self.actor, reference).snapshot
        content, roles = snapshot.filled, snapshot.roles_row
        shape = snapshot_shape(snapshot) | {
            "schema": content and content.columns,
            "reading": content and content.reading,
            "profile": content and content.profile,
            "quality": content and content.quality,
            "roles": roles and {"digest": roles.digest, "number": roles.number, **roles.body},
        }
        return Response(tidy(shape))


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
