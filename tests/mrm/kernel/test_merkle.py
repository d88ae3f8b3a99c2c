"""Merkle hashing and proofs against the published vectors and against the RFC's own recursive definition."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mrm.kernel import merkle

VECTOR_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
VECTOR_ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 9162 §2.1.1, as written."""
    if len(leaves) < 2:
        return merkle.leaf_hash(leaves[0]) if leaves else merkle.EMPTY
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return merkle.node_hash(naive_root(leaves[:k]), naive_root(leaves[k:]))


def naive_path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 9162 §2.1.3.1, as written."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_proof(m: int, leaves: Sequence[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 9162 §2.1.4.1, as written."""
    if m == len(leaves):
        return [] if whole else [naive_root(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*naive_proof(m, leaves[:k], whole), naive_root(leaves[k:])]
    return [*naive_proof(m - k, leaves[k:], False), naive_root(leaves[:k])]


class Store(dict[int, bytes]):
    """A tree's nodes by position, counting what is asked of it."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        super().__init__()
        self.asked = 0
        self.tree = merkle.CompactRange()
        for leaf in leaves:
            self.update(self.tree.append(merkle.leaf_hash(leaf)))

    def fetch(self, positions: Sequence[int]) -> dict[int, bytes]:
        self.asked += len(positions)
        return {place: self[place] for place in positions}


def numbered(count: int) -> list[bytes]:
    return [number.to_bytes(4, "big") for number in range(count)]


@pytest.mark.parametrize(("size", "expected"), VECTOR_ROOTS.items())
def test_published_roots(size: int, expected: str) -> None:
    assert merkle.root(VECTOR_LEAVES[:size]).hex() == expected


def test_every_small_tree_equals_the_recursion() -> None:
    for size in range(1, 40):
        leaves = numbered(size)
        store = Store(leaves)
        assert store.tree.root() == naive_root(leaves)
        assert len(store) == merkle.nodes_in(size)
        for index in range(size):
            assert merkle.inclusion(index, size, store.fetch) == naive_path(index, leaves)
        for first in range(1, size + 1):
            assert merkle.consistency(first, size, store.fetch) == naive_proof(first, leaves)


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=300), st.data())
@settings(max_examples=80, deadline=None)
def test_proofs_are_the_rfcs_and_verify(leaves: list[bytes], data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(leaves)))
    index = data.draw(st.integers(0, size - 1))
    store = Store(leaves)
    root = naive_root(leaves[:size])
    path = merkle.inclusion(index, size, store.fetch)
    assert path == naive_path(index, leaves[:size])
    assert merkle.verify_inclusion(merkle.leaf_hash(leaves[index]), index, size, path, root)
    proof = merkle.consistency(size, len(leaves), store.fetch)
    assert proof == naive_proof(size, leaves)
    assert merkle.verify_consistency(size, len(leaves), root, store.tree.root(), proof)


@given(st.integers(2, 200), st.data())
@settings(max_examples=150, deadline=None)
def test_a_changed_proof_never_verifies(size: int, data: st.DataObject) -> None:
    leaves = numbered(size)
    store = Store(leaves)
    root = store.tree.root()
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion(index, size, store.fetch)
    leaf = merkle.leaf_hash(leaves[index])
    wrong = data.draw(st.integers(0, len(path) - 1))
    bent = [*path[:wrong], bytes(32), *path[wrong + 1 :]]
    assert not merkle.verify_inclusion(leaf, index, size, bent, root)
    assert not merkle.verify_inclusion(leaf, index, size, path[:-1], root)
    assert not merkle.verify_inclusion(leaf, index, size, [*path, bytes(32)], root)
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != index))
    assert not merkle.verify_inclusion(leaf, other, size, path, root)
    first = data.draw(st.integers(1, size - 1))
    proof = merkle.consistency(first, size, store.fetch)
    old = naive_root(leaves[:first])
    assert not merkle.verify_consistency(first, size, bytes(32), root, proof)
    assert not merkle.verify_consistency(first, size, old, bytes(32), proof)
    assert not merkle.verify_consistency(first, size, old, root, proof[:-1])
    assert not merkle.verify_consistency(first, size, old, root, [*proof, bytes(32)])


def test_growth_from_nothing_is_refused() -> None:
    store = Store(numbered(5))
    with pytest.raises(ValueError, match="no consistency proof"):
        merkle.consistency(0, 5, store.fetch)
    assert not merkle.verify_consistency(0, 5, merkle.EMPTY, store.tree.root(), [])
    assert not merkle.verify_consistency(6, 5, merkle.EMPTY, store.tree.root(), [])


def test_a_leaf_outside_the_tree_is_refused() -> None:
    store = Store(numbered(5))
    for index in (-1, 5):
        with pytest.raises(ValueError, match="not in a tree"):
            merkle.inclusion(index, 5, store.fetch)
        assert not merkle.verify_inclusion(bytes(32), index, 5, [], bytes(32))


def test_a_subtree_root_is_no_leaf() -> None:
    """An inner node offered as a leaf of a smaller tree: the leaf prefix makes it another hash."""
    leaves = numbered(4)
    left, right = naive_root(leaves[:2]), naive_root(leaves[2:])
    root = merkle.node_hash(left, right)
    inner = merkle.leaf_hash(leaves[0]) + merkle.leaf_hash(leaves[1])
    assert merkle.verify_inclusion(left, 0, 2, [right], root)  # a *hash* alone cannot tell its level
    assert not merkle.verify_inclusion(merkle.leaf_hash(inner), 0, 2, [right], root)
    assert not merkle.verify_inclusion(left, 0, 4, [right], root)


def test_look_ups_grow_with_the_logarithm() -> None:
    size = 10_000
    store = Store(numbered(size))
    worst = 0
    for index in range(0, size, 97):
        store.asked = 0
        merkle.inclusion(index, size, store.fetch)
        worst = max(worst, store.asked)
        store.asked = 0
        merkle.consistency(index + 1, size, store.fetch)
        worst = max(worst, store.asked)
    assert worst <= 2 * size.bit_length()


def test_a_range_needs_its_peaks() -> None:
    with pytest.raises(ValueError, match="perfect subtrees"):
        merkle.CompactRange(3, [bytes(32)])
