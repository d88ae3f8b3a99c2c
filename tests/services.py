"""PostgreSQL and Redis for one test run: private folders, private sockets, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def postgres_programs() -> Path | None:
    """The folder of PostgreSQL's programs: the newest of Debian's, or the path's."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    found = str(folders[-1]) if folders else shutil.which("initdb")
    return Path(found).parent if found else None


def _servant() -> str | None:
    """PostgreSQL refuses root: the user it runs as then."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _command(user: str | None, *parts: str | Path) -> list[str]:
    return [*(("runuser", "-u", user, "--") if user else ()), *map(str, parts)]


@contextmanager
def _folder(name: str, user: str | None = None) -> Iterator[Path]:
    # A socket's path has at most 107 bytes: the folder is made in /tmp whatever TMPDIR says.
    folder = Path(tempfile.mkdtemp(prefix=f"cs-{name}-", dir="/tmp"))
    if user:
        shutil.chown(folder, user)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres(*, durable: bool = False) -> Iterator[str]:
    """A PostgreSQL of our own; yields the address of an empty database. It forgets on a crash unless it is `durable`."""
    programs = postgres_programs()
    if programs is None:
        raise FileNotFoundError("PostgreSQL's programs are not on this machine")
    user = _servant()
    with _folder("pg", user) as folder:
        data = folder / "data"
        subprocess.run(
            _command(user, programs / "initdb", "-D", data, "-A", "trust", "-U", "countersign", "-E", "UTF8",
                     "--locale=C.UTF-8", "--no-sync"),
            check=True, capture_output=True, cwd="/",
        )  # fmt: skip
        server = subprocess.Popen(
            _command(user, programs / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=",
                     "-c", f"fsync={'on' if durable else 'off'}", "-c", "max_connections=100"),
            cwd="/", stdin=subprocess.DEVNULL, stdout=(folder / "log").open("w"), stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            _wait(
                lambda: not subprocess.run(
                    [programs / "createdb", "-h", folder, "-U", "countersign", "countersign"],
                    capture_output=True, check=False,
                ).returncode,
                "PostgreSQL",
            )  # fmt: skip
            yield f"postgres://countersign@/countersign?host={folder}"
        finally:
            server.terminate()  # runuser hands the signal on; SIGTERM is PostgreSQL's smart shutdown
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                subprocess.run(
                    _command(user, programs / "pg_ctl", "stop", "-m", "immediate", "-D", data),
                    capture_output=True, check=False, cwd="/",
                )  # fmt: skip
                server.wait(10)


@contextmanager
def redis() -> Iterator[str]:
    """A Redis of our own; yields its address as Celery takes it."""
    with _folder("redis") as folder:
        socket = folder / "redis.sock"
        server = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no",
             "--dir", folder],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            _wait(socket.exists, "Redis")
            yield f"redis+socket://{socket}"
        finally:
            server.terminate()
            server.wait(10)


def _wait(ready: object, name: str, seconds: float = 20) -> None:
    assert callable(ready)
    until = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > until:
            raise TimeoutError(f"{name} did not start within {seconds:.0f} s")
        time.sleep(0.1)
