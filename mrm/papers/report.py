"""The whole validation report: content and closing in, rendered paper out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import Any

from mrm.papers.content import Closing
from mrm.papers.layout import Layout
from mrm.papers.render import ORDINARY, Rendered, render
from mrm.papers.rules import Limits

QR = "checkpoint-qr"
INK = "#12201f"
DRAFT = "draft-mark"
PALE = "#eef1f0"


def render_report(
    content: bytes,
    closing: Closing,
    *,
    charts: Mapping[str, str],
    source_date: datetime,
    template: str = "validation_report.html",
    limits: Limits = ORDINARY,
    draft: bool = False,
) -> Rendered:
    """Render signed content: `content` is the canonical JSON whose digest was signed, and is attached as it is.

    A `draft` is content that nobody signed: each page says so.
    """
    said: dict[str, Any] = json.loads(content)
    drawn = dict(charts)
    if draft:
        drawn[DRAFT] = mark("DRAFT")
    if closing.checkpoint:
        drawn[QR] = qr(closing.checkpoint)
    context = Layout(said, closing.to_json(), drawn).context()
    return render(
        template,
        context,
        charts=drawn,
        attachment=content,
        language=said["meta"]["language"],
        source_date=source_date,
        limits=limits,
        draft=draft,
    )


def mark(word: str) -> str:
    """A word across the page, pale enough to read over: a picture behind the text, not part of what is read."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 210 297">'
        f'<text x="105" y="165" text-anchor="middle" transform="rotate(-52 105 148)" fill="{PALE}" '
        f'font-family="IBM Plex Sans" font-weight="600" font-size="62">{word}</text></svg>'
    )


def qr(text: str) -> str:
    """A QR code of `text` as SVG."""
    import segno

    file = BytesIO()
    segno.make(text, error="m").save(file, kind="svg", scale=3, border=0, dark=INK, xmldecl=False)
    return file.getvalue().decode()
