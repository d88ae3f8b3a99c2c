"""Verifying the whole ledger from its stored bytes: a stream in constant memory.

Nothing derived is believed: leaf hashes, tree and roots are computed anew from the bytes, and every signed
checkpoint must state the root that they give. What the rooms above keep in tables is compared by their own
checks (port `ledger.state_check`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import DatabaseError, connection, transaction

from mrm.kernel import merkle, notes
from mrm.kernel.canonical import canonical
from mrm.kernel.clock import utc
from mrm.kernel.errors import CountersignError
from mrm.ledger import leaves, proofs, triggers
from mrm.ledger.clock import now
from mrm.ledger.models import Checkpoint, Leaf, Node, Pending, Sequence
from mrm.ledger.origin import origin
from mrm.ledger.report import Reader, Report, state_check
from mrm.ledger.sealing import TIME
from mrm.ledger.signer import signer

CHUNK = 400
# An entry is written at the end of its act and sealed within seconds; an entry that claims a time longer than
# this before the checkpoint it follows was not written when it says.
LONGEST_ACT = timedelta(minutes=15)
CLOCK_STEP = timedelta(minutes=5)


@dataclass(frozen=True)
class Mark:
    """A head that the tree must show when it has grown to `size`: a checkpoint of ours, or the one held."""

    size: int
    root: str
    place: str
    signed_at: datetime | None


def verify_ledger(_path: Path | None, reader: Reader) -> Report:
    """Verify this database's ledger as `reader` may believe it."""
    report = Report("ledger")
    try:
        with _snapshot():
            Verification(report, reader).run()
    except DatabaseError as error:
        report.doubt(f"the database cannot be read: {error}")
    return report


