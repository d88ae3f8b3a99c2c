"""Pages of findings and conditions: list and board, one finding with its history and its next act."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from mrm import vault
from mrm.access.history import entries_about
from mrm.access.pages import Member, MemberList, MemberPage
from mrm.evidence.models import Evidence
from mrm.kernel.errors import NotFound
from mrm.policy.queries import today
from mrm.web import words
from mrm.web.shapes import Action, Entry, Fact, Link, Requirement, Tab
from mrm.web.tables import Choice, Column, Empty, Table
from validation.findings import nextact, queries
from validation.findings.models import (
    Condition,
    ConditionQuerySet,
    Document,
    Finding,
    FindingQuerySet,
)
from validation.findings.rules import ConditionState, FindingState, Severity

FINDINGS = ("Findings", "/findings/")
BOARD = (
    FindingState.DRAFT,
    FindingState.RESPONSE,
    FindingState.ISSUED,
    FindingState.REMEDIATION,
    FindingState.READY_FOR_REVIEW,
    FindingState.ACCEPTED,
)


class FindingTable(Table):
    """Findings, newest first."""

    caption = "Findings"
    columns = (
        Column("reference", "Id", kind="id", link=lambda f: f.get_absolute_url(), sort="reference"),
        Column("title", "Finding", head=True, link=lambda f: f.get_absolute_url(), sort="title"),
        Column("severity", "Severity", kind="chip", sort="severity"),
        Column("state", "State", kind="chip", value=lambda f: FindingState(f.state), sort="state"),
        Column("model.name", "Model", link=lambda f: f.model.get_absolute_url(), sort="model__name"),
        Column("owner.name", "Owner", sort="owner__name"),
        Column("due", "Due", kind="day", num=True, sort="due", missing="not issued"),
        Column("raised_at", "Raised", kind="day", num=True, sort="raised_at"),
    )
    filters = (
        Choice("severity", "Severity", Severity.choices),
        Choice("state", "State", FindingState.choices),
        Choice(
            "late",
            "Late",
            [("yes", "overdue")],
            apply=lambda rows, value: queries.overdue(rows, today(None, timezone.now())),
        ),
    )
    search = ("title", "text", "reference", "model__name", "owner__name", "validation_reference")
    search_hint = "Title, id, model or owner"
    order = "-raised_at"
    empty = Empty(
        "No findings yet", "Validators raise findings; rules raise some from evidence by themselves."
    )


class FindingList(MemberList):
    """Every finding the reader may see, as a table."""

    title = "Findings"
    sub = "Weaknesses, whose they are, and by when they are mended."
    nav = "findings"
    table_class = FindingTable
    template_name = "findings/list.html"

    def get_queryset(self) -> FindingQuerySet:
        """What the reader may see."""
        return queries.findings(self.actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The two views."""
        return super().get_context_data(tabs=views(board=False), **kwargs)


class FindingBoard(MemberPage):
    """The same, by state."""

    title = "Findings"
    sub = FindingList.sub
    nav = "findings"
    template_name = "findings/board.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The columns."""
        rows = list(queries.findings(self.actor).filter(state__in=BOARD).order_by("due", "raised_at")[:300])
        columns = [(state.label, [line(row) for row in rows if row.state == state]) for state in BOARD]
        return super().get_context_data(columns=columns, tabs=views(board=True), **kwargs)


def views(*, board: bool) -> list[Tab]:
    """Table and board."""
    return [Tab("Table", reverse("findings"), not board), Tab("Board", reverse("finding-board"), board)]


def line(row: Finding) -> Requirement:
    """A finding as one line of a list."""
    due = f"due {words.day(row.due)}" if row.due else ""
    return Requirement(
        state="unmet" if row.is_open else "na",
        text=row.title,
        links=[Link(row.reference, row.get_absolute_url())],
        note=" · ".join(filter(None, [row.model.name, row.owner.name, due])),
        severity=str(row.severity),
    )


class OneFinding(Member):
    """What every page of one finding knows."""

    kwargs: dict[str, Any]

    @cached_property
    def finding(self) -> Finding:
        """The finding of the address, if the reader may see it."""
        return queries.finding(self.actor, self.kwargs["reference"])

    def get_crumbs(self) -> Sequence[tuple[str, str]]:
        """Findings, this finding."""
        return [FINDINGS, (self.finding.reference, self.finding.get_absolute_url())]


