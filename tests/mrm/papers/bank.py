"""A small ledger and a pack from it, made with the house's own kernel: what `verify.py` must agree with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mrm.kernel import merkle, notes
from mrm.kernel.canonical import canonical, sha256
from mrm.papers import pack

ORIGIN = "ledger.bank.example/mrm"


@dataclass
class Ledger:
    """Leaves in memory, signed by a key of its own."""

    origin: str = ORIGIN
    key: Ed25519PrivateKey = field(default_factory=lambda: Ed25519PrivateKey.from_private_bytes(b"\x07" * 32))
    leaves: list[bytes] = field(default_factory=list)

    def append(self, act: str, **facts: str) -> int:
        """Add an entry; returns its index."""
        leaf = {
            "v": 1,
            "log": self.origin,
            "act": act,
            "request": f"r{len(self.leaves)}",
            "time": "2026-11-24T09:04:00.000000Z",
            "facts": facts,
        }
        self.leaves.append(canonical(leaf))
        return len(self.leaves) - 1

    def nodes(self, size: int) -> dict[int, bytes]:
        """Every perfect subtree of the first `size` leaves."""
        tree = merkle.CompactRange()
        return {
            place: node for leaf in self.leaves[:size] for place, node in tree.append(merkle.leaf_hash(leaf))
        }

    def checkpoint(self, size: int | None = None) -> str:
        """The signed note over the first `size` entries."""
        size = len(self.leaves) if size is None else size
        head = notes.Head(
            self.origin, size, merkle.root(self.leaves[:size]), ("time 2026-11-24T09:05:00.000000Z",)
        )
        return notes.sign(head.text(), self.origin, self.key)

    def vkey(self) -> str:
        """The public key as readers hold it."""
        return str(notes.verifier_key(self.origin, self.key))

    def proof(self, index: int) -> pack.Leaf:
        """An entry with its inclusion proof at the present size."""
        size = len(self.leaves)
        nodes = self.nodes(size)
        path = merkle.inclusion(index, size, lambda places: {place: nodes[place] for place in places})
        return pack.Leaf(index, self.leaves[index], path)

    def growth(self, size: int) -> list[bytes]:
        """The consistency proof from `size` to the present."""
        nodes = self.nodes(len(self.leaves))
        return merkle.consistency(
            size, len(self.leaves), lambda places: {place: nodes[place] for place in places}
        )


@dataclass
class Made:
    """A pack and what it was made of."""

    ledger: Ledger
    data: bytes
    files: dict[str, bytes]
    earlier: str


PDF = b"%PDF-1.7 stands for a sealed paper" * 200


def evidence(number: int) -> bytes:
    """One evidence file."""
    return canonical(
        {"kind": "battery", "test": "disc.auc", "statistic": 0.7 + number / 100, "rows": list(range(40))}
    )


def make(*, tree: bool = True, name_manifest: bool = False, **changes: Any) -> Made:
    """An honest pack: one paper, its signed content, three evidence files, 11 entries after an earlier checkpoint."""
    ledger = Ledger(**changes)
    records = {sha256(evidence(number)): evidence(number) for number in range(3)}
    content = canonical({"schema": 1, "evidence": [{"digest": digest} for digest in sorted(records)]})
    for _ in range(5):
        ledger.append("model.edit")
    earlier = ledger.checkpoint()
    wanted = [
        ledger.append("opinion.sign", signed=sha256(content)),
        ledger.append("approval.sign", signed=sha256(content)),
    ]
    ledger.append("model.edit")
    wanted.append(ledger.append("paper.issue", paper=sha256(PDF)))
    gathered = pack.gather(
        log=ledger.origin, papers={"R-7K2QD.pdf": PDF, "R-7K2QD.json": content}, evidence=records
    )
    if name_manifest:
        wanted.append(ledger.append("pack.export", manifest=gathered.digest))
    for _ in range(4):
        ledger.append("model.edit")
    data = pack.build(
        gathered,
        leaves=[ledger.proof(index) for index in wanted],
        checkpoint=ledger.checkpoint(),
        size=len(ledger.leaves),
        tree=[merkle.leaf_hash(leaf) for leaf in ledger.leaves] if tree else None,
        consistency={5: ledger.growth(5)},
    )
    return Made(ledger, data, unpack(data), earlier)


def unpack(data: bytes) -> dict[str, bytes]:
    """The members of a pack."""
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
