#!/usr/bin/env python3
"""Check an evidence pack of Countersign without Countersign. Needs Python 3.9 or later and nothing else.

    python3 -I -S verify.py PACK --trust KEY.pub [--held CHECKPOINT] [--paper FILE.pdf] [--json]

PACK is the zip file or the folder it was unpacked to. KEY.pub is the ledger's public key (`origin+hash+key`), which
you must have from elsewhere: a key inside the pack would prove nothing. CHECKPOINT is a signed checkpoint that you
hold (also printed on the cover of every paper). Exit: 0 proved, 1 tampered (with the place), 2 cannot tell (and why).

How the proof runs: your key -> signature on ledger/checkpoint.txt -> root of the Merkle tree -> inclusion proof of
each line of ledger/leaves.jsonl -> the digests named in the `facts` of those entries (`paper`: a sealed PDF, `signed`
and `content`: the content people signed, `evidence`: a computation, `manifest`: this pack) -> the files themselves.
Evidence is also proved by a proved content that names its digest.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import io
import json
import re
import stat
import sys
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NoReturn

PROVED, TAMPERED, CANNOT_TELL = 0, 1, 2
LARGEST_PACK = 1 << 30
MOST_MEMBERS = 50_000
CHECKPOINT = "ledger/checkpoint.txt"
LEAVES = "ledger/leaves.jsonl"
PROOFS = "ledger/proofs.json"
MANIFEST = "manifest.json"
NEEDED = (MANIFEST, CHECKPOINT, LEAVES, PROOFS, "verify.py", "README.txt")
Point = tuple[int, int, int, int]
ATTESTING = {"paper", "signed", "content", "evidence", "manifest"}


class Verdict(Exception):
    """What ends a check: place and reason."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(place, why)
        self.said = (place, why)


class Tampered(Verdict):
    """Something is not what it was."""


class CannotTell(Verdict):
    """Something is missing or unreadable."""


# ---- Ed25519 (RFC 8032 §5.1), verification only

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)


def _add(p: Point, q: Point) -> Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % _P
    b = (p[1] + p[0]) * (q[1] + q[0]) % _P
    c = 2 * p[3] * q[3] * _D % _P
    d = 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(number: int, point: Point) -> Point:
    total = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = _add(total, point)
        point = _add(point, point)
        number >>= 1
    return total


def _point(data: bytes) -> Point | None:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


_BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
_BASE_Y = 46316835694926478169428394003475163141307993866256225615783033603165251855960
_B = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _P)


