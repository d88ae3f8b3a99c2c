"""Read endpoints of versions."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from mrm.access.api import MemberView
from mrm.kernel.canonical import tidy
from mrm.ledger.clock import now
from mrm.policy.queries import today
from registry.inventory.queries import model_by_reference
from registry.versions import comparing, gates, queries
from registry.versions.models import PromotionRequest, Version


class Versions(MemberView):
    """The versions of one model."""

    @extend_schema(operation_id="versions.list", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, reference: str) -> Response:
        """One page of versions."""
        del request
        return self.page(queries.of_model(self.actor, reference)[1], version_shape, ordering="-number")


class Search(MemberView):
    """Versions of every visible model."""

    @extend_schema(
        operation_id="versions.search",
        parameters=[OpenApiParameter(name, str, description=told) for name, told in queries.ASKED.items()],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        """One page of versions by name, tag, alias, stage, format or model, the newest first."""
        asked = {name: request.query_params.get(name, "") for name in queries.ASKED}
        return self.page(queries.search(self.actor, asked), version_shape)


class Compare(MemberView):
    """Versions of one model side by side."""

    @extend_schema(
        operation_id="versions.compare",
        parameters=[
            OpenApiParameter("version", int, many=True, required=True, description="two to four numbers")
        ],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, reference: str) -> Response:
        """Figures, curves, parameters, signature, lineage and features of two to four versions; `differs` marks lines."""
        model_by_reference(self.actor, reference)  # a stranger learns nothing of the question either
        numbers = comparing.chosen(request.query_params.getlist("version"))
        versions = [queries.version(self.actor, reference, number) for number in numbers]
        return Response(tidy(comparing.shape(comparing.compare(versions))))


class OneVersion(MemberView):
    """One version."""

    @extend_schema(operation_id="versions.read", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, reference: str, number: int) -> Response:
        """A version with inspection, gate and grants."""
        del request
        version = queries.version(self.actor, reference, number)
        moment = now()
        found = version.found
        shape = version_shape(version) | {
            "signature": found and found.signature,
            "inspection": found
            and {
                "code": found.code,
                "detail": found.detail,
                "remedy": found.remedy,
                "structure": found.structure,
                "path": found.path,
                "report": found.report,
            },
            "requirements": [
                {
                    "key": item.key,
                    "to": item.stage,
                    "state": item.state,
                    "title": item.title,
                    "sentence": item.sentence,
                    "evidence": list(item.evidence),
                }
                for item in gates.requirements(version, now=moment)
            ],
            "uses": version.serves,
            "input_example": version.input_example,
            "promotion_request": request_shape(queries.open_request(version)),
            "grants": [
                {
                    "reference": item.reference,
                    "use": str(item.use_id),
                    "state": standing,
                    "expires": item.expires,
                    "conditions": item.conditions,
                    "validation": item.validation_reference,
                }
                for item, standing in queries.standings(version, today(version.scope, moment))
            ],
        }
        return Response(tidy(shape))


def version_shape(version: Version) -> dict[str, Any]:
    """A version as lists give it."""
    snapshots = ("training_snapshot", "test_snapshot", "scored_snapshot")
    named = {name: getattr(version, name) for name in snapshots}
    return {
        "id": version.pk,
        "model": version.model.reference,
        "number": version.number,
        "title": version.title,
        "format": version.format,
        "artefact": version.artefact,
        "admission": version.admission,
        "stage": version.stage_now if hasattr(version, "stage_now") else version.stage,
        "aliases": queries.aliases_of(version),
        "tags": queries.tags_of(version),
        "origin": version.origin,
        "run": version.run_reference,
        "features": version.features,
        **{name: item and item.reference for name, item in named.items()},
        "code_revision": version.code_revision,
        "environment": version.environment,
        "parameters": version.parameters,
        "split": version.split,
        "registered_by": version.registered_by.reference,
        "registered_at": version.registered_at,
    }


def request_shape(waiting: PromotionRequest | None) -> dict[str, Any] | None:
    """The promotion request that waits."""
    if waiting is None:
        return None
    return {
        "id": waiting.pk,
        "stage": waiting.stage,
        "uses": waiting.uses,
        "reason": waiting.reason,
        "open_requirements": waiting.open_requirements,
        "requested_by": waiting.requested_by.reference,
        "requested_at": waiting.requested_at,
    }
