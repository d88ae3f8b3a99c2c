"""The evidence pack: papers, the evidence behind them, and the ledger entries that prove both, in one archive.

Everything a reader needs to check it without us is inside, but for the one thing that must come from elsewhere: the
ledger's public key. Equal input gives equal bytes. The manifest covers every file but `ledger/`, which proves itself,
so that an entry of the ledger can name the manifest's digest.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mrm.kernel.canonical import canonical, sha256
from mrm.kernel.errors import BadInput
from mrm.papers import verify
from mrm.papers.rules import PACK_CONTENT

SCHEMA = 1
HERE = Path(__file__).parent
PAPER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.(pdf|json)")

README = """This is an evidence pack of {log}.

Check it with Python 3.9 or later and nothing else:

    python3 -I -S verify.py PACK --trust KEY.pub [--held CHECKPOINT] [--paper FILE.pdf]

PACK is this archive, or the folder it was unpacked to. KEY.pub is the ledger's public key: ask the bank for it, or take
it from a place you trust; a key inside this pack would prove nothing. CHECKPOINT is a signed checkpoint that you hold;
one is printed on the cover of every sealed paper. Exit code: 0 proved, 1 tampered (with the place), 2 cannot tell.

papers/      sealed papers, and beside each the content that people signed (canonical JSON)
evidence/    one computation each, named by the SHA-256 of its bytes
ledger/      the entries that prove them: leaves.jsonl (exact bytes, one a line), proofs.json, checkpoint.txt
manifest.json  path, size and SHA-256 of every file outside ledger/

A paper is proved when an entry of the signed ledger names its digest; a content when a signature names its digest; an
evidence file when an entry or a proved content names it.
"""


@dataclass(frozen=True)
class Leaf:
    """A ledger entry for the pack: its exact bytes, its place, its inclusion proof for the checkpoint."""

    index: int
    data: bytes
    path: Sequence[bytes]


@dataclass(frozen=True)
class Files:
    """The files that the manifest covers, and the manifest."""

    files: Mapping[str, bytes]
    manifest: bytes

    @property
    def digest(self) -> str:
        """The manifest's digest: an entry with the fact `manifest` may name it."""
        return sha256(self.manifest)


def gather(*, log: str, papers: Mapping[str, bytes], evidence: Mapping[str, bytes]) -> Files:
    """The files of a pack without its ledger part. `evidence` is digest → bytes."""
    for name in papers:
        if not PAPER_NAME.fullmatch(name):
            raise _refuse(
                f"“{name}” is not a name for a paper.", "Use letters, digits, dots; end in .pdf or .json."
            )
    for digest, data in evidence.items():
        if sha256(data) != digest:
            raise _refuse(
                f"The bytes of evidence {digest[:10]} have another digest.", "Read them from the vault again."
            )
    files = {f"papers/{name}": data for name, data in papers.items()}
    files |= {f"evidence/{digest}.json": data for digest, data in evidence.items()}
    files["verify.py"] = (HERE / "verify.py").read_bytes()
    files["README.txt"] = README.format(log=log).encode()
    listed = [
        {"path": name, "sha256": sha256(files[name]), "size": len(files[name])} for name in sorted(files)
    ]
    return Files(files, canonical({"schema": SCHEMA, "log": log, "files": listed}))


def build(
    gathered: Files,
    *,
    leaves: Sequence[Leaf],
    checkpoint: str,
    size: int,
    tree: Sequence[bytes] | None = None,
    consistency: Mapping[int, Sequence[bytes]] | None = None,
) -> bytes:
    """The archive. `checkpoint` is the signed note over `size` entries, `tree` the hashes of all leaves.

    With the tree a reader can compare any earlier checkpoint; without it, only those in `consistency`
    (size → proof to `size`). A tree costs 44 bytes an entry.
    """
    ordered = sorted(leaves, key=lambda leaf: leaf.index)
    if any(b"\n" in leaf.data for leaf in ordered):
        raise _refuse(
            "A ledger entry contains a line break.", "Entries are canonical JSON; read them from the ledger."
        )
    proofs: dict[str, Any] = {
        "schema": SCHEMA,
        "size": size,
        "leaves": [{"index": leaf.index, "path": [node.hex() for node in leaf.path]} for leaf in ordered],
        "consistency": [
            {"size": earlier, "path": [node.hex() for node in path]}
            for earlier, path in sorted((consistency or {}).items())
        ],
        "tree": base64.b64encode(b"".join(tree)).decode() if tree is not None else None,
    }
    return verify.zipped(
        {
            **gathered.files,
            "manifest.json": gathered.manifest,
            "ledger/leaves.jsonl": b"".join(leaf.data + b"\n" for leaf in ordered),
            "ledger/proofs.json": canonical(proofs),
            "ledger/checkpoint.txt": checkpoint.encode(),
        }
    )


@cache
def schema(name: str) -> dict[str, Any]:
    """A committed JSON schema: `manifest` or `proofs`."""
    loaded: dict[str, Any] = json.loads((HERE / f"{name}.schema.json").read_text("utf-8"))
    return loaded


def _refuse(detail: str, remedy: str) -> BadInput:
    return BadInput(PACK_CONTENT, detail, remedy)
