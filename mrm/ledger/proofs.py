"""Proofs out of the stored nodes: a logarithmic number of them, in one query."""

from __future__ import annotations

from collections.abc import Sequence as Many

from mrm.kernel import merkle
from mrm.ledger.models import Node, Sequence


def fetch(positions: Many[int]) -> dict[int, bytes]:
    """The hashes of perfect subtrees by position; an absent one is an error."""
    rows = Node.objects.filter(position__in=positions).values_list("position", "hash")
    found = {position: bytes(data) for position, data in rows}
    if absent := set(positions) - set(found):
        raise LookupError(f"the ledger's tree lacks node {min(absent)}")
    return found


def size() -> int:
    """How many entries are in the sequence."""
    last = Sequence.objects.order_by("-index").values_list("index", flat=True).first()
    return 0 if last is None else last + 1


def tree(entries: int) -> merkle.CompactRange:
    """The right edge of the tree of `entries` leaves, ready to grow."""
    positions = merkle.peaks(0, entries)
    hashes = fetch(positions) if positions else {}
    return merkle.CompactRange(entries, [hashes[place] for place in positions])


def root(entries: int) -> bytes:
    """The root of the first `entries` entries."""
    return tree(entries).root()


def inclusion(index: int, entries: int) -> list[bytes]:
    """The audit path of entry `index` in the tree of `entries`."""
    return merkle.inclusion(index, entries, fetch)


def consistency(first: int, second: int) -> list[bytes]:
    """The proof that the tree of `first` entries is a prefix of that of `second`."""
    return merkle.consistency(first, second, fetch)
