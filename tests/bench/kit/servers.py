"""Servers under measurement: started on a free port, asked over fresh connections, their processor time read from the kernel."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.kit.figures import Cost
from tests.installation import eventually, free_port, processes

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    process: subprocess.Popen[bytes]
    headers: Mapping[str, str]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One request over a connection of its own; the answer must be 200."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            data = None if body is None else json.dumps(body).encode()
            headers = {**self.headers, "Connection": "close"}
            link.request(method, path, data, headers | ({"Content-Type": "application/json"} if data else {}))
            answer = link.getresponse()
            text = answer.read()
            assert answer.status == 200, (answer.status, path, text[:300])
            return text
        finally:
            link.close()

    def cpu(self) -> float:
        """Processor seconds of the server and everything it started."""
        family = {self.process.pid}
        for _ in range(3):
            family |= {line.pid for line in processes() if line.parent in family}
        ticks = 0
        for pid in family:
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            ticks += sum(int(field) for field in fields[11:15])
        return ticks / TICK


@contextmanager
def running(
    command: Sequence[str],
    ready: str,
    *,
    port: int | None = None,
    env: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Iterator[Server]:
    """A server until the block ends; `{port}` in the command is its port. It is ready when `ready` is answered."""
    at = port or free_port()
    process = subprocess.Popen(
        [part.replace("{port}", str(at)) for part in command],
        env=dict(env) if env is not None else None, cwd=folder,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    server = Server(at, process, headers or {})
    try:
        eventually(lambda: _answers(server, ready), f"an answer of {command[0]}", 400)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(server: Server, path: str) -> bool:
    assert server.process.poll() is None, "the server has ended"
    try:
        server.ask("GET", path)
    except (OSError, http.client.HTTPException, AssertionError):
        return False
    return True


Request = tuple[str, str, Any]


def load(server: Server, requests: Sequence[Request], clients: int) -> Cost:
    """Seconds and processor per request, with that many clients asking at once."""
    waiting, trouble = iter(requests), []
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                request = next(waiting, None)
            if request is None:
                return
            try:
                server.ask(*request)
            except Exception as error:  # noqa: BLE001 - it is raised where the clients are waited for
                trouble.append(error)
                return

    threads = [threading.Thread(target=work) for _ in range(clients)]
    cpu, wall = server.cpu(), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = Cost(time.perf_counter() - wall, server.cpu() - cpu)
    if trouble:
        raise trouble[0]
    return found.each(len(requests))