def ed25519(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is that of `message` by `key`."""
    if len(key) != 32 or len(signature) != 64:
        return False
    a, r = _point(key), _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= _L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % _L
    left, right = _times(s, _B), _add(r, _times(h, a))
    return (left[0] * right[2] - right[0] * left[2]) % _P == 0 and (
        left[1] * right[2] - right[1] * left[2]
    ) % _P == 0


# ---- signed notes and checkpoints (C2SP signed-note, tlog-checkpoint)


def unbase64(text: str, what: str) -> bytes:
    """Bytes of base64 in its one spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(what + " is not base64") from None
    if base64.b64encode(data).decode() != text:
        raise ValueError(what + " is not base64 in its one spelling")
    return data


class Key:
    """A verifier key `origin+hash+key`."""

    def __init__(self, text: str) -> None:
        parts = text.strip().split("+", 2)
        if len(parts) != 3:
            raise ValueError("a public key is written origin+hash+key")
        self.name, claimed, encoded = parts
        data = unbase64(encoded, "the key")
        if len(data) != 33 or data[:1] != b"\x01":
            raise ValueError("the key is not an Ed25519 key")
        self.key = data[1:]
        self.hash = hashlib.sha256(self.name.encode() + b"\n" + data).digest()[:4]
        if self.hash.hex() != claimed:
            raise ValueError("the key's hash does not fit its name and key")


def read_keys(text: str) -> list[Key]:
    """The keys of a file, one a line; lines that begin with # say something else."""
    keys = [Key(line) for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not keys:
        raise ValueError("the file of keys holds none")
    return keys


class Checkpoint:
    """A signed checkpoint: origin, size, root, and who signed it."""

    def __init__(self, note: str) -> None:
        text, gap, tail = note.rpartition("\n\n")
        if not gap or not tail.endswith("\n") or any(ord(c) < 32 and c != "\n" for c in note):
            raise ValueError("it is not a signed note")
        self.text = text + "\n"
        self.signatures = []
        for line in tail[:-1].split("\n"):
            found = re.fullmatch("\u2014 (\\S+) (\\S+)", line)
            if not found:
                raise ValueError("a signature line is malformed")
            data = unbase64(found.group(2), "a signature")
            self.signatures.append((found.group(1), data[:4], data[4:]))
        lines = text.split("\n")
        if len(lines) < 3 or not all(lines) or not re.fullmatch("0|[1-9][0-9]{0,18}", lines[1]):
            raise ValueError("a checkpoint has origin, size and root")
        self.origin, self.size, self.root = lines[0], int(lines[1]), unbase64(lines[2], "the root")
        if len(self.root) != 32:
            raise ValueError("a root has 32 bytes")

    def signed_by(self, key: Key) -> bool:
        """Whether `key` signed, and no signature in its name is false."""
        mine = [s for name, mark, s in self.signatures if name == key.name and mark == key.hash]
        return bool(mine) and all(ed25519(key.key, self.text.encode(), s) for s in mine)


# ---- Merkle trees (RFC 9162 §2.1)


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(00 || leaf)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def tree_root(hashes: Iterable[bytes]) -> bytes:
    """The root over leaf hashes."""
    stack: list[bytes] = []
    for index, leaf in enumerate(hashes):
        node, place = leaf, index
        while place & 1:
            node, place = node_hash(stack.pop(), node), place >> 1
        stack.append(node)
    if not stack:
        return hashlib.sha256(b"").digest()
    node = stack.pop()
    while stack:
        node = node_hash(stack.pop(), node)
    return node


def included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether leaf hash `leaf` stands at `index` in the tree of `size` leaves (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    first, last, node = index, size - 1, leaf
    for sibling in path:
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


def consistent(first: int, second: int, first_root: bytes, second_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the second tree grew out of the first (RFC 9162 §2.1.4.2); size 0 proves nothing."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not path and first_root == second_root
    path = list(path)
    if first & (first - 1) == 0:
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


# ---- reading


def strict_json(data: bytes, place: str) -> Any:
    """JSON with one meaning: UTF-8, no repeated names, no NaN."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a name is repeated")
        return found

    def never(word: str) -> None:
        raise ValueError(word + " is not JSON")

    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=once, parse_constant=never)
    except (ValueError, RecursionError) as error:
        raise Tampered(place, f"it is not JSON with one meaning ({error})") from None


def nodes(path: Sequence[str]) -> list[bytes]:
    """Tree nodes written in hexadecimal; each has 32 bytes, so that no proof can shift its borders."""
    found = [bytes.fromhex(node) for node in path]
    if any(len(node) != 32 for node in found):
        raise ValueError
    return found


def is_text(value: object) -> bool:
    """Whether a value is text."""
    return isinstance(value, str)


def safe_name(name: str) -> bool:
    """Whether a member's name stays inside the pack and has one spelling."""
    parts = name.split("/")
    plain = re.fullmatch(r"[A-Za-z0-9._/ -]+", name)
    return bool(plain) and all(part not in ("", ".", "..") for part in parts)


def zipped(files: dict[str, bytes]) -> bytes:
    """The one archive that these files make: stored, in order, without clock or machine."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system = 3
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, files[name])
    return out.getvalue()


def read_zip(data: bytes) -> dict[str, bytes]:
    """Members of the archive. One that we wrote is compared byte by byte with what we would write."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except Exception as error:
        raise CannotTell("the archive", f"it is cut off, or not a zip file ({error})") from None
    members = archive.infolist()
    if len(members) > MOST_MEMBERS or sum(item.file_size for item in members) > LARGEST_PACK:
        raise CannotTell("the archive", "it unpacks to more than this verifier reads")
    files = {}
    for item in members:
        if item.is_dir():
            continue
        if not safe_name(item.filename) or stat.S_ISLNK(item.external_attr >> 16):
            raise Tampered(item.filename, "a member with this name does not belong in a pack")
        if item.filename in files:
            raise Tampered(item.filename, "the member is there twice")
        try:
            with archive.open(item) as member:
                files[item.filename] = member.read(item.file_size + 1)
        except Exception as error:
            raise Tampered(item.filename, f"the member is damaged ({error})") from None
        if len(files[item.filename]) != item.file_size:
            raise Tampered(item.filename, "the member is not as long as it says")
    ours = members and members[0].date_time == (1980, 1, 1, 0, 0, 0) and members[0].compress_type == 0
    if ours:
        again = zipped(files)
        if again != data:
            place = next(
                (at for at, (a, b) in enumerate(zip(again, data)) if a != b), min(len(again), len(data))
            )
            raise Tampered(f"the archive, byte {place}", "it is not as it was written")
    return files


def read_folder(folder: Path) -> dict[str, bytes]:
    """Files of an unpacked pack."""
    files: dict[str, bytes] = {}
    total = 0
    for path in sorted(folder.rglob("*")):
        state = path.lstat()
        if stat.S_ISDIR(state.st_mode):
            continue
        name = path.relative_to(folder).as_posix()
        if not stat.S_ISREG(state.st_mode) or not safe_name(name):
            raise Tampered(name, "a member like this does not belong in a pack")
        total += state.st_size
        if total > LARGEST_PACK or len(files) > MOST_MEMBERS:
            raise CannotTell("the folder", "it is larger than this verifier reads")
        files[name] = path.read_bytes()
    return files


def read_pack(target: Path) -> dict[str, bytes]:
    """The files of a pack, by name."""
    if target.is_dir():
        return read_folder(target)
    if target.stat().st_size > LARGEST_PACK:
        raise CannotTell(str(target), "it is larger than this verifier reads")
    data = target.read_bytes()
    if data[:5] == b"%PDF-":
        raise CannotTell(
            str(target), "a PDF alone proves nothing: give its evidence pack, and this file by --paper"
        )
    return read_zip(data)


# ---- the checks


class Check:
    """One run over one pack."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.keys: list[Key] = []
        self.held: Checkpoint | None = None
        self.head: Checkpoint | None = None
        self.problems: list[tuple[str, str]] = []
        self.doubts: list[tuple[str, str]] = []
        self.proved: list[str] = []
        self.facts: dict[tuple[str, str], int] = {}
        self.entries: dict[int, dict[str, Any]] = {}
        self.hashes: list[bytes] | None = None
        self.steps: dict[int, list[bytes]] = {}

    def run(self) -> int:
        """Every check, as far as it goes; returns the exit code."""
        try:
            for name in NEEDED:
                if name not in self.files:
                    raise Tampered(name, "the pack has no such file")
            manifest = self.manifest()
            self.head = head = self.checkpoint(manifest["log"])
            self.leaves(head)
            self.growth(head)
            self.digests()
        except Tampered as found:
            self.problems.append(found.said)
        except CannotTell as found:
            self.doubts.append(found.said)
        if self.problems:
            return TAMPERED
        return CANNOT_TELL if self.doubts else PROVED

    def manifest(self) -> dict[str, Any]:
        """Every file is listed with its digest, and nothing else is there; ledger/ proves itself."""
        said = strict_json(self.files[MANIFEST], MANIFEST)
        try:
            listed = {item["path"]: item["sha256"] for item in said["files"]}
            names = [said["log"], *listed, *listed.values()]
            if said["schema"] != 1 or len(listed) != len(said["files"]) or not all(map(is_text, names)):
                raise ValueError
        except (KeyError, TypeError, ValueError):
            raise Tampered(MANIFEST, "it does not follow schema 1") from None
        there = set(self.files) - {MANIFEST, CHECKPOINT, LEAVES, PROOFS}
        for name in sorted(there | set(listed)):
            if name not in there:
                self.problems.append((name, "the manifest lists it, but it is not there"))
            elif name not in listed:
                self.problems.append((name, "it is there, but the manifest does not list it"))
            elif hashlib.sha256(self.files[name]).hexdigest() != listed[name]:
                self.problems.append((name, "its digest is not the one in the manifest"))
        found: dict[str, Any] = said
        return found

    def checkpoint(self, log: str) -> Checkpoint:
        """The checkpoint is signed by the key the reader trusts."""
        try:
            head = Checkpoint(self.files[CHECKPOINT].decode("utf-8"))
        except ValueError as error:
            raise Tampered(CHECKPOINT, str(error)) from None
        if head.origin != log:
            raise Tampered(CHECKPOINT, f"it is of the log {head.origin}, the manifest of {log}")
        named = [key for key in self.keys if key.name == head.origin]
        if not self.keys:
            self.doubts.append((CHECKPOINT, "consistent, signer unknown: give the ledger's key by --trust"))
        elif not named:
            names = ", ".join(key.name for key in self.keys)
            raise CannotTell(CHECKPOINT, f"it is of the log {head.origin}, your key is for {names}")
        elif not any(head.signed_by(key) for key in named):
            raise Tampered(CHECKPOINT, "it is not signed by the key you trust")
        return head

    def leaves(self, head: Checkpoint) -> None:
        """Every leaf is of this log and stands in the tree where it says."""
        lines = self.files[LEAVES].split(b"\n")
        if lines.pop() != b"":
            raise Tampered(LEAVES, "the last line is cut off")
        proofs = strict_json(self.files[PROOFS], PROOFS)
        try:
            places = [item["index"] for item in proofs["leaves"]]
            paths = [nodes(item["path"]) for item in proofs["leaves"]]
            size = proofs["size"]
            if proofs["schema"] != 1 or any(type(place) is not int for place in places):
                raise ValueError
        except (KeyError, TypeError, ValueError):
            raise Tampered(PROOFS, "it does not follow schema 1") from None
        if size != head.size:
            raise Tampered(PROOFS, f"it is for a tree of {size} entries, the checkpoint has {head.size}")
        if len(places) != len(lines) or sorted(set(places)) != places:
            raise Tampered(PROOFS, f"there are {len(places)} proofs for {len(lines)} entries")
        for number, (line, index, path) in enumerate(zip(lines, places, paths), 1):
            place = f"{LEAVES} line {number} (entry {index})"
            if not included(leaf_hash(line), index, size, path, head.root):
                self.problems.append((place, "the entry is not in the signed ledger"))
                continue
            leaf = strict_json(line, place)
            if not isinstance(leaf, dict) or leaf.get("log") != head.origin:
                self.problems.append((place, "the entry belongs to another log"))
                continue
            self.entries[index] = leaf
            self.attest(index, leaf.get("facts"))
        self.tree(head, proofs, dict(zip(places, map(leaf_hash, lines))))

    def attest(self, index: int, facts: Any) -> None:
        """Remember which digests an entry names; a refused act attests nothing."""
        if not isinstance(facts, dict) or facts.get("outcome", "done") != "done":
            return
        for name, value in facts.items():
            if name in ATTESTING and isinstance(value, str):
                for digest in value.split():
                    self.facts.setdefault((name, digest), index)

    def tree(self, head: Checkpoint, proofs: dict[str, Any], mine: dict[int, bytes]) -> None:
        """The hashes of all leaves, where the pack has them: they answer for every earlier size."""
        if proofs.get("tree") is not None:
            try:
                data = unbase64(proofs["tree"], "tree")
            except (ValueError, TypeError):
                raise Tampered(PROOFS, "the tree is malformed") from None
            self.hashes = [data[at : at + 32] for at in range(0, len(data), 32)]
            if len(self.hashes) != head.size or tree_root(self.hashes) != head.root:
                raise Tampered(PROOFS, "the tree does not have the signed root")
            if any(self.hashes[index] != value for index, value in mine.items() if not self.problems):
                raise Tampered(PROOFS, "the tree and the entries differ")
        for item in proofs.get("consistency", []):
            try:
                self.steps[item["size"]] = nodes(item["path"])
            except (KeyError, TypeError, ValueError):
                raise Tampered(PROOFS, "a consistency proof is malformed") from None

    def growth(self, head: Checkpoint) -> None:
        """The ledger grew out of the checkpoint the reader holds."""
        held = self.held
        if held is None:
            return
        if held.origin != head.origin:
            raise CannotTell("--held", f"it is of the log {held.origin}, the pack of {head.origin}")
        if self.keys and not any(held.signed_by(key) for key in self.keys):
            raise CannotTell("--held", "the checkpoint you hold is not signed by the key you trust")
        if held.size > head.size:
            self.doubts.append(
                (
                    "--held",
                    f"your checkpoint ({held.size} entries) is newer than the pack ({head.size})",
                )
            )
            return
        if held.size == head.size:
            good = held.root == head.root
        elif self.hashes is not None:
            good = tree_root(self.hashes[: held.size]) == held.root
        elif held.size in self.steps:
            good = consistent(held.size, head.size, held.root, head.root, self.steps[held.size])
        else:
            self.doubts.append(("--held", f"the pack has no consistency proof from {held.size} entries"))
            return
        if not good:
            why = f"the ledger is not the one you held at {held.size} entries: history was changed"
            raise Tampered(CHECKPOINT, why)
        tail = head.size - held.size
        times = [str(self.entries[index].get("time")) for index in sorted(self.entries) if index >= held.size]
        since = "" if not times else "; the oldest of them in this pack is of " + times[0] + age(times[0])
        self.proved.append(f"the ledger grew out of your checkpoint; {tail} entries since{since}")

    def digests(self) -> None:
        """Every paper, content and evidence file is named by an entry of the ledger."""
        whole = self.attested(("manifest",), self.files[MANIFEST])
        named = set()
        for name in sorted(self.files):
            if not name.startswith("papers/"):
                continue
            is_content = name.endswith(".json")
            index = self.attested(("signed", "content") if is_content else ("paper",), self.files[name])
            if index is None and whole is None:
                self.problems.append((name, "no entry of the signed ledger names its digest"))
                continue
            by = whole if index is None else index
            self.proved.append(f"{name}: entry {by}")
            if is_content:
                named |= self.cited(name)
        for name in sorted(self.files):
            if not name.startswith("evidence/"):
                continue
            digest = hashlib.sha256(self.files[name]).hexdigest()
            index = self.attested(("evidence",), self.files[name])
            if name != f"evidence/{digest}.json":
                self.problems.append((name, "its bytes have another digest than its name"))
            elif index is None and whole is None and digest not in named:
                self.problems.append((name, "neither an entry of the ledger nor a signed content names it"))
        for digest in sorted(named):
            if f"evidence/{digest}.json" not in self.files:
                self.problems.append(
                    (f"evidence/{digest}.json", "a signed content names it, but it is not there")
                )
        count = sum(name.startswith("evidence/") for name in self.files)
        self.proved.append(
            "{} evidence files, {} entries, {} papers".format(
                count, len(self.entries), sum(name.endswith(".pdf") for name in self.files)
            )
        )

    def attested(self, names: tuple[str, ...], data: bytes) -> int | None:
        """The entry whose facts name the digest of `data`; None if there is none."""
        digest = hashlib.sha256(data).hexdigest()
        return next((self.facts[name, digest] for name in names if (name, digest) in self.facts), None)

    def cited(self, name: str) -> set[str]:
        """Evidence digests that a content names."""
        content = strict_json(self.files[name], name)
        records = content.get("evidence", []) if isinstance(content, dict) else []
        return {
            item["digest"]
            for item in records
            if isinstance(item, dict) and isinstance(item.get("digest"), str)
        }

    def loose_paper(self, path: str, data: bytes) -> None:
        """A PDF outside the pack is the one inside, or it is not proved."""
        digest = hashlib.sha256(data).hexdigest()
        inside = [
            n
            for n, b in self.files.items()
            if n.startswith("papers/") and hashlib.sha256(b).hexdigest() == digest
        ]
        if inside:
            self.proved.append(f"{path} is {inside[0]}")
        elif ("paper", digest) not in self.facts:
            self.problems.append((path, "it is not a paper of this pack"))


def age(time: str) -> str:
    """How long ago a leaf's time is, in words."""
    try:
        then = datetime.strptime(time, "%Y-%m-%sT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return ""
    hours = (datetime.now(timezone.utc) - then).total_seconds() / 3600
    return f" ({hours:.0f} hours ago)" if hours < 48 else " (%.0f days ago)" % (hours / 24)


def read_text(path: str) -> str:
    """A short text file."""
    with Path(path).open("rb") as file:
        return file.read(1_000_000).decode("utf-8")


def report(check: Check, code: int, as_json: bool) -> None:
    """Print what was found."""
    words = {PROVED: "proved", TAMPERED: "TAMPERED", CANNOT_TELL: "cannot tell"}
    if as_json:
        head = check.head
        said = {
            "exit": code,
            "verdict": words[code].lower(),
            "log": head.origin if head else None,
            "size": head.size if head else None,
            "root": head.root.hex() if head else None,
            "problems": [{"place": p, "why": w} for p, w in check.problems],
            "doubts": [{"place": p, "why": w} for p, w in check.doubts],
            "proved": check.proved,
        }
        print(json.dumps(said, ensure_ascii=False, indent=1))
        return
    for place, why in check.problems:
        print(f"TAMPERED     {place}: {why}")
    for place, why in check.doubts:
        print(f"cannot tell  {place}: {why}")
    for text in check.proved if code != TAMPERED else []:
        print("{}  {}".format("proved     " if code == PROVED else "consistent ", text))
    if check.head:
        print(f"ledger {check.head.origin}, {check.head.size} entries")
    print(words[code])


class Arguments(argparse.ArgumentParser):
    """Usage errors exit 2, which argparse does by itself; said here because callers rely on it."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and exit 2."""
        self.print_usage(sys.stderr)
        self.exit(CANNOT_TELL, f"cannot tell: {message}\n")


def main(arguments: list[str]) -> int:
    """Check what the command line names; returns the exit code."""
    parser = Arguments(description="Check an evidence pack. Exit 0 proved, 1 tampered, 2 cannot tell.")
    parser.add_argument("pack", help="the pack: zip file or folder")
    parser.add_argument("--trust", metavar="KEY.pub", help="the ledger's public key, from elsewhere")
    parser.add_argument("--held", metavar="CHECKPOINT", help="a signed checkpoint you hold")
    parser.add_argument("--paper", metavar="FILE.pdf", help="a PDF to compare with the papers of the pack")
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    given = parser.parse_args(arguments)
    check = Check()
    try:
        check.keys = read_keys(read_text(given.trust)) if given.trust else []
        if given.held:
            note = read_text(given.held).replace("\r\n", "\n").rstrip() + "\n"
            check.held = Checkpoint(note)
        paper = None
        if given.paper:
            paper = Path(given.paper).read_bytes()
        check.files = read_pack(Path(given.pack))
        code = check.run()
        if paper is not None and code != TAMPERED:
            check.loose_paper(given.paper, paper)
            code = TAMPERED if check.problems else code
    except Tampered as found:
        check.problems.append(found.said)
        code = TAMPERED
    except CannotTell as found:
        check.doubts.append(found.said)
        code = CANNOT_TELL
    except Exception as error:
        check.doubts.append(("this run", f"{type(error).__name__}: {error}"))
        code = CANNOT_TELL
    report(check, code, given.json)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
