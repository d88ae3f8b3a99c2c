"""Read endpoints of findings and conditions."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from mrm.access.api import MemberView
from mrm.kernel.canonical import tidy
from validation.findings import queries
from validation.findings.models import Condition, Finding


def shape(row: Finding) -> dict[str, Any]:
    """A finding."""
    return {
        "reference": row.reference,
        "model": row.model.reference,
        "version": row.version.number if row.version else None,
        "validation": row.validation_reference or None,
        "severity": row.severity,
        "title": row.title,
        "text": row.text,
        "impact": row.impact,
        "rule": row.rule or None,
        "evidence": row.evidence,
        "state": row.state,
        "owner": row.owner.reference,
        "due": row.due,
        "accepted_until": row.accepted_until,
        "raised_at": row.raised_at,
        "issued_at": row.issued_at,
    }


def condition_shape(row: Condition) -> dict[str, Any]:
    """A condition."""
    return {
        "reference": row.reference,
        "model": row.model.reference,
        "version": row.version.number,
        "validation": row.validation_reference,
        "finding": row.finding.reference if row.finding else None,
        "text": row.text,
        "check": row.check_text,
        "due": row.due,
        "ends": row.ends,
        "state": row.standing_now,
        "justification": row.justification,
        "alternatives": row.alternatives,
    }


class FindingList(MemberView):
    """Findings the reader may see."""

    @extend_schema(
        operation_id="findings_list", summary="List findings, the newest first", responses=OpenApiTypes.OBJECT
    )
    def get(self, request: Request) -> Response:
        """Cursor pages; `?state=`, `?severity=`, `?model=` narrow."""
        rows = queries.findings(self.actor)
        for name, field in (("state", "state"), ("severity", "severity"), ("model", "model__reference")):
            if value := request.query_params.get(name):
                rows = rows.filter(**{field: value})
        return self.page(rows, shape)


class OneFinding(MemberView):
    """One finding."""

    @extend_schema(operation_id="findings_read", summary="Read one finding", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, reference: str) -> Response:
        """What it says and where it stands."""
        return Response(tidy(shape(queries.finding(self.actor, reference))))


class ConditionList(MemberView):
    """Conditions the reader may see."""

    @extend_schema(
        operation_id="conditions_list", summary="List conditions of use", responses=OpenApiTypes.OBJECT
    )
    def get(self, request: Request) -> Response:
        """Cursor pages."""
        return self.page(queries.conditions(self.actor), condition_shape)


class OneCondition(MemberView):
    """One condition."""

    @extend_schema(
        operation_id="conditions_read", summary="Read one condition", responses=OpenApiTypes.OBJECT
    )
    def get(self, request: Request, reference: str) -> Response:
        """What it says and where it stands."""
        return Response(tidy(condition_shape(queries.condition(self.actor, reference))))
