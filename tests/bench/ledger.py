"""Durable appends by eight writers beside a chain with a head row, on PostgreSQL; and the whole ledger verified.

On SQLite every writer waits for the one write lock, whatever is written: there is nothing to compare.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

from django.db import connection, connections, transaction

from tests.bench.kit import home
from tests.bench.kit.figures import Asked, Benchmark, Cost, Figure, Size, median, pairs
from tests.services import postgres, postgres_programs

WRITERS = 8
HEAD = (
    "CREATE TABLE bench_head (id int PRIMARY KEY, hash text)",
    "INSERT INTO bench_head VALUES (1, '')",
    "CREATE TABLE bench_chain (id bigserial PRIMARY KEY, bytes bytea, before text, hash text)",
)


def sample() -> dict[str, Any]:
    """A leaf of this bank as it was written, to be written again and again."""
    from mrm.ledger.models import Leaf

    facts: dict[str, Any] = json.loads(bytes(Leaf.objects.order_by("-id").values_list("bytes", flat=True)[0]))
    return {key: value for key, value in facts.items() if key not in {"v", "log", "time", "request"}}


def append(facts: dict[str, Any]) -> None:
    """Ours: an unsequenced leaf in the transaction."""
    from mrm.ledger import leaves

    with transaction.atomic(durable=True):
        leaves.append(facts)


def chained(facts: dict[str, Any]) -> None:
    """The usual chain: lock the head, hash over the one before, insert, move the head; the same entry is made."""
    from mrm.kernel import ids
    from mrm.kernel.canonical import canonical
    from mrm.kernel.clock import utc
    from mrm.ledger.clock import now

    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT hash FROM bench_head WHERE id = 1 FOR UPDATE")
        (before,) = cursor.fetchone()
        data = canonical({**facts, "time": utc(now()), "request": str(ids.uuid7())})
        hashed = sha256(before.encode() + data).hexdigest()
        cursor.execute(
            "INSERT INTO bench_chain (bytes, before, hash) VALUES (%s, %s, %s)", [data, before, hashed]
        )
        cursor.execute("UPDATE bench_head SET hash = %s WHERE id = 1", [hashed])


def writers(work: Callable[[dict[str, Any]], None], facts: dict[str, Any], each: int) -> Cost:
    """Seconds per entry, with eight processes writing at once."""
    connections.close_all()
    context = multiprocessing.get_context("fork")
    gate = context.Barrier(WRITERS + 1)

    def write() -> None:
        connections["default"].ensure_connection()
        work(facts)
        gate.wait()
        for _ in range(each):
            work(facts)
        connections.close_all()

    children = [context.Process(target=write) for _ in range(WRITERS)]
    for child in children:
        child.start()
    gate.wait()
    wall = time.perf_counter()
    for child in children:
        child.join()
    wall = time.perf_counter() - wall
    assert all(child.exitcode == 0 for child in children)
    return Cost(wall, 0.0).each(WRITERS * each)


def measure(size: Size) -> Sequence[Figure]:
    """Appends, then verification."""
    if postgres_programs() is None:
        home.start()
        return verification(size)
    with postgres(durable=True) as url:
        os.environ["MRM_DATABASE_URL"] = url
        home.start()
        found = [*appends(size), *verification(size)]
        connections.close_all()
    return found


def appends(size: Size) -> list[Figure]:
    """Eight writers on a PostgreSQL that flushes every commit."""
    from mrm.ledger.models import Leaf, Pending
    from tests import make

    make.bank()
    facts, each = sample(), size(150, 5)
    with connection.cursor() as cursor:
        for line in HEAD:
            cursor.execute(line)
    begin = Leaf.objects.count()
    ours: list[Cost] = []
    theirs: list[Cost] = []
    for _ in range(5 if size.scale == 1 else 1):
        ours.append(writers(append, facts, each))
        theirs.append(writers(chained, facts, each))
    wrote = len(ours) * WRITERS * (each + 1)
    assert Leaf.objects.count() - begin == wrote == chain_length()
    assert Pending.objects.count() >= wrote
    return [
        Figure(
            f"durable append, {WRITERS} writers, per entry (PostgreSQL, every commit flushed)",
            median(ours), "hash chain with a head row", median(theirs), Asked("times faster", 5, 20),
            f"both hold all {wrote} entries", "ours also checks each entry against the leaf schema",
        )
    ]  # fmt: skip


def chain_length() -> int:
    """The length of the peer's chain, every link of it checked."""
    before, length = "", 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT bytes, before, hash FROM bench_chain ORDER BY id")
        for data, named, hashed in cursor.fetchall():
            assert named == before
            assert sha256(before.encode() + bytes(data)).hexdigest() == hashed
            before, length = hashed, length + 1
    return length


def verification(size: Size) -> list[Figure]:
    """The whole ledger from its bytes, beside nothing but its hashes by OpenSSL."""
    from mrm.ledger import leaves, sealing
    from mrm.ledger.models import Leaf, Sequence
    from mrm.ledger.report import Reader
    from mrm.ledger.signer import signer
    from mrm.ledger.verify import verify_ledger
    from tests import make

    if not Leaf.objects.exists():
        make.bank()
    wanted, facts = size(5_000, 100), sample()
    while (missing := wanted - Leaf.objects.count()) > 0:
        with transaction.atomic():
            for _ in range(min(missing, 1000)):
                leaves.append(facts)
    sealing.seal()
    data = [bytes(row) for row in Sequence.objects.order_by("index").values_list("leaf__bytes", flat=True)]
    reader = Reader((signer().vkey(),), own=True)

    def ours() -> None:
        report = verify_ledger(None, reader)
        assert report.code == 0, list(report.lines())

    ours_, floor = pairs(ours, lambda: hashes(data), rounds=3, budget=40)
    return [
        Figure(
            f"verify the ledger, {len(data):,} entries of {sum(map(len, data)) // len(data)} bytes, per entry",
            ours_.each(len(data)), "the floor: OpenSSL's SHA-256 of the same leaves and nodes",
            floor.each(len(data)), Asked("at most times", 4, 2.5), "the root is the one that is signed",
            "ours also reads them from the database, parses each, holds it against the schema, the clock and the tables",
        )
    ]  # fmt: skip


def hashes(data: Sequence[bytes]) -> bytes:
    """A Merkle tree over the leaves, and nothing else."""
    level = [sha256(b"\0" + leaf).digest() for leaf in data]
    while len(level) > 1:
        above = [sha256(b"\1" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        level = above + level[len(above) * 2 :]
    return level[0]


BENCHMARK = Benchmark("ledger: append and verify", measure)
