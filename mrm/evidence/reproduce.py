"""Compute evidence again from the vault's bytes and compare, naming the first step that diverges.

Who can compute a kind of evidence is offered by the room that made it (port `evidence.kind`); which evidence a
paper or a validation cites, by the port `evidence.cited`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mrm import vault
from mrm.evidence import content as contents
from mrm.evidence.models import Evidence
from mrm.evidence.rules import Verdict
from mrm.jobs.processes import ROOT, pinned
from mrm.kernel.errors import CountersignError
from mrm.kernel.ports import Port

Recompute = Callable[[Mapping[str, Any]], Mapping[str, Any]]

kinds: Port[Recompute] = Port("evidence.kind")
"""kind → recompute(content) → the whole content again (`content.compose`), from vault bytes alone."""

cited: Port[Callable[[str], list[Evidence] | None]] = Port("evidence.cited")
"""name → (reference) → the evidence that the paper or validation of that reference cites; None: not mine."""


@dataclass(frozen=True)
class Repeated:
    """Something else that was done again (a training run): its reference, what it is, how it came out."""

    reference: str
    title: str
    said: str
    identical: bool


others: Port[Callable[[str], Iterator[Repeated] | None]] = Port("reproduce.other")
"""name → (reference) → what stands behind it, done again in a fresh process; None: not mine."""

STEPS = ("inputs", "method", "parameters", "seed", "results")
WORDS = {
    "record": "the recorded content",
    "inputs": "the inputs",
    "method": "the method's version",
    "parameters": "the parameters",
    "seed": "the seed",
    "results": "the results",
}


class Diverged(Exception):
    """A step before the computation cannot be repeated: which one (`data`, `artefact`, …), and why."""

    def __init__(self, step: str, detail: str) -> None:
        super().__init__(detail)
        self.step = step
        self.detail = detail


@dataclass(frozen=True)
class Comparison:
    """How a recomputation ended: identical, or the first step that diverged and what was seen there."""

    verdict: str
    step: str = ""
    detail: str = ""

    def __str__(self) -> str:
        if self.verdict == Verdict.IDENTICAL:
            return "identical"
        return f"diverged at {WORDS.get(self.step, self.step)}: {self.detail}"


def compare(evidence: Evidence) -> Comparison:
    """Recompute in this process. `fresh` does it in a new one with the pinned environment."""
    try:
        before = contents.decode(vault.get(evidence.result_digest))
    except CountersignError as error:
        return Comparison(Verdict.DIVERGED, "record", error.detail)
    recompute = kinds.get(evidence.kind)
    if recompute is None:
        return Comparison(
            Verdict.DIVERGED, "method", f"No room of this installation can compute “{evidence.kind}” again."
        )
    try:
        after = recompute(before)
    except Diverged as stop:
        return Comparison(Verdict.DIVERGED, stop.step, stop.detail)
    except CountersignError as error:
        return Comparison(Verdict.DIVERGED, "inputs", error.detail)
    for step in STEPS:
        found = contents.first_difference(before[step], after[step])
        if found:
            return Comparison(Verdict.DIVERGED, step, found)
    return Comparison(Verdict.IDENTICAL)


def fresh(wanted: Sequence[Evidence]) -> Iterator[tuple[Evidence, Comparison]]:
    """Recompute in a fresh process whose arithmetic is pinned before numpy is imported; one answer each, in order.

    One process serves all; when a computation ends it without an answer, the next begins in a new one.
    """
    left = list(wanted)
    while left:
        command = [sys.executable, "-m", "mrm.evidence.child", *(str(item.pk) for item in left)]
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env=os.environ | pinned(),
            text=True,
        ) as child:
            assert child.stdout is not None and child.stderr is not None  # noqa: S101, PT018 - both are piped
            for line in child.stdout:
                if line.startswith("{"):
                    yield left.pop(0), Comparison(**json.loads(line))
            last = (child.stderr.read().strip().splitlines() or ["no message"])[-1]
        if left:
            why = f"the computation ended without an answer ({last})"
            yield left.pop(0), Comparison(Verdict.DIVERGED, "results", why)


def as_line(comparison: Comparison) -> str:
    """A comparison as the child says it to its parent."""
    return json.dumps({name: str(value) for name, value in asdict(comparison).items()})
