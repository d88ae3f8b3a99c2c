"""Web, worker and scheduler as children of one foreground process: restarted when they die, gone when it goes."""

from __future__ import annotations

import contextlib
import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

GRACE_SECONDS = 6.0
LONGEST_REST = 10.0
GOOD_HEALTH = 30.0
PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Linux: end this process when its parent ends, even by kill -9."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Member:
    """One child: its command, and how often it had to be started again of late."""

    name: str
    command: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    rest: float = 0.25
    again: float = 0.0

    def start(self, root: Path) -> None:
        """Start the child in our process group."""
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            cwd=root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - this process has one thread
        )

    def alive(self) -> bool:
        """Whether it runs; the first look after a death says when it may start again."""
        if self.process is None:
            return False
        if self.process.poll() is None:
            return True
        self.rest = (
            0.25 if time.monotonic() - self.started > GOOD_HEALTH else min(LONGEST_REST, self.rest * 2)
        )
        self.again = time.monotonic() + self.rest
        self.process = None
        return False


@dataclass
class Family:
    """All children."""

    root: Path
    say: Callable[[str], None]
    members: list[Member] = field(default_factory=list)
    stopping: bool = False

    def run(self, while_starting: Callable[[], bool]) -> None:
        """Start all, keep them alive until SIGINT or SIGTERM, then stop all. `while_starting` is asked until true."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        for member in self.members:
            member.start(self.root)
        ready = False
        try:
            while not self.stopping:
                ready = ready or while_starting()
                self.mend()
                time.sleep(0.2)
        finally:
            self.end()

    def mend(self) -> None:
        """Start again whoever died, after a rest."""
        for member in self.members:
            had = member.process
            if member.alive():
                continue
            if had is not None:
                self.say(
                    f"{member.name} ended (exit code {had.returncode}), starts again in {member.rest:.1f} s"
                )
            elif time.monotonic() >= member.again:
                member.start(self.root)

    def end(self) -> None:
        """Ask every child to stop; kill those that do not."""
        living = [
            member.process for member in self.members if member.process and member.process.poll() is None
        ]
        for process in living:
            process.terminate()
        until = time.monotonic() + GRACE_SECONDS
        for process in living:
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _stop(self, *_signal: object) -> None:
        self.stopping = True


def members(root: Path, home: Path, port: int) -> list[Member]:
    """Web, worker and scheduler of an embedded installation."""
    python = sys.executable
    web = [
        *(python, "-m", "gunicorn", "mrm.config.wsgi"),
        *("--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--workers", "1", "--threads", "8"),
        *("--timeout", "120", "--graceful-timeout", "3", "--log-level", "warning", "--no-control-socket"),
    ]
    manage = str(root / "manage.py")
    environment = os.environ | {"MRM_HOME": str(home)}  # a relative one means another folder elsewhere
    return [
        Member("web", web, environment),
        Member("worker", [python, manage, "worker"], environment),
        Member("scheduler", [python, manage, "scheduler"], environment),
    ]


def serves(port: int) -> bool:
    """Whether the web process answers requests; its port is open some seconds before that."""
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        asked.request("GET", "/healthz")
        return asked.getresponse().status > 0
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()


def answers(port: int) -> bool:
    """Whether something accepts connections at this port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
