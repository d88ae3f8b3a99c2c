"""Search: models, versions, findings, validations, evidence, papers and digests; only what the reader may see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from mrm.access.actors import Actor
from mrm.access.pages import MemberPage
from mrm.evidence.models import Evidence
from mrm.papers.models import Paper
from registry.data.models import Dataset, Snapshot
from registry.inventory import queries as inventory
from registry.versions.models import Version
from validation.cases.models import Validation
from validation.findings.models import Condition, Finding

EACH = 20
LEAST_DIGEST = 6


@dataclass(frozen=True)
class Hit:
    """One thing found."""

    kind: str
    reference: str
    words: str
    url: str


class Search(MemberPage):
    """What was found, kind by kind."""

    title = "Search"
    template_name = "desk/search.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The hits of `?q=`."""
        text = self.request.GET.get("q", "").strip()[:200]
        hits = list(found(self.actor, text)) if text else []
        return super().get_context_data(query=text, hits=hits, **kwargs)


def found(actor: Actor, text: str) -> Iterator[Hit]:
    """Everything that `text` names, exactly (a reference, a digest) or in words."""
    for model in inventory.search(inventory.visible(actor), text)[:EACH]:
        yield Hit("model", model.reference, model.name, model.get_absolute_url())
    named = Q(reference__iexact=text)
    for finding in Finding.objects.visible_to(actor).filter(named | Q(title__icontains=text))[:EACH]:
        yield Hit("finding", finding.reference, finding.title, finding.get_absolute_url())
    for condition in Condition.objects.visible_to(actor).filter(named).select_related("model")[:EACH]:
        yield Hit("condition", condition.reference, condition.text[:80], condition.model.get_absolute_url())
    for case in Validation.objects.visible_to(actor).filter(named).select_related("model")[:EACH]:
        yield Hit("validation", case.reference, case.model.name, case.get_absolute_url())
    for dataset in Dataset.objects.visible_to(actor).filter(named | Q(name__icontains=text))[:EACH]:
        yield Hit("dataset", dataset.reference, dataset.name, dataset.get_absolute_url())
    for paper in Paper.objects.visible_to(actor).filter(named)[:EACH]:
        yield Hit("paper", paper.reference, paper.get_kind_display(), paper.get_absolute_url())
    yield from _digests(actor, text.removeprefix("ev:").lower())


def _digests(actor: Actor, digest: str) -> Iterator[Hit]:
    if len(digest) < LEAST_DIGEST or set(digest) - set("0123456789abcdef"):
        return
    for evidence in Evidence.objects.visible_to(actor).filter(result_digest__startswith=digest)[:EACH]:
        yield Hit("evidence", evidence.short, evidence.title, evidence.get_absolute_url())
    for version in (
        Version.objects.visible_to(actor).filter(artefact__startswith=digest).select_related("model")[:EACH]
    ):
        yield Hit("version", f"v{version.number}", version.model.name, version.get_absolute_url())
    for snapshot in Snapshot.objects.visible_to(actor).filter(
        Q(file_digest__startswith=digest) | Q(content__data_digest__startswith=digest)
    )[:EACH]:
        yield Hit("snapshot", snapshot.reference, snapshot.file_name, snapshot.get_absolute_url())
