"""Gathering a paper's evidence pack from vault and ledger."""

from __future__ import annotations

import json
from collections.abc import Iterable

from mrm import vault
from mrm.access.models import Entry
from mrm.ledger import proofs, sealing
from mrm.ledger.models import Checkpoint, Sequence
from mrm.ledger.origin import origin
from mrm.papers import pack
from mrm.papers.models import PackExport, Paper

WHOLE_TREE = 100_000
"""Up to this many entries a pack carries every leaf's hash, so that any earlier checkpoint can be compared."""
CHECKPOINTS = 500
"""Beyond, it carries consistency proofs from as many of the newest checkpoints."""


def gathered(paper: Paper) -> pack.Files:
    """The files of the pack: paper, signed content, and every evidence record that the content cites."""
    content = vault.get(paper.content_digest)
    cited = [item["digest"] for item in json.loads(content).get("evidence", [])]
    return pack.gather(
        log=origin(),
        papers={paper.file_name: vault.get(paper.pdf_digest), f"{paper.reference}.json": content},
        evidence={digest: vault.get(digest) for digest in cited},
    )


def archive(export: PackExport) -> bytes:
    """The pack of an export, proved at the newest checkpoint. Runs after the act: its own entry is inside."""
    sealing.seal()
    checkpoint = Checkpoint.objects.latest("id")
    size = checkpoint.size
    wanted = Entry.objects.filter(scope=export.paper.scope).values("leaf_id")
    places = Sequence.objects.filter(leaf__in=wanted, index__lt=size).select_related("leaf").order_by("index")
    whole = size <= WHOLE_TREE
    return pack.build(
        gathered(export.paper),
        leaves=[
            pack.Leaf(place.index, bytes(place.leaf.bytes), proofs.inclusion(place.index, size))
            for place in places
        ],
        checkpoint=checkpoint.note,
        size=size,
        tree=list(_hashes(size)) if whole else None,
        consistency={}
        if whole
        else {earlier: proofs.consistency(earlier, size) for earlier in _earlier(size)},
    )


def _hashes(size: int) -> Iterable[bytes]:
    stored = Sequence.objects.filter(index__lt=size).order_by("index").values_list("leaf__hash", flat=True)
    return (bytes.fromhex(text) for text in stored.iterator(2000))


def _earlier(size: int) -> list[int]:
    sizes = (
        Checkpoint.objects.filter(size__lt=size, size__gt=0).order_by("-size").values_list("size", flat=True)
    )
    return sorted(set(sizes[:CHECKPOINTS]))
