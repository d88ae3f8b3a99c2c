"""What an open act does with papers: issue a sealed one, declare one void."""

from __future__ import annotations

from django.db import models

from mrm.access.acts import Act
from mrm.access.models import Scope
from mrm.access.rows import row_type
from mrm.kernel.errors import BadInput, RuleRefused
from mrm.papers.models import Paper, PaperVoid
from mrm.papers.rules import PAPER_VOID, Sealed


def issue(act: Act, *, scope: Scope, about: models.Model, sealed: Sealed) -> Paper:
    """Record a sealed paper on `about`; the entry names its bytes (`paper`) and its content (`content`)."""
    act.facts["paper"] = sealed.pdf_digest
    act.facts["content"] = sealed.content_digest
    return act.save(
        Paper(
            scope=scope,
            reference=sealed.reference,
            kind=sealed.kind,
            title=sealed.title,
            about_type=row_type(about),
            about_id=str(about.pk),
            content_digest=sealed.content_digest,
            pdf_digest=sealed.pdf_digest,
            size=sealed.size,
            pages=sealed.pages,
            language=sealed.language,
            zone=sealed.zone,
            certificate=sealed.certificate,
            sealed_at=act.now,
        )
    )


def void(act: Act, *, paper: Paper, reason: str) -> PaperVoid:
    """Declare that a paper must not be relied on any more."""
    if not reason.strip():
        raise BadInput(
            PAPER_VOID, "A paper is not declared void without a reason.", "Say what is wrong with it."
        )
    if PaperVoid.objects.filter(paper=paper).exists():
        raise RuleRefused(PAPER_VOID, f"{paper.reference} is void already.", "Nothing is left to do.")
    return act.save(
        PaperVoid(scope=paper.scope, paper=paper, person=act.person, reason=reason, voided_at=act.now)
    )
