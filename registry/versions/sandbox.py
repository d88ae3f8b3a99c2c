"""The process in which a foreign artefact is opened: no database, no keys, limits on time, memory and files.

The parent writes a request and the files into a folder of its own, starts `python -m registry.versions.child` there
with an empty environment and pinned arithmetic, and reads the answer. Whatever happens inside ends as a sentence.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mrm.jobs.processes import ROOT, pinned
from mrm.kernel.errors import BadInput

KEPT = ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV", "LD_LIBRARY_PATH")


@dataclass(frozen=True)
class Limits:
    """What an artefact may use: seconds of the processor (a busy machine is no reason to refuse), and waiting time."""

    seconds: int = 60
    patience: int = 240
    memory_mb: int = 3072
    files: int = 256


@dataclass(frozen=True)
class Answer:
    """What the child said, and the files it wrote."""

    facts: dict[str, Any]
    files: Mapping[str, bytes] = field(default_factory=dict)


def ask(
    task: str,
    facts: Mapping[str, Any],
    files: Mapping[str, bytes],
    limits: Limits = Limits(),
    outputs: tuple[str, ...] = (),
) -> Answer:
    """Do a task of the child; a refusal, a crash, a hang or too much memory raise the sentence that says so."""
    with tempfile.TemporaryDirectory(prefix="countersign-artefact-") as name:
        folder = Path(name)
        for path, data in files.items():
            (folder / path).write_bytes(data)
        bounds = {"memory_mb": limits.memory_mb, "files": limits.files, "seconds": limits.seconds}
        (folder / "request.json").write_text(
            json.dumps({"task": task, "facts": dict(facts), "limits": bounds})
        )
        _run(folder, limits)
        answer = json.loads((folder / "answer.json").read_text())
        if "refused" in answer:
            raise BadInput(**answer["refused"])
        found = {path: (folder / path).read_bytes() for path in outputs}
    return Answer(answer["facts"], found)


def _run(folder: Path, limits: Limits) -> None:
    environment = {key: os.environ[key] for key in KEPT if key in os.environ} | pinned()
    environment |= {"HOME": str(folder), "TMPDIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    child = subprocess.Popen(
        [sys.executable, "-m", "registry.versions.child", str(folder)],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        code = child.wait(timeout=limits.patience)
    except subprocess.TimeoutExpired:
        raise _hung(limits) from None
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    if code == -signal.SIGXCPU:
        raise _hung(limits)
    if code or not (folder / "answer.json").exists():
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        raise BadInput(
            "artefact_crashed",
            f"The model ended its process when it was opened or asked for a prediction ({how}).",
            "The file is damaged or was made by an incompatible version; save it again and try it on its own data.",
        )


def _hung(limits: Limits) -> BadInput:
    return BadInput(
        "artefact_hung",
        f"The model did not answer within {limits.seconds} s of processor time and was stopped.",
        "Check that it predicts the rows of its own snapshot in reasonable time, then register it again.",
    )
