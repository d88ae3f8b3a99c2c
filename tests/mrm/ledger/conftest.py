"""A ledger with some history, and an attacker who owns the database."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection, transaction

from mrm.kernel import merkle, notes
from mrm.kernel.canonical import canonical
from mrm.ledger import leaves, proofs, sealing, triggers
from mrm.ledger.models import Checkpoint, Leaf, Node, Sequence
from mrm.ledger.origin import origin
from mrm.ledger.report import Reader, Report
from mrm.ledger.signer import vkey
from mrm.ledger.verify import verify_ledger

PLAIN: dict[str, Any] = {"actor": "robot", "auth": {"method": "robot"}, "act": "model.register"}


def write(count: int = 1, **fields: Any) -> list[Leaf]:
    """Some entries, each in a transaction of its own."""
    written = []
    for _ in range(count):
        with transaction.atomic():
            written.append(leaves.append(PLAIN | fields))
    return written


def judge(*, held: str | None = None, own: bool = False) -> Report:
    """What a reader says who trusts the real key."""
    return verify_ledger(None, Reader((vkey(),), own=own, held=held))


def place_of(report: Report) -> list[str]:
    return [problem.place for problem in report.problems]


class Attacker:
    """Owns the database: triggers are gone, every row can be written."""

    def __init__(self) -> None:
        triggers.drop_all(connection)

    def sql(self, statement: str, *parameters: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, list(parameters))

    def leaf_at(self, index: int) -> Leaf:
        return Leaf.objects.get(sequence__index=index)

    def bytes_with(self, index: int, **fields: Any) -> bytes:
        return canonical(json.loads(bytes(self.leaf_at(index).bytes)) | fields)

    def put(self, index: int, data: bytes, hashed: str | None = None) -> None:
        """Other bytes at an index, with the hash that fits them unless told another."""
        hashed = hashed or merkle.leaf_hash(data).hex()
        Leaf.objects.filter(sequence__index=index).update(bytes=data, hash=hashed)

    def arrange(self, order: Iterable[int]) -> None:
        """The sequence anew: these leaf ids, in this order."""
        Sequence.objects.all()._raw_delete("default")
        Sequence.objects.bulk_create(
            [Sequence(index=index, leaf_id=leaf_id) for index, leaf_id in enumerate(order)]
        )

    def order(self) -> list[int]:
        return list(Sequence.objects.order_by("index").values_list("leaf_id", flat=True))

    def rebuild_tree(self) -> None:
        """Every node as it would be had the leaves always been these."""
        Node.objects.all()._raw_delete("default")
        tree = merkle.CompactRange()
        for hashed in Sequence.objects.order_by("index").values_list("leaf__hash", flat=True):
            for position, data in tree.append(bytes.fromhex(hashed)):
                Node.objects.create(position=position, hash=data)

    def sign_anew(self, key: Ed25519PrivateKey) -> None:
        """Every checkpoint over the present tree, signed with `key`."""
        for row in Checkpoint.objects.all():
            extensions = notes.read_checkpoint(row.note)[0].extensions
            head = notes.Head(origin(), row.size, proofs.root(row.size), extensions)
            note = notes.sign(head.text(), origin(), key)
            Checkpoint.objects.filter(pk=row.pk).update(root=head.root.hex(), note=note)


@pytest.fixture
def history(db: None) -> int:
    """A sealed history in five checkpoints; returns its number of entries."""
    for count in (3, 1, 8, 7, 2):
        write(count)
        sealing.seal()
    return proofs.size()


@pytest.fixture
def attacker(history: int) -> Attacker:
    return Attacker()
