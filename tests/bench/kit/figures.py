"""A figure beside its peer: how it is measured, what is asked of it, and how it is written down."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal["times faster", "at most times", "at most seconds", "at most MB"]
WORDS: dict[str, str] = {
    "times faster": "the peer's time by ours: higher is better",
    "at most times": "our time by the peer's: lower is better",
    "at most seconds": "our time",
    "at most MB": "our memory",
}


@dataclass(frozen=True)
class Size:
    """How large a run is: 1 is the size that is written down, less is for development and for the test."""

    scale: float

    def __call__(self, full: int, least: int = 1) -> int:
        """A number of things at this scale."""
        return max(least, round(full * self.scale))


@dataclass(frozen=True)
class Cost:
    """The median of one piece of work: seconds on the wall, seconds of processor, and how often it was done."""

    wall: float
    cpu: float
    rounds: int = 1

    def each(self, count: int) -> Cost:
        """The cost of one of `count` things that were done together."""
        return Cost(self.wall / count, self.cpu / count, self.rounds)


@dataclass(frozen=True)
class Asked:
    """What performance asks: the bound that must be kept and the one that is aimed at."""

    kind: Kind
    must: float | None
    aim: float | None = None


@dataclass(frozen=True)
class Figure:
    """One line of the answer. `theirs` is None where the peer is not there; `peer` then says why."""

    what: str
    ours: Cost
    peer: str = ""
    theirs: Cost | None = None
    asked: Asked | None = None
    agrees: str = ""
    note: str = ""
    memory_mb: float | None = None

    @property
    def value(self) -> float | None:
        """What is compared with the bound: a ratio of walls, seconds, or megabytes; None without a peer."""
        kind = self.asked.kind if self.asked else "times faster"
        if kind == "at most seconds":
            return self.ours.wall
        if kind == "at most MB":
            return self.memory_mb
        if self.theirs is None:
            return None
        if kind == "at most times":
            return self.ours.wall / self.theirs.wall
        return self.theirs.wall / self.ours.wall

    @property
    def verdict(self) -> str:
        """Aim met, met, missed; or empty where nothing is asked or nothing can be compared."""
        if self.asked is None or self.value is None:
            return ""
        if self.asked.aim is not None and self._within(self.asked.aim):
            return "aim met"
        if self.asked.must is None:
            return "aim missed"
        return "met" if self._within(self.asked.must) else "MISSED"

    def _within(self, bound: float) -> bool:
        assert self.value is not None
        assert self.asked is not None
        return self.value >= bound if self.asked.kind == "times faster" else self.value <= bound

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "value": self.value, "verdict": self.verdict}


@dataclass(frozen=True)
class Benchmark:
    """One row of the table of performance: the work in words, and what measures it."""

    work: str
    run: Callable[[Size], Sequence[Figure]]


def spent() -> float:
    """Processor seconds of this process and of the children it has waited for."""
    own, children = (
        resource.getrusage(resource.RUSAGE_SELF),
        resource.getrusage(resource.RUSAGE_CHILDREN),
    )
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def once(work: Callable[[], Any]) -> Cost:
    """The cost of doing it once."""
    cpu, wall = spent(), time.perf_counter()
    work()
    return Cost(time.perf_counter() - wall, spent() - cpu)


def median(costs: Sequence[Cost]) -> Cost:
    """The median of wall and of processor."""
    return Cost(
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.cpu for cost in costs),
        len(costs),
    )


def repeated(work: Callable[[], Any], rounds: int = 5, budget: float = 30.0) -> Cost:
    """The median over rounds, fewer when they take long."""
    return _rounds([work], rounds, budget)[0]


def pairs(
    ours: Callable[[], Any], theirs: Callable[[], Any], rounds: int = 5, budget: float = 30.0
) -> tuple[Cost, Cost]:
    """Both in turn, so that a machine that is busy for a while is busy for both; who begins alternates."""
    first, second = _rounds([ours, theirs], rounds, budget)
    return first, second


def _rounds(works: Sequence[Callable[[], Any]], rounds: int, budget: float) -> list[Cost]:
    found: list[list[Cost]] = [[] for _ in works]
    until = time.perf_counter() + budget
    for number in range(rounds):
        order = range(len(works)) if number % 2 == 0 else reversed(range(len(works)))
        for place in order:
            found[place].append(once(works[place]))
        if time.perf_counter() > until:
            break
    return [median(costs) for costs in found]
