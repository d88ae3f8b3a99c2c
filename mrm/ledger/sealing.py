"""Sealing: committed leaves get their place, the grown tree its signed head. Any process may do it.

Order is one short transaction per batch, signing another after it: a signature covers only what is already
durable, so that a crash between the two can never leave a signed head that the database does not hold.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from mrm.kernel import notes
from mrm.kernel.clock import utc
from mrm.ledger import proofs
from mrm.ledger.clock import now
from mrm.ledger.models import Checkpoint, Leaf, Node, Pending, Sequence
from mrm.ledger.origin import origin
from mrm.ledger.signer import signer

BATCH = 500
HEARTBEAT = timedelta(hours=1)
LOCK = 0x6C6564676572  # "ledger"
TIME = "Time: "


def seal() -> Checkpoint | None:
    """Order what waits and sign the head; with nothing new, a heartbeat once an hour. None when nothing was due."""
    # Until a batch is not full, not until nothing waits: under steady writing that moment never comes.
    while Pending.objects.exists() and _order() == BATCH:
        pass
    return _sign() if _due() else None


def _lock() -> None:
    """One sealer at a time: an advisory lock on PostgreSQL; on SQLite the transaction itself (IMMEDIATE)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _order() -> int:
    """Give the next batch of committed leaves their indices, in leaf order; returns how many there were."""
    with transaction.atomic(durable=True):
        _lock()
        waiting = Pending.objects.order_by("leaf_id").values_list("leaf_id", "leaf__hash")[:BATCH]
        leaves = list(waiting)
        tree = proofs.tree(proofs.size())
        places, nodes = [], []
        for leaf_id, hashed in leaves:
            places.append(Sequence(index=tree.size, leaf_id=leaf_id))
            nodes += [Node(position=place, hash=data) for place, data in tree.append(bytes.fromhex(hashed))]
        Sequence.objects.bulk_create(places)
        Node.objects.bulk_create(nodes)
        Pending.objects.filter(leaf_id__in=[leaf_id for leaf_id, _ in leaves]).delete()
        return len(leaves)


def newest() -> Checkpoint | None:
    """The newest signed checkpoint."""
    return Checkpoint.objects.order_by("-id").first()


def _due() -> bool:
    entries, head = proofs.size(), newest()
    if head is None or head.size != entries:
        return entries > 0
    return now() - head.signed_at >= HEARTBEAT


def _sign() -> Checkpoint | None:
    with transaction.atomic(durable=True):
        _lock()
        if not _due():  # another process signed while this one waited
            return None
        entries, who, moment = proofs.size(), signer(), now()
        head = notes.Head(origin(), entries, proofs.root(entries), (TIME + utc(moment),))
        last = who.last()
        grown = last is not None and last[0] <= entries
        proof = proofs.consistency(last[0], entries) if last is not None and grown else []
        return Checkpoint.objects.create(
            size=entries, root=head.root.hex(), note=who.sign(head, proof), signed_at=moment
        )


def receipt(leaf: Leaf) -> dict[str, Any]:
    """Seal now, and say where the committed `leaf` stands: index, checkpoint and inclusion proof."""
    seal()
    index = Sequence.objects.values_list("index", flat=True).get(leaf=leaf)
    checkpoint = Checkpoint.objects.filter(size__gt=index).latest("id")
    return {
        "index": index,
        "leaf_hash": leaf.hash,
        "size": checkpoint.size,
        "checkpoint": checkpoint.note,
        "proof": [item.hex() for item in proofs.inclusion(index, checkpoint.size)],
    }
