"""Rendering: template and plain values to the bytes of a tagged PDF/A-3a, set in a process of its own.

Equal input gives equal bytes: dates, identifier and fonts are fixed by the input, nothing of the machine enters.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.template import Context, Engine

from mrm.kernel.canonical import sha256
from mrm.kernel.clock import utc
from mrm.kernel.errors import CountersignError, Unavailable
from mrm.papers.rules import PAPER_FAILED, PAPER_LIMIT, Limits

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates" / "papers"
CONTENT_NAME = "content.json"
STYLES, DRAFT_STYLES = ("paper.css",), ("draft.css",)
SIGNED = "The content of this paper as it was signed, in canonical JSON"
UNSIGNED = "The content of this draft, which nobody has signed, in canonical JSON"
ORDINARY = Limits()


@dataclass(frozen=True)
class Rendered:
    """A rendered paper and what it took."""

    pdf: bytes
    pages: int
    cpu_seconds: float
    peak_mb: int
    missing_glyphs: str


@cache
def engine() -> Engine:
    """The engine of paper templates: they see plain values only, never a request, never a model."""
    return Engine(dirs=[str(TEMPLATES)], autoescape=True)


def html_of(template: str, context: Mapping[str, Any]) -> str:
    """The HTML of a paper. Numbers are text already, so no locale takes part."""
    return engine().get_template(template).render(Context(dict(context), use_l10n=False, use_tz=False))


def render(
    template: str,
    context: Mapping[str, Any],
    *,
    charts: Mapping[str, str],
    attachment: bytes,
    language: str,
    source_date: datetime,
    limits: Limits = ORDINARY,
    draft: bool = False,
) -> Rendered:
    """Set a paper from a template of `templates/papers/`.

    `charts` are SVG texts by name; `attachment` (the canonical JSON of the content) is embedded as `content.json`;
    `source_date` is every date that the file carries.
    """
    html = html_of(template, {**context, "language": language, "created": utc(source_date)[:19] + "Z"})
    request = {
        "html": html,
        "css": "".join((TEMPLATES / name).read_text("utf-8") for name in (STYLES + DRAFT_STYLES * draft)),
        "charts": dict(charts),
        "attachments": [
            {
                "name": CONTENT_NAME,
                "description": UNSIGNED if draft else SIGNED,
                "data": base64.b64encode(attachment).decode(),
            }
        ],
        "identifier": sha256(html.encode() + attachment)[:32],
        "source_date": source_date.isoformat(),
        "limits": asdict(limits),
    }
    return _in_child(request, limits)


def _in_child(request: Mapping[str, Any], limits: Limits) -> Rendered:
    with tempfile.TemporaryDirectory(prefix="paper-") as name:
        folder = Path(name)
        (folder / "request.json").write_text(json.dumps(request, ensure_ascii=False), "utf-8")
        child = subprocess.Popen(
            [sys.executable, "-m", "mrm.papers.child", name],
            cwd=ROOT,
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        try:
            _, said = child.communicate(timeout=limits.wall_seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            raise _too_much(f"The paper was not ready after {limits.wall_seconds} seconds.") from None
        if child.returncode != 0:
            raise _failure(child.returncode, said.decode("utf-8", "replace"))
        done = json.loads((folder / "done.json").read_text("utf-8"))
        if done["refused"]:
            raise Unavailable(
                PAPER_FAILED,
                f"The paper asked for something it may not open: {done['refused'][0]}",
                "A figure must be handed over by name, and a template may use the embedded fonts only.",
            )
        return Rendered(
            pdf=(folder / "paper.pdf").read_bytes(),
            pages=done["pages"],
            cpu_seconds=done["cpu_seconds"],
            peak_mb=done["peak_mb"],
            missing_glyphs=done["missing_glyphs"],
        )


def _environment(folder: Path) -> dict[str, str]:
    kept = {
        name: os.environ[name]
        for name in ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
        if name in os.environ
    }
    fixed = {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
    }
    return {**kept, **fixed}


def _too_much(detail: str) -> CountersignError:
    return Unavailable(
        PAPER_LIMIT, detail, "Move long tables into the attachment, or print fewer figures, and render again."
    )


def _failure(code: int, said: str) -> CountersignError:
    last = said.strip().splitlines()[-1] if said.strip() else f"it ended with code {code}"
    if code < 0 or "MemoryError" in said:
        return _too_much(f"Rendering was stopped at its limit ({last[:200]}).")
    return Unavailable(
        PAPER_FAILED,
        f"The paper could not be rendered: {last[:300]}",
        "Run `manage.py doctor`: it checks Pango and the font packages, and names what is missing.",
    )
