"""Acts on papers: seal one, declare one void, export its evidence pack."""

from __future__ import annotations

from django.db import models

from mrm.access.acts import Act, verb
from mrm.access.models import Scope
from mrm.jobs import effects as jobs
from mrm.jobs.fence import Fence
from mrm.papers import effects, export
from mrm.papers.models import PackExport, Paper, PaperVoid
from mrm.papers.rules import Sealed


@verb("paper.seal")
def seal_paper(
    act: Act, *, scope: Scope, about: models.Model, sealed: Sealed, fence: Fence | None = None
) -> Paper:
    """Record that a paper was rendered and sealed; its bytes and content are in the vault."""
    if fence is not None:
        jobs.hold(act, fence)
    return effects.issue(act, scope=scope, about=about, sealed=sealed)


@verb("paper.void")
def void_paper(act: Act, *, paper: Paper, reason: str) -> PaperVoid:
    """Declare that a paper must not be relied on any more; the paper itself stays as it was sealed."""
    act.reason = reason
    return effects.void(act, paper=paper, reason=reason)


@verb("pack.export")
def export_pack(act: Act, *, paper: Paper) -> PackExport:
    """Take the evidence pack of a paper: the entry of this act names the pack's manifest."""
    manifest = export.gathered(paper).digest
    act.facts["manifest"] = manifest
    return act.save(
        PackExport(
            scope=paper.scope,
            paper=paper,
            person=act.person,
            manifest_digest=manifest,
            exported_at=act.now,
        )
    )
