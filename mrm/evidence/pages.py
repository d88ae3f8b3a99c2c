"""Pages of evidence: the list, one record with everything that went in and came out, its reproduction."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property

from mrm import vault
from mrm.access.acts import can
from mrm.access.pages import ActPage, Member, MemberList, MemberPage
from mrm.access.rows import as_uuid
from mrm.evidence import forms, queries, readable, verbs
from mrm.evidence.models import Evidence, EvidenceRun
from mrm.evidence.rules import EvidenceKind, Light, Verdict
from mrm.jobs.models import Job
from mrm.jobs.shape import shape
from mrm.web.shapes import Action, Fact
from mrm.web.tables import Choice, Column, Empty, Table

EVIDENCE = ("Evidence", "/evidence/")


def state_of(evidence: Evidence) -> str:
    """Its light, or that it is void."""
    return "void" if hasattr(evidence, "voids") else str(evidence.light)


class EvidenceTable(Table):
    """Evidence, newest first."""

    caption = "Evidence"
    columns = (
        Column("short", "Id", kind="id", link=lambda e: e.get_absolute_url(), sort="result_digest"),
        Column("title", "Computation", head=True, link=lambda e: e.get_absolute_url(), sort="title"),
        Column("test_id", "Test", kind="id", sort="test_id"),
        Column("light", "Light", kind="chip", value=state_of, sort="light"),
        Column("statistic", "Statistic", kind="stat", value=lambda e: e.headline.get("statistic")),
        Column("p_value", "p", kind="p", value=lambda e: e.headline.get("p_value")),
        Column("scope.label", "Belongs to", sort="scope__label"),
        Column("recorded_at", "Recorded", kind="moment", num=True, sort="recorded_at"),
    )
    filters = (Choice("light", "Light", Light.choices), Choice("kind", "Kind", EvidenceKind.choices))
    search = ("title", "test_id", "result_digest", "scope__label")
    search_hint = "Test, title, digest or model"
    order = "-recorded_at"
    empty = Empty(
        "No evidence yet", "Each test of a validation and each profile of a snapshot leaves a record here."
    )


class EvidenceList(MemberList):
    """All evidence the reader may see; `?scope=` narrows to one model or dataset."""

    title = "Evidence"
    sub = "What was computed, on what, and what came out. Anyone may compute it again."
    nav = "evidence"
    table_class = EvidenceTable

    def get_queryset(self) -> QuerySet[Evidence]:
        """What the reader may see."""
        rows = queries.visible(self.actor)
        scope = as_uuid(self.request.GET.get("scope", ""))
        return rows.filter(scope=scope) if scope else rows


class OneEvidence(Member):
    """What every page of one record knows."""

    kwargs: dict[str, Any]

    @cached_property
    def evidence(self) -> Evidence:
        """The record of the address, if the reader may see it."""
        return queries.by_id(self.actor, self.kwargs["key"])

    def get_crumbs(self) -> list[tuple[str, str]]:
        """Back to the list."""
        return [EVIDENCE]


class EvidencePage(OneEvidence, MemberPage):
    """One record."""

    nav = "evidence"
    template_name = "evidence/evidence.html"

    def get_title(self) -> str:
        """What was computed."""
        return self.evidence.title

    def get_here(self) -> str:
        """Its id."""
        return queries.short_ids(self.actor, [self.evidence.result_digest])[self.evidence.result_digest]

    def get_sub(self) -> str:
        """Its test and whose it is."""
        return f"{self.get_here()} · {self.evidence.test_id} · {self.evidence.scope.label}"

    def get_actions(self) -> list[Action]:
        """The record as a file, and its reproduction."""
        key = self.evidence.short
        why_not = can(self.actor, "evidence.reproduce", evidence=self.evidence) or ""
        return [
            Action("JSON", reverse("evidence-json", args=[key])),
            Action(
                "Reproduce", reverse("evidence-reproduce", args=[key]), "primary", "running", True, why_not
            ),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Everything about it."""
        found = self.evidence
        content = queries.content_of(found)
        results = content["results"]
        runs = list(found.runs.select_related("person"))
        running = Job.objects.filter(
            scope=found.scope, kind="evidence.reproduce", payload__evidence=str(found.pk)
        ).open()
        return super().get_context_data(
            **{
                "evidence": found,
                "facts": facts(found, results, runs),
                "results": results,
                "charts": results["charts"],
                "grids": readable.grids(results),
                "inputs": list(content["inputs"].items()),
                "parameters": readable.parameters(content),
                "sample": readable.sample_words(results["sample"]),
                "method": readable.paragraphs(readable.methodology(found.test_id)),
                "method_words": content["method"].get("text", ""),
                "runs": runs,
                "first": runs[-1] if runs else None,
                "jobs": [shape(job, self.actor) for job in running],
                "command": f"manage.py reproduce {self.get_here()}",
            }
            | kwargs
        )


def facts(evidence: Evidence, results: dict[str, Any], runs: list[EvidenceRun]) -> list[Fact]:
    """The line of facts under the title."""
    tone = readable.TONES.get(str(evidence.light), "")
    light = "void" if hasattr(evidence, "voids") else evidence.get_light_display()
    found = [Fact("Light", light, tone="bad" if light == "void" else tone, note="by the policy’s limits")]
    found += readable.figures(results, str(evidence.light))
    again = [run for run in runs if run.verdict != Verdict.RECORDED]
    if again:
        same = sum(run.verdict == Verdict.IDENTICAL for run in again)
        found.append(Fact("Computed again", f"{same} of {len(again)}", note="identical"))
    return found


class EvidenceJson(OneEvidence, MemberPage):
    """The canonical bytes whose SHA-256 is the id."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The bytes as a file."""
        digest = self.evidence.result_digest
        answer = HttpResponse(vault.get(digest), content_type="application/json")
        answer["Content-Disposition"] = f'attachment; filename="{digest}.json"'
        return answer


class Reproduce(OneEvidence, ActPage):
    """Compute it again."""

    verb = verbs.reproduce
    title = "Compute this evidence again"
    button = "Reproduce"
    nav = "evidence"
    said = "The computation runs in a process of its own; the verdict is kept with the record."

    def target(self) -> dict[str, Any]:
        """The record."""
        return {"evidence": self.evidence}

    def done(self, result: Any) -> str:
        """Back to the record."""
        return self.evidence.get_absolute_url()


class Void(OneEvidence, ActPage):
    """Declare that it must not be relied on."""

    verb = verbs.void
    form_class = forms.Reason
    title = "Declare evidence void"
    sub = "It stays on record. Grants of use that rest on it are restricted at once."
    button = "Declare void"
    nav = "evidence"

    def target(self) -> dict[str, Any]:
        """The record."""
        return {"evidence": self.evidence}

    def done(self, result: Any) -> str:
        """Back to the record."""
        return self.evidence.get_absolute_url()
