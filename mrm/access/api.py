"""The API door: tokens, one error shape, and every act at `POST /api/v1/acts/<act>` made from its verb's signature."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.db import models
from django.db.models import QuerySet
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.authentication import SessionAuthentication
from rest_framework.pagination import CursorPagination
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mrm.access import openapi
from mrm.access.actors import Actor, actor_of
from mrm.access.acts import VERBS, Verb
from mrm.access.intake import Upload, arguments
from mrm.access.models import ApiToken, User
from mrm.access.rows import payload, row_type
from mrm.access.rules import Door
from mrm.access.tokens import SignedIn, TokenAuthentication
from mrm.kernel.canonical import digest, sha256, tidy
from mrm.kernel.errors import BadInput


class MemberView(APIView):
    """A read endpoint: `self.actor` asks; `self.page(queryset, shape)` answers in cursor pages."""

    authentication_classes = (TokenAuthentication, SessionAuthentication)
    permission_classes = (SignedIn,)
    request: Request

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return actor_for(self.request)

    def page(
        self, rows: QuerySet[Any], shape: Callable[[Any], dict[str, Any]], *, ordering: str = "-id"
    ) -> Response:
        """One page of `rows`, each in its shape, with cursors."""
        pager = CursorPagination()
        pager.page_size, pager.ordering = 50, ordering
        pager.page_size_query_param, pager.max_page_size = "page_size", 500
        found = pager.paginate_queryset(rows, self.request, view=self)
        return pager.get_paginated_response([tidy(shape(row)) for row in found or []])


def actor_for(request: Request) -> Actor:
    """The actor of an API request: through a token (with its limits) or the browser's session."""
    facts: dict[str, Any] = {"request_id": getattr(request, "request_id", "") or ""}
    account: User = request.user  # type: ignore[assignment]
    token = request.auth
    if not isinstance(token, ApiToken):
        return actor_of(account, door=Door.API, method="session", factors=("password",), **facts)
    return actor_of(
        account,
        door=Door.API,
        method="token",
        token_roles=frozenset(token.roles) or None,
        token_scopes=frozenset(token.scopes) or None,
        **facts,
    )


class ActView(MemberView):
    """One act of the vocabulary."""

    parser_classes = (JSONParser, MultiPartParser)
    act: Verb[..., Any]

    def post(self, request: Request) -> Response:
        """Do the act."""
        key = request.headers.get("Idempotency-Key", "").strip()
        if not key:
            raise BadInput(
                "idempotency_key_missing",
                "A write needs the header Idempotency-Key.",
                "Send a fresh random key with each new act; repeat the key to repeat the request.",
            ).as_status(400)
        data = _received(request)
        actor = self.actor.asking(key, _body_digest(data))
        result = self.act(actor, **arguments(self.act, data, actor))
        return Response({"act": self.act.name, "result": result_shape(result)}, status=201)


def _received(request: Request) -> dict[str, Any]:
    data: Any = request.data
    if not hasattr(data, "getlist"):
        if not isinstance(data, dict):
            raise BadInput("bad_parameter", "The body must be a JSON object.", "Send {…}.")
        return data
    received: dict[str, Any] = {}
    for name in data:
        value = data[name]
        if isinstance(value, str) and value[:1] in {"{", "["}:
            try:
                value = json.loads(value)
            except ValueError:
                raise BadInput("bad_parameter", f"{name} is not valid JSON.", "Check its form.") from None
        received[name] = value
    return received


def _body_digest(data: dict[str, Any]) -> str:
    plain = {}
    for name, value in data.items():
        if hasattr(value, "chunks"):
            plain[name] = [value.name, sha256(Upload(value.name, value).read())]
        else:
            plain[name] = value
    return digest(tidy(plain))


def result_shape(result: Any) -> Any:
    """What an act answers: a row by type, key and reference, a list of them, or a plain value."""
    if isinstance(result, models.Model):
        names = ("reference", "number", "username", "digest", "content_digest")
        shape = {"type": row_type(result), "id": str(result.pk)}
        shape |= {name: getattr(result, name) for name in names if hasattr(result, name)}
        return tidy(shape)
    if isinstance(result, list | tuple):
        return [result_shape(item) for item in result]
    return result if isinstance(result, str | int | bool | dict | None) else str(result)


def full_shape(row: models.Model) -> dict[str, Any]:
    """All stored facts of a governed row, for simple read endpoints."""
    return payload(row)


def act_views() -> list[Any]:
    """The route of every act that doors offer; acts of robots alone are not among them."""
    return [
        path(f"api/v1/acts/{name}", _view_of(verb), name=f"act-{name}")
        for name, verb in sorted(VERBS.items())
        if openapi.offered(verb)
    ]


def _view_of(verb: Verb[..., Any]) -> Any:
    made: type[ActView] = type(f"Act_{verb.name.replace('.', '_')}", (ActView,), {"act": verb})
    described = extend_schema(
        operation_id=verb.name,
        summary=openapi.summary(verb),
        description=openapi.description(verb),
        tags=[verb.name.partition(".")[0]],
        request={"application/json": openapi.request_schema(verb)},
        responses={
            201: openapi.ANSWER,
            400: openapi.ERROR,
            403: openapi.ERROR,
            404: openapi.ERROR,
            409: openapi.ERROR,
            422: openapi.ERROR,
        },
        parameters=[OpenApiParameter("Idempotency-Key", OpenApiTypes.STR, "header", required=True)],
    )
    shown: Any = extend_schema_view(post=described)(made)
    return shown.as_view()
