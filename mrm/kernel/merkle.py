"""Merkle trees: hashing of RFC 6962, proofs and their verification of RFC 9162 §2.1.

A tree of n leaves is the roots of its perfect subtrees, left to right (`CompactRange`). Every perfect subtree
has one number, its in-order *position*: leaf i stands at 2i, the parent of two neighbours between them. A
store that maps positions to hashes therefore answers every proof with O(log n) look-ups.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence

EMPTY = hashlib.sha256(b"").digest()
Fetch = Callable[[Sequence[int]], Mapping[int, bytes]]


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(00 ‖ leaf)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def position(level: int, index: int) -> int:
    """The in-order number of the perfect subtree `index` of height `level`."""
    return (index << level + 1) + (1 << level) - 1


def nodes_in(size: int) -> int:
    """How many perfect subtrees a tree of `size` leaves holds, its leaves among them."""
    return 2 * size - size.bit_count()


class CompactRange:
    """The roots of the perfect subtrees of a growing tree: all that appending and the root need."""

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)
        if len(self.hashes) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} perfect subtrees")

    def append(self, leaf: bytes) -> list[tuple[int, bytes]]:
        """Add one leaf *hash*; returns position and hash of every subtree that it completes, itself first."""
        level, index, node = 0, self.size, leaf
        made = [(position(0, index), node)]
        while index & 1:
            node = node_hash(self.hashes.pop(), node)
            level, index = level + 1, index >> 1
            made.append((position(level, index), node))
        self.hashes.append(node)
        self.size += 1
        return made

    def root(self) -> bytes:
        """The root of the tree so far."""
        if not self.hashes:
            return EMPTY
        *left, node = self.hashes
        for sibling in reversed(left):
            node = node_hash(sibling, node)
        return node


def root(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf *bytes*, as a stream."""
    tree = CompactRange()
    for leaf in leaves:
        tree.append(leaf_hash(leaf))
    return tree.root()


def peaks(begin: int, end: int) -> list[int]:
    """Positions of the perfect subtrees that cover leaves `begin` to `end`, left to right.

    `begin` must be a multiple of the largest power of two below `end - begin`, as in every RFC 6962 subtree.
    """
    found = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        found.append(position(level, begin >> level))
        begin += 1 << level
    return found


def _fold(hashes: Mapping[int, bytes], positions: Sequence[int]) -> bytes:
    *left, node = [hashes[place] for place in positions]
    for sibling in reversed(left):
        node = node_hash(sibling, node)
    return node


def _split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << (size - 1).bit_length() - 1


def _prove(parts: list[list[int]], fetch: Fetch) -> list[bytes]:
    hashes = fetch([place for part in parts for place in part])
    return [_fold(hashes, part) for part in parts]


def inclusion(index: int, size: int, fetch: Fetch) -> list[bytes]:
    """The audit path of leaf `index` in the tree of `size` leaves (RFC 9162 §2.1.3.1)."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size} leaves")
    parts: list[list[int]] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            parts.append(peaks(middle, end))
            end = middle
        else:
            parts.append(peaks(begin, middle))
            begin = middle
    return _prove(parts[::-1], fetch)


def consistency(first: int, second: int, fetch: Fetch) -> list[bytes]:
    """The proof that the tree of `first` leaves is a prefix of that of `second` (RFC 9162 §2.1.4.1)."""
    if not 0 < first <= second:
        raise ValueError(f"no consistency proof leads from {first} to {second} leaves")
    if first == second:
        return []
    parts: list[list[int]] = []
    begin, end = 0, second
    while end != first:
        middle = begin + _split(end - begin)
        if first <= middle:
            parts.append(peaks(middle, end))
            end = middle
        else:
            parts.append(peaks(begin, middle))
            begin = middle
    if begin:
        parts.append(peaks(begin, end))
    return _prove(parts[::-1], fetch)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether leaf *hash* `leaf` stands at `index` in the tree with `root` (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size or any(len(item) != 32 for item in proof):
        return False
    first, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if first & 1 or first == last:
            node = node_hash(sibling, node)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and node == root


def verify_consistency(
    first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the tree `second` grew out of the tree `first` (RFC 9162 §2.1.4.2); size 0 proves nothing."""
    if not 0 < first <= second or any(len(item) != 32 for item in proof):
        return False
    if first == second:
        return not proof and first_root == second_root
    path = list(proof)
    if first.bit_count() == 1:
        path.insert(0, first_root)
    if not path:
        return False
    small, large = first - 1, second - 1
    while small & 1:
        small, large = small >> 1, large >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if large == 0:
            return False
        if small & 1 or small == large:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not small & 1 and small:
                small, large = small >> 1, large >> 1
        else:
            new = node_hash(new, sibling)
        small, large = small >> 1, large >> 1
    return large == 0 and old == first_root and new == second_root
