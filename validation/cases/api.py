"""Read endpoints of validations."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from mrm.access.api import MemberView
from mrm.kernel.canonical import tidy
from mrm.kernel.errors import NotFound
from validation.cases import queries
from validation.cases.content import signed_content
from validation.cases.models import Validation


def shape(row: Validation) -> dict[str, Any]:
    """A validation in a list."""
    return {
        "reference": row.reference,
        "model": row.model.reference,
        "version": row.version.number,
        "kind": row.kind,
        "tier": row.tier,
        "state": row.state,
        "due": row.due,
        "opened_at": row.opened_at,
        "ended_at": row.ended_at,
    }


class ValidationList(MemberView):
    """Validations the reader may see."""

    @extend_schema(
        operation_id="validations_list",
        summary="List validations, the newest first",
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:
        """Cursor pages; `?state=` and `?model=` narrow."""
        rows = queries.validations(self.actor)
        for name, field in (("state", "state"), ("model", "model__reference")):
            if value := request.query_params.get(name):
                rows = rows.filter(**{field: value})
        return self.page(rows, shape)


class OneValidation(MemberView):
    """One validation, with what it says now and who signed."""

    @extend_schema(
        operation_id="validations_read", summary="Read one validation", responses=OpenApiTypes.OBJECT
    )
    def get(self, request: Request, reference: str) -> Response:
        """The content, frozen digest and signatures."""
        found = queries.validations(self.actor).filter(reference=reference).first()
        if found is None:
            raise NotFound
        frozen = found.frozen
        signed = [
            {
                "person": row.signature.person.reference,
                "capacity": row.signature.capacity,
                "meaning": row.signature.meaning,
                "digest": row.signature.digest,
                "at": row.signature.signed_at,
                "standing": row.standing,
            }
            for row in queries.signatures(found)
        ]
        facts = {
            **shape(found),
            "frozen": frozen.digest if frozen else None,
            "signatures": signed,
            "content": queries.content_of(frozen) if frozen else signed_content(found),
        }
        return Response(tidy(facts))
