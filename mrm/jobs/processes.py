"""Processes of their own: the pinned environment, and limits.

Numbers must not depend on the machine's mood: BLAS picks its kernel and threads when numpy is imported, so the
environment is set before the process starts (the same bits, run after run).
"""

from __future__ import annotations

import os
import platform
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]
ONE_THREAD = (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def pinned() -> dict[str, str]:
    """The variables that pin arithmetic: one kernel, one thread, one order of hashing."""
    pins = dict.fromkeys(ONE_THREAD, "1") | {"PYTHONHASHSEED": "0"}
    if platform.machine() in {"x86_64", "AMD64"}:
        pins["OPENBLAS_CORETYPE"] = "Haswell"
    return pins


@dataclass(frozen=True)
class Limits:
    """What a process may use. Zero means: as the installation's settings say."""

    seconds: int = 0
    memory_mb: int = 0
    files: int = 1024

    @property
    def wall_seconds(self) -> int:
        """Seconds after which the process is stopped."""
        return self.seconds or int(settings.JOB_SECONDS)

    def apply(self) -> None:
        """Bind this process: address space beyond what it has, open files, no core dumps."""
        megabytes = self.memory_mb or int(settings.JOB_MEMORY_MB)
        ceiling = address_space() + megabytes * 1024 * 1024
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        if hard != resource.RLIM_INFINITY:
            ceiling = min(ceiling, hard)
        if sys.platform == "linux":
            resource.setrlimit(resource.RLIMIT_AS, (ceiling, hard))
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        files = self.files if hard == resource.RLIM_INFINITY else min(self.files, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def address_space() -> int:
    """Bytes of address space this process has mapped."""
    status = Path("/proc/self/statm")
    if not status.exists():
        return 0
    return int(status.read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
