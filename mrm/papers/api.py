"""Read endpoints of papers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from mrm.access.api import MemberView
from mrm.kernel.canonical import tidy
from mrm.papers import queries
from mrm.papers.models import Paper


def shape(paper: Paper) -> dict[str, Any]:
    """A paper as JSON."""
    return {
        "reference": paper.reference,
        "kind": paper.kind,
        "title": paper.title,
        "scope": paper.scope_id,
        "content_digest": paper.content_digest,
        "pdf_digest": paper.pdf_digest,
        "size": paper.size,
        "pages": paper.pages,
        "sealed_at": paper.sealed_at,
        "void": paper.void.reason if hasattr(paper, "void") else None,
    }


class PaperList(MemberView):
    """Papers the reader may see."""

    @extend_schema(
        operation_id="papers_list", summary="List papers, the newest first", responses=OpenApiTypes.OBJECT
    )
    def get(self, request: Request) -> Response:
        """Cursor pages; `?scope=` narrows."""
        return self.page(queries.visible(self.actor, request.query_params.get("scope", "")), shape)


class OnePaper(MemberView):
    """One paper."""

    @extend_schema(operation_id="papers_read", summary="Read one paper", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, reference: str) -> Response:
        """Digests, pages, whether it is void; the PDF is at `/papers/<reference>/pdf/`."""
        return Response(tidy(shape(queries.by_reference(self.actor, reference))))
