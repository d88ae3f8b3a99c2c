"""What an installation stands on, each part looked at: well, or broken with the mend."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from kombu.exceptions import OperationalError

from mrm.config import machine
from mrm.config.celery import app
from mrm.kernel.errors import CountersignError
from mrm.ledger import signer, triggers
from mrm.ledger.clock import now
from registry.data import offline

CLOCK_SECONDS = 2.0
FREE_BYTES = 1024**3


@dataclass(frozen=True)
class Finding:
    """One part: what was seen, and the mend when it is broken."""

    part: str
    seen: str
    mend: str = ""


def libraries() -> Finding:
    """The system libraries that papers and models need."""
    missing = machine.missing(machine.LIBRARIES)
    if missing:
        names = ", ".join(need.name for need in missing)
        return Finding("libraries", f"missing: {names}", machine.apt([need.package for need in missing]))
    return Finding("libraries", ", ".join(need.package for need in machine.LIBRARIES))


def database() -> Finding:
    """The database answers, and every migration is applied."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        return Finding("database", f"{len(plan)} migrations are not applied", "manage.py migrate")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            mode = cursor.execute("PRAGMA journal_mode").fetchone()[0]
            whole = cursor.execute("PRAGMA quick_check(1)").fetchone()[0]
        if mode != "wal":
            return Finding(
                "database", f"journal mode {mode}", "Move MRM_HOME to a local disk: WAL needs shared memory."
            )
        if whole != "ok":
            return Finding("database", str(whole), "Stop the installation and restore the last backup.")
        return Finding("database", "SQLite, write-ahead log, whole")
    return Finding("database", connection.vendor)


def guards() -> Finding:
    """Every append-only table has its triggers."""
    missing = triggers.missing(connection)
    if missing:
        return Finding(
            "triggers",
            f"{len(missing)} missing: {', '.join(missing[:3])}",
            "manage.py migrate, then manage.py verify --ledger",
        )
    return Finding("triggers", f"on {len(triggers.marked())} append-only tables")


def broker() -> Finding:
    """The bell's broker answers. Jobs wait, and are not lost, while it does not."""
    try:
        with app.connection_for_write() as link:
            link.ensure_connection(max_retries=1, timeout=3)
    except (OperationalError, OSError) as error:
        return Finding(
            "broker",
            str(error),
            "Start the broker, or mend MRM_BROKER_URL; waiting jobs are run meanwhile by the scheduler.",
        )
    return Finding("broker", str(app.conf.broker_url).partition(":")[0])


def engine() -> Finding:
    """The engine of queries answers."""
    answered = offline.select("SELECT 1 AS answer", seconds=5)
    return Finding("queries", f"{answered.address.engine}, {answered.address.said}")


def signing() -> Finding:
    """The ledger's signer can be used."""
    return Finding("signer", str(signer.signer(make=False).vkey()))


def clock() -> Finding:
    """The database's clock, which stamps every record, agrees with this machine's."""
    apart = abs((now() - datetime.now(UTC)).total_seconds())
    if apart > CLOCK_SECONDS:
        return Finding("clock", f"database and machine are {apart:.1f} s apart", "Let NTP set both clocks.")
    return Finding("clock", f"database and machine {apart:.2f} s apart")


def disk() -> Finding:
    """The home can be written and has room."""
    home = Path(settings.MRM_HOME)
    free = shutil.disk_usage(home).free
    if free < FREE_BYTES:
        return Finding(
            "disk", f"{free // 2**20} MiB free", f"Make room where {home.name} lies: at least 1 GiB."
        )
    probe = home / ".doctor"
    probe.write_bytes(b"")
    probe.unlink()
    return Finding("disk", f"{free / 2**30:.0f} GiB free")


PARTS: dict[str, tuple[Callable[[], Finding], str]] = {
    "libraries": (libraries, "make setup"),
    "database": (database, "Check MRM_DATABASE_URL and that the server runs."),
    "triggers": (guards, "manage.py migrate"),
    "broker": (broker, "Check MRM_BROKER_URL."),
    "queries": (engine, "Check MRM_OFFLINE_URL and that the server runs."),
    "signer": (signing, "Check MRM_SIGNING_KEY and the rights of MRM_HOME/keys."),
    "clock": (clock, "Check MRM_DATABASE_URL and that the server runs."),
    "disk": (disk, "Give this user the right to write to MRM_HOME."),
}


def examine() -> list[Finding]:
    """Look at every part; one that cannot be looked at is broken."""
    return [_look(name, look, mend) for name, (look, mend) in PARTS.items()]


def _look(part: str, look: Callable[[], Finding], mend: str) -> Finding:
    try:
        return look()
    except CountersignError as error:
        return Finding(part, error.detail, error.remedy or mend)
    except (Error, OSError) as error:
        return Finding(part, f"{type(error).__name__}: {error}".strip(), mend)
