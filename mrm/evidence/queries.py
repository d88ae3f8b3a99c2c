"""Reads of evidence, as far as the actor may see its scope."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from mrm import vault
from mrm.access.actors import Actor
from mrm.access.models import Scope
from mrm.evidence import content as contents
from mrm.evidence.models import Evidence, EvidenceQuerySet
from mrm.evidence.rules import SHORTEST_ID, digits, shortest
from mrm.kernel.errors import BadInput, NotFound


def visible(actor: Actor, scope: Scope | None = None) -> EvidenceQuerySet:
    """Evidence the actor may see, newest first, with what its rows show."""
    found: EvidenceQuerySet = Evidence.objects.visible_to(actor).select_related("scope", "voids")
    return found.filter(scope=scope) if scope is not None else found


def by_id(actor: Actor, text: str) -> Evidence:
    """The evidence of an id such as `ev:0c3f8a91b2`, or of a longer beginning of its digest."""
    start = digits(text)
    if start is None:
        raise NotFound
    found = visible(actor).filter(result_digest__startswith=start)
    known = set(found.values_list("result_digest", flat=True)[:100])
    if not known:
        raise NotFound
    if len(known) > 1:
        raise BadInput(
            "evidence_ambiguous",
            f"“{text}” names {len(known)} records of evidence.",
            "Give more digits: " + ", ".join(shortest(item, sorted(known)) for item in sorted(known)) + ".",
        )
    evidence: Evidence = found[0]
    return evidence


def short_ids(actor: Actor, digests: Iterable[str]) -> dict[str, str]:
    """The id of each digest, longer than ten digits only where ambiguous within what the reader may see."""
    wanted = sorted(set(digests))
    if not wanted:
        return {}
    alike = Q()
    for start in {item[:SHORTEST_ID] for item in wanted}:
        alike |= Q(result_digest__startswith=start)
    known = list(Evidence.objects.visible_to(actor).filter(alike).values_list("result_digest", flat=True))
    return {item: shortest(item, known) for item in wanted}


def content_of(evidence: Evidence) -> dict[str, Any]:
    """What is recorded, from the vault (which checks its digest)."""
    return contents.decode(vault.get(evidence.result_digest))


def cited_in(scope: Scope, texts: Iterable[str]) -> list[Evidence]:
    """The evidence of some ids within one scope, for a text that cites it; void evidence is refused."""
    found: list[Evidence] = []
    for text in texts:
        start = digits(text)
        known = list(Evidence.objects.filter(scope=scope, result_digest__startswith=start)) if start else []
        if len(known) != 1:
            raise BadInput(
                "evidence_unknown" if not known else "evidence_ambiguous",
                f"“{text}” names {'no' if not known else 'more than one record of'} evidence of this model.",
                "Copy the id from the evidence's page.",
            )
        if hasattr(known[0], "voids"):
            raise BadInput(
                "evidence_void", f"{known[0].short} has been declared void.", "Cite evidence that stands."
            )
        found += known
    return list({item.result_digest: item for item in found}.values())
