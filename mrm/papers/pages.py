"""Pages of papers: the list, one paper with its signatures, its PDF, its check, its evidence pack, its voiding."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property

from mrm.access.acts import can
from mrm.access.models import Signature
from mrm.access.pages import ActPage, Member, MemberList, MemberPage
from mrm.kernel import numbers
from mrm.kernel.errors import NotFound
from mrm.papers import export, queries, verbs, verifying
from mrm.papers.forms import VoidForm
from mrm.papers.models import PackExport, Paper, PaperQuerySet
from mrm.papers.rules import PaperKind
from mrm.web import words
from mrm.web.forms import Form
from mrm.web.shapes import Action, Fact
from mrm.web.tables import Choice, Column, Empty, Table

PAPERS = ("Papers", "/papers/")


def standing(paper: Paper) -> str:
    """Sealed, or void."""
    return "void" if hasattr(paper, "void") else "sealed"


class PaperTable(Table):
    """Papers, the newest first."""

    caption = "Papers"
    columns = (
        Column(
            "reference", "Paper", kind="id", head=True, link=lambda p: p.get_absolute_url(), sort="reference"
        ),
        Column("title", "Title", link=lambda p: p.get_absolute_url(), sort="title"),
        Column("kind", "Kind", value=lambda p: p.get_kind_display(), sort="kind"),
        Column("scope.label", "Belongs to", sort="scope__label"),
        Column("standing", "Standing", kind="chip", value=standing),
        Column("pages", "Pages", kind="number", sort="pages"),
        Column("sealed_at", "Sealed", kind="moment", num=True, sort="sealed_at"),
        Column("content_digest", "Signed content", kind="digest"),
    )
    filters = (Choice("kind", "Kind", PaperKind.choices),)
    search = ("reference", "title", "scope__label", "content_digest", "pdf_digest")
    search_hint = "Reference, title, model or digest"
    order = "-sealed_at"
    empty = Empty("No paper yet", "A validation that has its last approval leaves its sealed report here.")


class PaperList(MemberList):
    """Every paper the reader may see; `?scope=` narrows to one model."""

    title = "Papers"
    sub = "Sealed reports. What they say was signed first; anyone can check them without us."
    nav = "papers"
    table_class = PaperTable

    def get_queryset(self) -> PaperQuerySet:
        """What the reader may see."""
        return queries.visible(self.actor, self.request.GET.get("scope", ""))


class OnePaper(Member):
    """What every page of one paper knows."""

    nav = "papers"
    kwargs: dict[str, Any]

    @cached_property
    def paper(self) -> Paper:
        """The paper of the address, if the reader may see it."""
        return queries.by_reference(self.actor, self.kwargs["reference"])

    def get_crumbs(self) -> list[tuple[str, str]]:
        """Papers, this one."""
        return [PAPERS, (self.paper.reference, self.paper.get_absolute_url())]


class PaperPage(OnePaper, MemberPage):
    """One paper: what it is, who signed what it says, how to check it, who took packs."""

    template_name = "paper/paper.html"

    def get_title(self) -> str:
        """Reference and title."""
        return f"{self.paper.reference} {self.paper.title}"

    def get_crumbs(self) -> list[tuple[str, str]]:
        """Back to the list."""
        return [PAPERS]

    def get_actions(self) -> list[Action]:
        """The PDF, the pack, the check, the voiding."""
        key, actor = [self.paper.reference], self.actor
        actions = [Action("Download PDF", reverse("paper-pdf", args=key), "primary")]
        refused = can(actor, "pack.export", paper=self.paper) or ""
        actions.append(Action("Evidence pack", reverse("paper-pack", args=key), why_not=refused))
        actions.append(Action("Verify", reverse("paper-verify", args=key)))
        if "risk_officer" in actor.roles and not hasattr(self.paper, "void"):
            refused = can(actor, "paper.void", paper=self.paper) or ""
            actions.append(Action("Declare void", reverse("paper-void", args=key), "danger", why_not=refused))
        return actions

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Facts, signatures, exports."""
        signatures = Signature.objects.filter(digest=self.paper.content_digest, scope=self.paper.scope)
        return super().get_context_data(
            paper=self.paper,
            facts=facts(self.paper),
            signatures=list(signatures.select_related("person").order_by("signed_at")),
            exports=list(self.paper.exports.select_related("person").order_by("-exported_at")[:20]),
            **kwargs,
        )


class PaperPdf(OnePaper, MemberPage):
    """The sealed bytes."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The file."""
        return download(queries.pdf_of(self.paper), "application/pdf", self.paper.file_name)


class VerifyPaper(OnePaper, MemberPage):
    """The paper checked now: its seal, its attachment, its entry in the signed ledger."""

    title = "Verify a paper"
    template_name = "paper/verify.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What the check found, by this installation's own key."""
        report = verifying.verify_own(self.paper)
        verdict = ("proved", "tampered", "cannot tell")[report.code]
        kind = ("good", "bad", "warn")[report.code]
        return super().get_context_data(paper=self.paper, report=report, verdict=verdict, kind=kind, **kwargs)


class ExportPack(OnePaper, ActPage):
    """Take the evidence pack: an entry of its own, then the file."""

    title = "Take the evidence pack"
    button = "Take the pack"
    verb = verbs.export_pack

    def get_sub(self) -> str:
        """What it holds."""
        return "The sealed PDF, what was signed, every evidence record it cites, the ledger’s entries with their proofs, and a verifier."

    def target(self) -> dict[str, Any]:
        """The paper."""
        return {"paper": self.paper}

    def act(self, form: Form) -> PackExport:
        """The act; its result names the file."""
        exported: PackExport = super().act(form)
        return exported

    def done(self, result: Any) -> str:
        """The file."""
        return reverse("paper-pack-file", args=[self.paper.reference, result.pk])


class PackFile(OnePaper, MemberPage):
    """The pack of an export, as far as the reader may see the paper."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The archive, proved at the newest checkpoint."""
        key: UUID = self.kwargs["export"]
        exported = (
            self.paper.exports.filter(pk=key, person=self.actor.person).select_related("paper__scope").first()
        )
        if exported is None:
            raise NotFound
        return download(export.archive(exported), "application/zip", f"{self.paper.reference}-pack.zip")


class VoidPaper(OnePaper, ActPage):
    """Declare that a paper must not be relied on."""

    title = "Declare a paper void"
    button = "Declare it void"
    verb = verbs.void_paper
    form_class = VoidForm
    said = "The paper is void. Its bytes stay as they were sealed."

    def target(self) -> dict[str, Any]:
        """The paper."""
        return {"paper": self.paper}

    def done(self, result: Any) -> str:
        """The paper's page."""
        return self.paper.get_absolute_url()


def download(data: bytes, kind: str, name: str) -> HttpResponse:
    """Bytes as a file; readers never run what they download from us."""
    answer = HttpResponse(data, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def facts(paper: Paper) -> list[Fact]:
    """What is known of it."""
    void = getattr(paper, "void", None)
    return [
        Fact("Kind", paper.get_kind_display()),
        Fact("Belongs to", paper.scope.label),
        Fact(
            "Standing",
            "void" if void else "sealed",
            void.reason if void else "",
            tone="bad" if void else "good",
        ),
        Fact("Sealed", words.moment(paper.sealed_at)),
        Fact("Size", f"{paper.pages} pages", numbers.size(paper.size)),
    ]
