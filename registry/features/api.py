"""Read endpoints of the feature store."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from mrm.access.api import MemberView
from mrm.kernel.canonical import tidy
from mrm.kernel.errors import BadInput
from registry.features import materialising, online, queries
from registry.features.models import Definition
from registry.features.rules import Kind

MOST_ROWS = 1000


class Definitions(MemberView):
    """The definitions the caller may see."""

    @extend_schema(operation_id="features.list", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        """One page of definitions, each in its newest version."""
        del request
        return self.page(queries.newest(self.actor), definition_shape)


class OneService(MemberView):
    """One feature service."""

    @extend_schema(operation_id="features.service", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, reference: str, name: str) -> Response:
        """A service: what it pins, how far it is online, what skew says."""
        del request
        within = queries.catalogue(self.actor, reference)
        service = queries.versions(self.actor, within, Kind.SERVICE, name)[0]
        state, compared = materialising.state_of(service), queries.newest_comparison(service)
        shape = definition_shape(service) | {
            "online": state and {"watermark": state.until, "entities": state.rows},
            "freshness_seconds": materialising.freshness(service) / 1_000_000,
            "skew": compared
            and {"skewed": compared.skewed, "rows": compared.rows, "features": compared.features},
        }
        return Response(tidy(shape))


class Read(MemberView):
    """What serving reads."""

    parser_classes = (JSONParser,)

    @extend_schema(
        operation_id="features.read", request=OpenApiTypes.OBJECT, responses={200: OpenApiTypes.OBJECT}
    )
    def post(self, request: Request, reference: str, name: str) -> Response:
        """Online features of up to 1,000 entities.

        `{"rows": [{key: value}, …]}` gives the same rows with `view__feature`, and the watermark they hold for. Keys travel
        in the body, not in the address, which logs keep.
        """
        import pyarrow as pa

        within = queries.catalogue(self.actor, reference)
        service = queries.versions(self.actor, within, Kind.SERVICE, name)[0]
        rows = request.data.get("rows") if isinstance(request.data, dict) else None
        if (
            not isinstance(rows, list)
            or not 1 <= len(rows) <= MOST_ROWS
            or not all(isinstance(row, dict) for row in rows)
        ):
            raise BadInput(
                "rows_unusable",
                f"The body needs rows: 1 to {MOST_ROWS:,} objects.",
                'Send {"rows": [{"customer_id": 7}]}.',
            )
        try:
            given = pa.Table.from_pylist(rows)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as trouble:
            raise BadInput(
                "rows_unusable", "A key is given in different types.", "Give one type."
            ) from trouble
        found = queries.read(service, given)
        answered: list[dict[str, Any]] = [
            {column: online.encoded(value) for column, value in row.items()}
            for row in found.table.to_pylist()
        ]
        return Response(tidy({"watermark": found.watermark, "service": service.label, "rows": answered}))


def definition_shape(row: Definition) -> dict[str, Any]:
    """A definition as the API shows it."""
    return {
        "kind": row.kind,
        "name": row.name,
        "version": row.number,
        "catalogue": row.catalogue.reference,
        "body": row.body,
        "owner": row.owner,
        "description": row.description,
        "digest": row.digest,
        "applied_at": row.applied_at,
    }
