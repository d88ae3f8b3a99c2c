"""Read endpoints of evidence."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from mrm.access.api import MemberView
from mrm.access.rows import as_uuid
from mrm.evidence import queries
from mrm.evidence.models import Evidence
from mrm.kernel.canonical import tidy


def shape(evidence: Evidence) -> dict[str, Any]:
    """A record in a list."""
    return {
        "id": evidence.short,
        "digest": evidence.result_digest,
        "kind": evidence.kind,
        "test": evidence.test_id,
        "title": evidence.title,
        "scope": evidence.scope_id,
        "light": evidence.light,
        "defined": evidence.defined,
        "headline": evidence.headline,
        "sample": evidence.sample,
        "void": evidence.voids.reason if hasattr(evidence, "voids") else None,
        "recorded_at": evidence.recorded_at,
    }


class EvidenceList(MemberView):
    """Evidence the reader may see."""

    @extend_schema(
        operation_id="evidence_list", summary="List evidence, the newest first", responses=OpenApiTypes.OBJECT
    )
    def get(self, request: Request) -> Response:
        """Cursor pages; `?scope=` and `?test=` narrow."""
        rows = queries.visible(self.actor)
        if (scope := as_uuid(request.query_params.get("scope", ""))) is not None:
            rows = rows.filter(scope=scope)
        if test := request.query_params.get("test"):
            rows = rows.filter(test_id=test)
        return self.page(rows, shape)


class OneEvidence(MemberView):
    """One record, whole."""

    @extend_schema(
        operation_id="evidence_read",
        summary="Read one record of evidence with its content and runs",
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, key: str) -> Response:
        """Content, and each time it ran."""
        found = queries.by_id(self.actor, key)
        runs = [
            {
                "ran_at": run.ran_at,
                "verdict": run.verdict,
                "step": run.step,
                "detail": run.detail,
                "environment": run.environment,
                "record_digest": run.record_digest,
            }
            for run in found.runs.all()
        ]
        return Response(tidy({**shape(found), "content": queries.content_of(found), "runs": runs}))
