"""Read endpoints of the inventory."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from mrm.access.api import MemberView
from mrm.kernel.canonical import tidy
from registry.inventory import queries
from registry.inventory.models import Model, Use

FILTERS = [
    OpenApiParameter(name, OpenApiTypes.STR, description=text)
    for name, text in {
        "q": "words in name, id, method, purpose, people or uses",
        "tier": "1, 2, 3 or none",
        "state": "a state, such as in_use",
        "class": "a class, such as pd",
        "entity": "code of a legal entity",
        "owner": "reference of a person",
    }.items()
]


class Models(MemberView):
    """The models the caller may see."""

    @extend_schema(operation_id="models.list", parameters=FILTERS, responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        """One page of models, narrowed as asked."""
        rows = queries.narrowed(queries.visible(self.actor), request.query_params)
        return self.page(rows, model_shape)


class OneModel(MemberView):
    """One model."""

    @extend_schema(operation_id="models.read", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, reference: str) -> Response:
        """A model with its uses, its tier and what it lacks."""
        del request
        model = queries.model_by_reference(self.actor, reference)
        tiering = queries.tier_now(model)
        shape = model_shape(model) | {
            "uses": [queries.use_facts(use) for use in queries.uses(model)],
            "proposed_changes": [change.facts for change in queries.proposed_changes(model)],
            "missing": [item.what for item in queries.missing_for_registration(model)],
            "tiering": tiering
            and {
                "computed": tiering.computed,
                "override": tiering.override,
                "reason": tiering.reason,
                "scores": tiering.scores,
                "policy_digest": tiering.policy_digest,
                "set_at": tiering.set_at,
            },
        }
        return Response(tidy(shape))


class Uses(MemberView):
    """The uses of one model."""

    @extend_schema(operation_id="models.uses", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, reference: str) -> Response:
        """One page of uses in effect."""
        del request
        return self.page(queries.uses(queries.model_by_reference(self.actor, reference)), use_shape)


def model_shape(model: Model) -> dict[str, Any]:
    """A model as lists give it."""
    return {
        "id": model.pk,
        "reference": model.reference,
        "name": model.name,
        "entity": model.entity.code,
        "state": model.state,
        "tier": model.tier,
        "class": model.model_class,
        "origin": model.origin,
        "method": model.method,
        "purpose": model.purpose,
        "owner": model.owner and model.owner.reference,
        "developer": model.developer and model.developer.reference,
        "proposed_at": model.proposed_at,
        "registered_at": model.registered_at,
    }


def use_shape(use: Use) -> dict[str, Any]:
    """A use as lists give it."""
    return {"id": use.pk, **queries.use_facts(use)}
