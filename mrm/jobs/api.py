"""Read endpoints of jobs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from mrm.access.api import MemberView
from mrm.jobs import queries
from mrm.jobs.models import Job
from mrm.kernel.canonical import tidy


def shape(job: Job) -> dict[str, Any]:
    """A job as JSON."""
    error = {"code": job.error_code, "detail": job.error_detail, "remedy": job.error_remedy}
    return {
        "id": job.pk,
        "kind": job.kind,
        "title": job.title,
        "state": job.state,
        "scope": job.scope_id,
        "requested_by": job.requested_by.reference,
        "attempts": job.attempts,
        "progress": {"done": job.done, "total": job.total, "text": job.progress_text},
        "error": error if job.error_code else None,
        "result": job.result,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "ended_at": job.ended_at,
    }


class JobList(MemberView):
    """Jobs the reader may see."""

    @extend_schema(
        operation_id="jobs_list", summary="List jobs, the newest first", responses=OpenApiTypes.OBJECT
    )
    def get(self, request: Request) -> Response:
        """Cursor pages; `?state=running` narrows."""
        state = request.query_params.get("state", "")
        return self.page(queries.jobs(self.actor, state=state), shape)


class OneJob(MemberView):
    """One job."""

    @extend_schema(operation_id="jobs_read", summary="Read one job", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, job: UUID) -> Response:
        """State, progress, how it ended."""
        return Response(tidy(shape(queries.job(self.actor, job))))
