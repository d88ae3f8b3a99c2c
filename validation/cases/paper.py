"""The job that makes the sealed report after the last decision: drawn, rendered and sealed beside the pages."""

from __future__ import annotations

import json

from mrm import vault
from mrm.jobs.context import JobContext
from mrm.jobs.handlers import Handler, handlers
from mrm.jobs.processes import Limits
from mrm.papers.issue import make_paper
from mrm.papers.models import Paper
from mrm.papers.verbs import seal_paper
from validation.cases.models import FrozenContent, Validation
from validation.cases.report import charts_of, closing_of
from validation.cases.report.closing import signatures_on

PAPER = "cases.paper"
ADDRESSES_MB = 2_000_000
"""Address space, not memory: the engine that draws charts reserves far more than it ever touches."""


def make(ctx: JobContext) -> None:
    """Seal the report of a validation once; a second attempt finds it and is content."""
    validation = Validation.objects.select_related("model", "version", "scope").get(
        pk=ctx.payload["validation"]
    )
    frozen = FrozenContent.objects.get(validation=validation, digest=ctx.payload["content"])
    known = Paper.objects.filter(content_digest=frozen.digest).first()
    if known is not None:
        ctx.result["paper"] = known.reference
        return
    content = vault.get(frozen.digest)
    said = json.loads(content)
    ctx.progress(0, 3, "drawing the charts")
    charts = charts_of(said)
    ctx.progress(1, 3, "setting the report")
    closing = closing_of(validation, frozen, said["meta"]["zone"])
    sealed = make_paper(content, closing, charts=charts, source_date=signatures_on(frozen)[-1].signed_at)
    ctx.progress(2, 3, "sealing")
    paper = seal_paper(ctx.actor, scope=validation.scope, about=validation, sealed=sealed, fence=ctx.fence)
    ctx.result.update(
        paper=paper.reference,
        pages=sealed.pages,
        cpu_seconds=round(sealed.cpu_seconds, 1),
        peak_mb=sealed.peak_mb,
    )
    ctx.progress(3, 3, "sealed")


handlers.register(PAPER, Handler(make, Limits(seconds=900, memory_mb=ADDRESSES_MB)))
