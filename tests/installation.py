"""A whole installation as a subprocess: `manage.py up` on a copied template home, killed and watched by tests."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import psycopg

from mrm.config.environment import database

ROOT = Path(__file__).resolve().parents[1]
T = TypeVar("T")
OncePerRun = Callable[[str, Callable[[Path], object]], Path]
"""The fixture `once_per_run`: a folder that is made once for all processes of a test run."""


def eventually(look: Callable[[], T], what: str, seconds: float = 60.0) -> T:
    """The first true answer of `look`; fails with `what` when none comes in time."""
    until = time.monotonic() + seconds
    while True:
        if found := look():
            return found
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.1)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Process:
    """A line of the process table."""

    pid: int
    parent: int
    command: str


def processes() -> list[Process]:
    """Every living process; one that only waits to be reaped is dead."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError, IndexError):
            stat = (entry / "stat").read_text().rpartition(")")[2].split()
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if stat[0] != "Z":
                found.append(Process(int(entry.name), int(stat[1]), command))
    return found


@dataclass
class Installation:
    """One home with its processes."""

    home: Path
    settings: str = "mrm.config.settings"
    port: int = field(default_factory=free_port)
    extra: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where its web process answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What its processes are started with: nothing of the test run's own settings."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith("MRM_")}
        return plain | {"MRM_HOME": str(self.home), "DJANGO_SETTINGS_MODULE": self.settings} | self.extra

    @property
    def log(self) -> str:
        """What its processes have said so far."""
        file = self.home / "up.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A management command on this home."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        if check and done.returncode:
            raise AssertionError(f"manage.py {' '.join(arguments)}:\n{done.stdout}{done.stderr}")
        return done

    def start(self, *arguments: str) -> None:
        """`manage.py up`, until its web process answers."""
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", str(self.port), *arguments],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=(self.home / "up.log").open("ab"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        eventually(self._ready, "up serves pages", 180)

    def _ready(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"up ended with {self.process.returncode}:\n{self.log[-4000:]}")
        return f"Countersign is at {self.url}" in self.log

    def member(self, name: str) -> int | None:
        """The process number of `web`, `worker` or `scheduler`, if it lives."""
        assert self.process is not None
        word = {"web": "gunicorn"}.get(name, f"manage.py {name}")
        return next(
            (item.pid for item in processes() if item.parent == self.process.pid and word in item.command),
            None,
        )

    def children(self, job: str = "") -> list[int]:
        """The processes that run jobs of this home, or only those of one job."""
        of = str(UUID(job)) if job else "mrm.jobs.child"
        mine = f"MRM_HOME={self.home}\0".encode()
        found = []
        for item in processes():
            if "mrm.jobs.child" in item.command and of in item.command:
                with contextlib.suppress(OSError):
                    if mine in Path(f"/proc/{item.pid}/environ").read_bytes():
                        found.append(item.pid)
        return found

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """A look into the database from outside; placeholders are question marks."""
        if url := self.extra.get("MRM_DATABASE_URL"):
            address = database(url, self.home)
            with psycopg.connect(
                host=address["HOST"], user=address["USER"], dbname=address["NAME"]
            ) as server:
                return server.execute(sql.replace("?", "%s"), values).fetchall()
        with contextlib.closing(sqlite3.connect(self.home / "countersign.sqlite3", timeout=20)) as file:
            return file.execute(sql, values).fetchall()

    def stop(self) -> int:
        """SIGTERM, as a service manager does; what is left after a while is killed. Returns the exit code."""
        if self.process is None:
            return 0
        self.process.terminate()
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            code = self.process.wait()
        self.process = None
        return code


@contextlib.contextmanager
def installation(template: Path, folder: Path, **facts: Any) -> Iterator[Installation]:
    """A copy of `template`, not started yet; stopped at the end, whatever happened."""
    home = folder / f"home-{time.monotonic_ns()}"
    shutil.copytree(template, home)
    made = Installation(home, **facts)
    try:
        yield made
    finally:
        made.stop()
