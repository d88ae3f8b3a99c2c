"""Artefact formats: what is inside, and how it predicts. No Django here: a sandboxed child imports this alone."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from mrm.kernel.errors import BadInput
from registry.versions.danger import refuse_pickle
from registry.versions.signature import Facts

if TYPE_CHECKING:
    from registry.versions.formats.base import Loaded

# By name, so that the web process, which only names formats, carries no arithmetic library.
MODULES: Mapping[str, str] = {
    "skops": "skops_file",
    "lightgbm-txt": "lightgbm_txt",
    "scorecard-json": "scorecard_json",
    "xgboost-json": "xgboost_file",
    "xgboost-ubj": "xgboost_file",
}


def load(kind: str, data: bytes, facts: Facts) -> Loaded:
    """The model in the artefact, or the sentence why it is not taken."""
    refuse_pickle(data)
    if kind not in MODULES:
        raise BadInput(
            "format_unknown",
            f"“{kind}” is no format with an artefact.",
            f"Formats are: {', '.join(sorted(MODULES))}, and external without an artefact.",
        )
    loaded: Loaded = import_module(f"{__name__}.{MODULES[kind]}").load(data, facts)
    return loaded