class FindingPage(OneFinding, MemberPage):
    """One finding: what it says, what was answered and done, what comes next."""

    nav = "findings"
    template_name = "findings/finding.html"

    def get_title(self) -> str:
        """Its title."""
        return self.finding.title

    def get_sub(self) -> str:
        """Where it belongs."""
        found = self.finding
        version = f", version {found.version.number}" if found.version else ""
        return f"{found.reference} · {found.model.name}{version}"

    def get_crumbs(self) -> Sequence[tuple[str, str]]:
        """Findings, the model."""
        return [FINDINGS, (self.finding.model.reference, self.finding.model.get_absolute_url())]

    def get_here(self) -> str:
        """Its reference."""
        return self.finding.reference

    def get_actions(self) -> list[Action]:
        """The next act first."""
        return nextact.actions(self.actor, self.finding)[:4]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Everything about it."""
        found = self.finding
        rows = Evidence.objects.filter(scope=found.scope, result_digest__in=found.evidence)
        return super().get_context_data(
            **{
                "finding": found,
                "facts": facts(found),
                "waits": nextact.waits(found),
                "more": nextact.actions(self.actor, found)[4:],
                "evidence": list(rows.select_related("voids")),
                "documents": list(found.documents.select_related("person")),
                "responses": list(found.responses.select_related("person")),
                "plans": list(found.plans.select_related("asked_by", "decided_by")),
                "extensions": list(found.extensions.select_related("asked_by", "decided_by")),
                "acceptances": list(found.acceptances.select_related("asked_by", "decided_by")),
                "submissions": list(found.submissions.select_related("person")),
                "closures": list(found.closures.select_related("person")),
                "advices": list(found.advices.select_related("person")),
                "conditions": list(found.conditions.standing()),
                "history": history(found),
            }
            | kwargs
        )


def facts(found: Finding) -> list[Fact]:
    """The line of facts."""
    day = today(found.scope, timezone.now())
    late = bool(found.due and found.is_open and found.due < day)
    until = found.accepted_until if found.state == FindingState.ACCEPTED else found.due
    return [
        Fact(
            "Severity",
            found.get_severity_display(),
            tone="bad" if found.severity in ("critical", "high") else "",
        ),
        Fact("State", found.get_state_display()),
        Fact("Owner", found.owner.name),
        Fact(
            "Due",
            words.day(until) if until else "when issued",
            tone="bad" if late else "",
            note="overdue" if late else "",
        ),
        Fact("Raised", words.day(found.raised_at), note=f"by rule {found.rule}" if found.rule else "by hand"),
        Fact("Validation", found.validation_reference or "none"),
    ]


def history(row: Any) -> list[Entry]:
    """Who did what to it, newest first."""
    entries = (
        entries_about(row).filter(outcome="done").select_related("person", "on_behalf_of").order_by("-id")
    )
    return [
        Entry(
            item.at,
            item.act.partition(".")[2].replace("_", " ").capitalize()
            + (f": {item.reason}" if item.reason else ""),
            f"{item.person.name} for {item.on_behalf_of.name}" if item.on_behalf_of else item.person.name,
        )
        for item in entries[:40]
    ]


class DocumentFile(OneFinding, MemberPage):
    """A document of a finding, as it was attached."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Its bytes; never shown in place, always saved."""
        document = Document.objects.filter(finding=self.finding, pk=self.kwargs["document"]).first()
        if document is None:
            raise NotFound
        answer = HttpResponse(vault.get(document.digest), content_type="application/octet-stream")
        safe = "".join(sign if sign.isalnum() or sign in "-_. " else "_" for sign in document.name)
        answer["Content-Disposition"] = f'attachment; filename="{safe}"'
        return answer


class ConditionTable(Table):
    """Conditions of use."""

    caption = "Conditions of use"
    columns = (
        Column("reference", "Id", kind="id", link=lambda c: c.get_absolute_url(), sort="reference"),
        Column("text", "Condition", head=True, link=lambda c: c.get_absolute_url()),
        Column("state", "State", kind="chip", value=lambda c: c.standing_now),
        Column("model.name", "Model", link=lambda c: c.model.get_absolute_url(), sort="model__name"),
        Column("validation_reference", "Validation", kind="id"),
        Column("due", "Due", kind="day", num=True, sort="due", missing="none"),
        Column("ends", "Ends", kind="day", num=True, sort="ends", missing="none"),
    )
    filters = (Choice("state", "State", ConditionState.choices),)
    search = ("text", "reference", "model__name", "validation_reference")
    order = "due"
    empty = Empty(
        "No conditions yet", "Validators and risk officers propose conditions; approvals impose them."
    )


class ConditionList(MemberList):
    """Every condition the reader may see."""

    title = "Conditions of use"
    sub = "What an approval imposes. A condition that lapses blocks use."
    nav = "conditions"
    table_class = ConditionTable

    def get_queryset(self) -> ConditionQuerySet:
        """What the reader may see."""
        return queries.conditions(self.actor)


class OneCondition(Member):
    """What every page of one condition knows."""

    kwargs: dict[str, Any]

    @cached_property
    def condition(self) -> Condition:
        """The condition of the address, if the reader may see it."""
        return queries.condition(self.actor, self.kwargs["reference"])


class ConditionPage(OneCondition, MemberPage):
    """One condition."""

    nav = "conditions"
    template_name = "findings/condition.html"
    crumbs = (("Conditions", "/conditions/"),)

    def get_title(self) -> str:
        """Its reference."""
        return f"Condition {self.condition.reference}"

    def get_sub(self) -> str:
        """Where it belongs."""
        found = self.condition
        return f"{found.model.name}, version {found.version.number} · {found.validation_reference}"

    def get_actions(self) -> list[Action]:
        """Fulfil, then confirm."""
        found = self.condition
        if found.state != ConditionState.IN_FORCE:
            return []
        route = "condition-confirm" if found.fulfilment else "condition-fulfil"
        label = "Confirm that it is fulfilled" if found.fulfilment else "Say how it was fulfilled"
        return [Action(label, reverse(route, args=[found.reference]), "primary")]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Everything about it."""
        found = self.condition
        rows = [
            Fact("State", found.standing_now.replace("_", " ")),
            Fact("Check", found.check_text),
            Fact("Due", words.day(found.due) if found.due else "none"),
            Fact("Ends", words.day(found.ends) if found.ends else "none"),
            Fact("Finding", found.finding.reference if found.finding else "none",
                 url=found.finding.get_absolute_url() if found.finding else ""),
            Fact("Justification", found.justification or "none"),
            Fact("Alternatives searched", found.alternatives or "none"),
            Fact("Fulfilment", found.fulfilment or "not yet"),
        ]  # fmt: skip
        return super().get_context_data(
            **{"condition": found, "facts": rows, "history": history(found)} | kwargs
        )