@contextmanager
def _snapshot() -> Iterator[None]:
    """One moment of the database for all reads, without holding up writers."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:  # a deferred transaction: `atomic` would be IMMEDIATE and stop every writer
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")


class Verification:
    """One pass over the ledger."""

    def __init__(self, report: Report, reader: Reader) -> None:
        self.report = report
        self.reader = reader
        self.log = origin()
        self.keys = tuple(key for key in reader.keys if key.name == self.log)
        self.tree = merkle.CompactRange()
        self.moment = now()

    def run(self) -> None:
        """Walk the sequence past every checkpoint, then look at what is beside it."""
        self._judge_keys()
        self._walk()
        self._nodes_counted()
        self._tail()
        for place in triggers.missing(connection):
            self.report.remark(f"append-only trigger missing: {place}")
        for name, check in state_check.items():
            try:
                for problem in check():
                    self.report.problem(f"{name}: {problem.place}", problem.detail)
            except Exception as error:  # noqa: BLE001 - a check that breaks is doubt, and hides no finding
                self.report.doubt(f"{name}: the check broke ({type(error).__name__}: {error})")

    def _judge_keys(self) -> None:
        if self.reader.own:
            self.report.remark(
                "trusting this installation's own key; use --trust with a key you got elsewhere"
            )
        if not self.reader.keys:
            self.report.doubt("no key is trusted: the ledger may be consistent, its signer is unknown")
        elif not self.keys:
            named = ", ".join(key.name for key in self.reader.keys)
            self.report.doubt(f"the trusted key is of another log ({named}); this one is {self.log}")

    # the sequence and the checkpoints along it

    def _walk(self) -> None:
        marks = self._marks()
        mark = next(marks, None)
        since: datetime | None = None
        made: dict[int, bytes] = {}
        rows = Sequence.objects.order_by("index").values_list("index", "leaf__bytes", "leaf__hash")
        for index, data, hashed in rows.iterator(CHUNK):
            if index != self.tree.size:
                self.report.problem(f"entry {self.tree.size}", f"missing; the next one is entry {index}")
                return
            leaf = merkle.leaf_hash(bytes(data))
            if leaf.hex() != hashed:
                self.report.problem(f"entry {index}", "its bytes do not give its hash")
            self._content(index, bytes(data), since, mark)
            made.update(self.tree.append(leaf))
            if len(made) >= CHUNK:
                self._compare(made)
            while mark is not None and mark.size == self.tree.size:
                self._reached(mark)
                since, mark = mark.signed_at or since, next(marks, None)
        self._compare(made)
        while mark is not None:
            if mark.size > self.tree.size:
                lost = f"entry {self.tree.size}"
                said = f"missing: {mark.place} covers {mark.size} entries, the ledger has {self.tree.size}"
                self.report.problem(lost, said)
            mark = next(marks, None)

    def _marks(self) -> Iterator[Mark]:
        """Our checkpoints in order of size; what others remember (held, signer) where it belongs."""
        others = [mark for mark in (self._held(), self._signer_last()) if mark is not None]
        others.sort(key=lambda mark: mark.size, reverse=True)
        before: Checkpoint | None = None
        for row in Checkpoint.objects.order_by("size", "id").iterator(CHUNK):
            while others and others[-1].size <= row.size:
                yield others.pop()
            if before is not None and (before.id > row.id or before.signed_at > row.signed_at + CLOCK_STEP):
                self.report.problem(f"checkpoint {row.id}", f"out of order after checkpoint {before.id}")
            before = row
            self._signed(row)
            yield Mark(row.size, row.root, f"checkpoint {row.id}", row.signed_at)
        yield from reversed(others)
        if before is None:
            self.report.doubt("no checkpoint is signed yet")

    def _held(self) -> Mark | None:
        if self.reader.held is None:
            return None
        try:
            head, note = notes.read_checkpoint(self.reader.held)
        except notes.NoteError as error:
            self.report.doubt(f"the held checkpoint cannot be read: {error}")
            return None
        if head.origin != self.log:
            self.report.doubt(
                f"the held checkpoint is of another log ({head.origin}); this one is {self.log}"
            )
            return None
        if note.signer(self.keys) is None:
            self.report.doubt("the held checkpoint is not signed by a key you trust")
            return None
        return Mark(head.size, head.root.hex(), "the checkpoint you hold", None)

    def _signer_last(self) -> Mark | None:
        """The signer's own memory: it signed nothing that the database no longer holds."""
        if not self.reader.own:
            return None
        try:
            last = signer(make=False).last()
        except (CountersignError, OSError, ValueError, KeyError) as error:
            self.report.doubt(f"the signer's memory cannot be read: {error}")
            return None
        return last and Mark(last[0], last[1].hex(), "the head that the signer signed last", None)

    def _signed(self, row: Checkpoint) -> None:
        """The row says what its note says, and a trusted key signed the note."""
        place = f"checkpoint {row.id}"
        try:
            head, note = notes.read_checkpoint(row.note)
        except notes.NoteError as error:
            self.report.problem(place, f"its note cannot be read: {error}")
            return
        if head.origin != self.log:
            self.report.problem(place, f"is of another log ({head.origin})")
        if (head.size, head.root.hex()) != (row.size, row.root):
            self.report.problem(place, "the row does not say what its note says")
        if f"{TIME}{utc(row.signed_at)}" not in head.extensions:
            self.report.problem(place, "the row's time is not the time that was signed")
        if self.keys and note.signer(self.keys) is None:
            self.report.problem(place, "not signed by the trusted key")

    def _reached(self, mark: Mark) -> None:
        if self.tree.root().hex() != mark.root:
            self.report.problem(
                f"entries 0–{mark.size - 1}", f"do not give the root that {mark.place} states"
            )

    def _content(self, index: int, data: bytes, since: datetime | None, mark: Mark | None) -> None:
        """The entry is a leaf of this log, in canonical bytes, of a time that fits its place."""
        place = f"entry {index}"
        try:
            payload: dict[str, Any] = json.loads(data)
            whole = canonical(payload) == data and leaves.faults(payload) is None
            time = datetime.fromisoformat(payload["time"])
        except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
            whole = False
        if not whole:
            self.report.problem(place, "not a leaf in canonical form")
            return
        if payload["log"] != self.log:
            self.report.problem(place, f"belongs to another log ({payload['log']})")
        if since is not None and time < since - LONGEST_ACT:
            self.report.problem(place, f"dated {payload['time']}, long before the checkpoint that it follows")
        if mark is not None and mark.signed_at is not None and time > mark.signed_at + CLOCK_STEP:
            self.report.problem(place, f"dated {payload['time']}, after the checkpoint that covers it")

    # the stored tree

    def _compare(self, made: dict[int, bytes]) -> None:
        """The stored nodes are the computed ones; `made` is emptied."""
        stored = dict(Node.objects.filter(position__in=list(made)).values_list("position", "hash"))
        for place, hashed in made.items():
            if place not in stored:
                self.report.problem(_subtree(place), "its node is missing in the stored tree")
            elif bytes(stored[place]) != hashed:
                self.report.problem(_subtree(place), "differs from the stored tree")
        made.clear()

    def _nodes_counted(self) -> None:
        count, right = Node.objects.count(), merkle.nodes_in(self.tree.size)
        if self.tree.size == proofs.size() and count > right:
            self.report.problem("tree", f"{count - right} nodes too many in the stored tree")

    # what is not anchored

    def _tail(self) -> None:
        """What no checkpoint covers yet: its length and age, and that nothing hides from the sequencer."""
        covered = Checkpoint.objects.order_by("-size").values_list("size", flat=True).first() or 0
        unsequenced = Leaf.objects.filter(sequence__isnull=True)
        waiting = unsequenced.count()
        length = max(proofs.size() - covered, 0) + waiting
        for leaf_id in unsequenced.filter(pending__isnull=True).values_list("id", flat=True).iterator(CHUNK):
            self.report.problem(f"leaf {leaf_id}", "neither in the sequence nor waiting for it")
        for leaf_id in Pending.objects.filter(leaf__sequence__isnull=False).values_list("leaf_id", flat=True):
            self.report.problem(f"leaf {leaf_id}", "in the sequence and still waiting for it")
        for leaf in unsequenced.iterator(CHUNK):
            if merkle.leaf_hash(bytes(leaf.bytes)).hex() != leaf.hash:
                self.report.problem(f"leaf {leaf.id}", "its bytes do not give its hash")
        self.report.remark(f"{proofs.size():,} entries; the newest checkpoint covers {covered:,}")
        self.report.remark(f"unanchored tail: {self._age(covered, length)}")

    def _age(self, covered: int, length: int) -> str:
        if not length:
            return "none"
        first = (
            Leaf.objects.filter(sequence__index=covered).first()
            or Leaf.objects.filter(sequence__isnull=True).order_by("id").first()
        )
        try:
            time = datetime.fromisoformat(json.loads(bytes(first.bytes))["time"]) if first else self.moment
        except (ValueError, KeyError, TypeError):
            return f"{length:,} entries of unreadable age"
        seconds = max((self.moment - time).total_seconds(), 0)
        return f"{length:,} entries, the oldest {seconds:,.0f} s old"


def _subtree(place: int) -> str:
    """The entries under a position, as a place."""
    level = (~place & place + 1).bit_length() - 1
    first = (place >> level + 1) << level
    return f"entry {first}" if level == 0 else f"entries {first}–{first + (1 << level) - 1}"
