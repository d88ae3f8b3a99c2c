"""`make test`, `make faults`, `make lint`: every leg in turn, and at the end which ran and what was slow.

A leg that cannot run here (no Chromium, no PostgreSQL) is named with its reason; with COUNTERSIGN_ALL_LEGS=1,
as in continuous integration, that is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO
from xml.etree import ElementTree as ET

from tests import services

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "test-output"
NO_TESTS = 5
REQUIRED = os.environ.get("COUNTERSIGN_ALL_LEGS") == "1"
BOTH = ("-n", "2")  # one process for each of two cores; tests/conftest.py says what stays together
PLAIN = "not browser and not faults and not only_services"


@dataclass
class Leg:
    """What one leg came to."""

    name: str
    state: str = "passed"
    seconds: float = 0.0
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    slow: list[tuple[float, str]] = field(default_factory=list)
    why: str = ""


SAID: ContextVar[IO[str] | None] = ContextVar("said", default=None)
"""Where a leg's output goes while another leg runs beside it; it is shown when the leg has ended."""


def environment() -> dict[str, str]:
    """This process's, but that Python may keep what it compiled: tests start hundreds of processes on the same code."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def tool(*command: str, **extra: str) -> int:
    """Run a program of the environment, its output in view; returns its exit code."""
    said = SAID.get()
    print(f"\n$ {' '.join(command)}", file=said, flush=True)
    program = Path(sys.executable).parent / command[0]
    return subprocess.run(
        [str(program) if program.exists() else command[0], *command[1:]],
        cwd=ROOT, env=environment() | extra, stdin=subprocess.DEVNULL, stdout=said,
        stderr=subprocess.STDOUT if said else None, check=False,
    ).returncode  # fmt: skip


def pytest(name: str, *arguments: str, **extra: str) -> Leg:
    """A leg that is a pytest run; its counts are read from the JUnit file beside the other output."""
    OUT.mkdir(exist_ok=True)
    report = OUT / f"{name.replace(' ', '-')}.xml"
    report.unlink(missing_ok=True)
    extra.setdefault("COUNTERSIGN_TEST_OUTPUT", str(OUT))
    code = tool(
        "python", "-m", "pytest", "-p", "no:cacheprovider", f"--junitxml={report}", *arguments, **extra
    )
    leg = Leg(name)
    if code == NO_TESTS:
        leg.state, leg.why = "empty", "no test carries its mark"
    elif code:
        leg.state = "failed"
    if report.exists():
        count(leg, ET.parse(report).getroot())
    if code and code != NO_TESTS and not leg.failed:
        leg.failed = 1  # a crash of the run itself
    return leg


def count(leg: Leg, root: ET.Element) -> None:
    """Counts and times of a JUnit report into `leg`."""
    for suite in root.iter("testsuite"):
        bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped = int(suite.get("skipped", 0))
        leg.failed += bad
        leg.skipped += skipped
        leg.passed += int(suite.get("tests", 0)) - bad - skipped
    leg.slow = [
        (float(case.get("time", 0)), f"{case.get('classname')}.{case.get('name')}")
        for case in root.iter("testcase")
    ]


def commands(name: str, *lines: str) -> Leg:
    """A leg of plain commands; all of them run, the first failure is kept. They run in a throw-away home."""
    with tempfile.TemporaryDirectory(prefix="countersign-checks-") as home:
        bad = [line for line in lines if tool(*line.split(), MRM_HOME=home, MRM_LOG_LEVEL="WARNING")]
    return Leg(name, "failed" if bad else "passed", failed=len(bad), why="; ".join(bad))


def lint() -> Leg:
    """Style, types, floors."""
    return commands(
        "lint",
        "ruff check .",
        "ruff format --check .",
        "mypy mrm registry validation",
        "lint-imports --no-cache",
    )


def checks() -> Leg:
    """Migrations are complete, and the system check is content."""
    return commands("checks", "python manage.py makemigrations --check --dry-run", "python manage.py check")


def unit() -> Leg:
    """Everything that needs one process, on SQLite."""
    return pytest("unit", *BOTH, "-m", f"{PLAIN} and not slow")


def flows() -> Leg:
    """Whole ways through the house, on SQLite."""
    return pytest("flows", *BOTH, "-m", f"{PLAIN} and slow")


def browser() -> Leg:
    """Pages in headless Chromium."""
    if not shutil.which("chromium"):
        return absent("browser", "Chromium is not on this machine")
    return pytest("browser", "-m", "browser and not faults")


def service() -> Leg:
    """What is marked `services`, once more, on PostgreSQL and Redis."""
    if not services.postgres_programs() or not shutil.which("redis-server"):
        return absent("services", "PostgreSQL or Redis is not on this machine")
    with ExitStack() as stack:
        database = stack.enter_context(services.postgres())
        broker = stack.enter_context(services.redis())
        return pytest(
            "services",
            *BOTH,
            *("-m", "(services or only_services) and not browser and not faults"),
            MRM_DATABASE_URL=database,
            MRM_BROKER_URL=broker,
        )


def light_faults() -> Leg:
    """The fault trials with few repetitions."""
    return faults("3")


def full_faults() -> Leg:
    """The fault trials as the issue of record asks for them."""
    return faults(os.environ.get("COUNTERSIGN_KILLS", "20"))


def faults(kills: str) -> Leg:
    """Each trial has an installation of its own, so that they run side by side; what they counted is printed."""
    counts = OUT / "faults.txt"
    counts.unlink(missing_ok=True)
    leg = pytest("faults", *BOTH, "-m", "faults", COUNTERSIGN_KILLS=kills)
    if counts.exists():
        print(f"\n{counts.read_text()}", flush=True)
    return leg


def absent(name: str, why: str) -> Leg:
    """A leg that this machine cannot run."""
    return Leg(name, "failed" if REQUIRED else "not run", failed=int(REQUIRED), why=why)


# Lanes of a stage run side by side: what needs one process of its own goes beside what needs another.
Lane = tuple[Callable[[], Leg], ...]
PLANS: dict[str, tuple[tuple[Lane, ...], ...]] = {
    "test": (((lint, checks), (browser,)), ((unit,),), ((flows,),), ((service,),), ((light_faults,),)),
    "faults": (((full_faults,),),),
    "lint": (((lint,),),),
}


def summary(legs: list[Leg], clock: float) -> None:
    """Which legs ran, the slowest tests, and one closing line."""
    print("\nlegs")
    for leg in legs:
        counts = f"{leg.passed} passed, {leg.failed} failed, {leg.skipped} skipped" if leg.slow else ""
        print(f"  {leg.name:<9} {leg.state:<8} {leg.seconds:7.1f} s  {counts}{leg.why and '  ' + leg.why}")
    slow = sorted((case for leg in legs for case in leg.slow), reverse=True)[:10]
    if slow:
        print("slowest tests")
        for seconds, name in slow:
            print(f"  {seconds:7.1f} s  {name}")
    print(f"total {clock:.1f} s by the clock, {sum(leg.seconds for leg in legs):.1f} s of legs")
    passed, failed, skipped = (
        sum(getattr(leg, kind) for leg in legs) for kind in ("passed", "failed", "skipped")
    )
    print(f"{passed} passed, {failed} failed, {skipped} skipped")


def main(plan: str) -> int:
    """Run a plan's legs, all of them even after a failure."""
    began, legs = time.monotonic(), []
    for stage in PLANS[plan]:
        with ThreadPoolExecutor(len(stage)) as lanes:
            for done in lanes.map(partial(run, aside=len(stage) > 1), stage):
                legs += done
    summary(legs, time.monotonic() - began)
    return 1 if any(leg.state == "failed" for leg in legs) else 0


def run(lane: Lane, *, aside: bool) -> list[Leg]:
    """The legs of a lane in turn; beside another lane their output is shown leg by leg."""
    legs = []
    for step in lane:
        began = time.monotonic()
        with tempfile.TemporaryFile("w+") if aside else nullcontext() as said:
            SAID.set(said)
            legs.append(step())
            if said:
                said.seek(0)
                print(said.read(), flush=True)
        legs[-1].seconds = time.monotonic() - began
    return legs


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "test"))
