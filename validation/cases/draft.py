"""The job that prints a draft. Its bytes lie in the vault, named by the job's result; it is no record of anything."""

from __future__ import annotations

from django.utils import timezone

from mrm import vault
from mrm.jobs.context import JobContext
from mrm.jobs.handlers import Handler, handlers
from mrm.jobs.processes import Limits
from mrm.kernel.canonical import canonical
from mrm.papers.report import render_report
from mrm.policy.queries import today
from validation.cases.models import Validation
from validation.cases.paper import ADDRESSES_MB
from validation.cases.report import charts_of, closing_of_draft, report_of
from validation.cases.rules import DRAFT


def make(ctx: JobContext) -> None:
    """The content as it stands, drawn and set; what is missing says so where it would stand."""
    validation = Validation.objects.select_related("model", "version", "scope").get(
        pk=ctx.payload["validation"]
    )
    at = timezone.now()
    ctx.progress(0, 3, "gathering what the validation says")
    said = report_of(
        validation,
        reference=f"{validation.reference}-draft",
        number=validation.frozen_contents.count() + 1,
        on=today(validation.scope, at),
        draft=True,
    ).to_json()
    ctx.progress(1, 3, "drawing the charts")
    charts = charts_of(said)
    ctx.progress(2, 3, "setting the report")
    closing = closing_of_draft(at, said["meta"]["zone"], ctx.job.requested_by.name)
    paper = render_report(canonical(said), closing, charts=charts, source_date=at, draft=True)
    ctx.result.update(pdf=vault.put(paper.pdf), pages=paper.pages, size=len(paper.pdf))
    ctx.progress(3, 3, "printed")


handlers.register(DRAFT, Handler(make, Limits(seconds=900, memory_mb=ADDRESSES_MB)))
