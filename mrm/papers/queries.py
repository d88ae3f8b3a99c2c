"""Reads of papers, as far as the actor may see their scope."""

from __future__ import annotations

import json
from pathlib import Path

from mrm import vault
from mrm.access.actors import Actor
from mrm.access.rows import as_uuid
from mrm.evidence.models import Evidence
from mrm.kernel.canonical import sha256
from mrm.papers.models import Paper, PaperQuerySet


def visible(actor: Actor, scope: str = "") -> PaperQuerySet:
    """Papers the actor may see, newest first; of one scope where its key is given."""
    found: PaperQuerySet = Paper.objects.visible_to(actor).select_related("scope", "void")
    key = as_uuid(scope)
    return found.filter(scope=key) if key else found


def by_reference(actor: Actor, reference: str) -> Paper:
    """One paper, or the same NotFound for absent and forbidden."""
    paper: Paper = Paper.objects.one(actor, reference=reference)
    return paper


def pdf_of(paper: Paper) -> bytes:
    """The sealed bytes, checked by the vault."""
    return vault.get(paper.pdf_digest)


def evidence_of(text: str) -> list[Evidence] | None:
    """The evidence that a paper cites, by its reference or by its file; None when it is not a paper of ours."""
    papers = Paper.objects.filter(reference=text)
    file = Path(text)
    if file.suffix == ".pdf" and file.is_file():
        papers = Paper.objects.filter(pdf_digest=sha256(file.read_bytes()))
    paper = papers.first()
    if paper is None:
        return None
    cited = [item["digest"] for item in json.loads(vault.get(paper.content_digest))["evidence"]]
    known = {
        item.result_digest: item
        for item in Evidence.objects.filter(scope=paper.scope, result_digest__in=cited)
    }
    return [known[digest] for digest in cited if digest in known]
