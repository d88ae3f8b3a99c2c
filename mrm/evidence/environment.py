"""Where a computation ran: versions of what decides its digits."""

from __future__ import annotations

import os
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

LIBRARIES = (
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "statsmodels",
    "lightgbm",
    "xgboost-cpu",
    "skops",
    "shap",
    "lime",
    "fairlearn",
)
PINS = ("OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "PYTHONHASHSEED")


@cache
def environment() -> dict[str, Any]:
    """Interpreter, machine, libraries and pinned variables of this process; no host name and no path."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "libraries": {name: found for name in LIBRARIES if (found := _version(name))},
        "pins": {name: os.environ[name] for name in PINS if name in os.environ},
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
