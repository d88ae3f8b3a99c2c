"""Pages of jobs: the list, one job live, and its cancellation."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import cached_property

from mrm.access.pages import ActPage, Member, MemberList, MemberPage
from mrm.jobs import queries, verbs
from mrm.jobs.forms import CancelForm
from mrm.jobs.models import Job, JobQuerySet
from mrm.jobs.rules import JobState
from mrm.jobs.shape import shape
from mrm.web import words
from mrm.web.shapes import Fact
from mrm.web.tables import Choice, Column, Empty, Table

JOBS = ("Jobs", "/jobs/")


class JobTable(Table):
    """Jobs, the newest first."""

    caption = "Jobs"
    columns = (
        Column("title", "Job", head=True, link=lambda job: job.get_absolute_url(), sort="title"),
        Column("state", "State", kind="chip", sort="state"),
        Column("scope.label", "Belongs to", sort="scope__label"),
        Column("requested_by.name", "Asked for by", sort="requested_by__name"),
        Column("created_at", "Asked for", kind="moment", num=True, sort="created_at"),
        Column("ended_at", "Ended", kind="moment", num=True, sort="ended_at"),
        Column("attempts", "Attempts", kind="number", sort="attempts"),
    )
    filters = (Choice("state", "State", JobState.choices),)
    search = ("title", "kind", "scope__label")
    order = "-created_at"
    empty = Empty("No jobs yet", "Work that takes longer than a page does is listed here, with how it went.")


class JobList(MemberList):
    """Every job the reader may see."""

    title = "Jobs"
    sub = "Work that is done beside the pages. Each job ends once in effect, or says why not."
    nav = "jobs"
    table_class = JobTable

    def get_queryset(self) -> JobQuerySet:
        """What the reader may see."""
        return queries.jobs(self.actor)


class OneJob(Member):
    """What every page of one job knows."""

    kwargs: dict[str, Any]

    @cached_property
    def job(self) -> Job:
        """The job of the address, if the reader may see it."""
        return queries.job(self.actor, self.kwargs["job"])


class JobPage(OneJob, MemberPage):
    """One job: live while it runs, then how it ended."""

    nav = "jobs"
    crumbs = (JOBS,)
    template_name = "jobs/job.html"

    def get_title(self) -> str:
        """The job's own title."""
        return self.job.title

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The part and the facts."""
        context = super().get_context_data(**kwargs)
        return context | {"item": shape(self.job, self.actor), "facts": facts(self.job), "object": self.job}


class JobStatePart(OneJob, MemberPage):
    """The part alone, asked for each second; when the job has ended the page is shown anew."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The part."""
        item = shape(self.job, self.actor)
        response = render(request, "parts/job.html", {"job": item})
        if item.finished:
            response["HX-Refresh"] = "true"
        return response


class CancelJob(OneJob, ActPage):
    """Cancel a job that waits or runs."""

    title = "Cancel the job"
    nav = "jobs"
    verb = verbs.cancel
    form_class = CancelForm
    said = "The job is cancelled. Whatever it had not finished was not written."

    def get_sub(self) -> str:
        """Which job."""
        return self.job.title

    def get_crumbs(self) -> list[tuple[str, str]]:
        """Jobs, this job."""
        return [JOBS, (self.job.title, self.job.get_absolute_url())]

    def target(self) -> dict[str, Any]:
        """The job."""
        return {"job": self.job}


def facts(job: Job) -> list[Fact]:
    """All that is known of a job."""
    rows = [
        ("Kind of work", job.kind),
        ("Belongs to", job.scope.label),
        ("Asked for by", job.requested_by.name),
        ("Asked for", words.moment(job.created_at)),
        ("Last started", words.moment(job.started_at) if job.started_at else "not yet"),
        ("Ended", words.moment(job.ended_at) if job.ended_at else "not yet"),
        ("Attempts", str(job.attempts)),
        ("Lost leases", str(job.lost_leases)),
        ("Period", job.period_key or "none: asked for by a person or an act"),
        *((name.replace("_", " ").capitalize(), str(value)) for name, value in sorted(job.result.items())),
    ]
    if job.error_code:
        rows.append(("Reason code", job.error_code))
    return [Fact(label, value) for label, value in rows]
