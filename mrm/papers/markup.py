"""Prose of a paper as HTML: escaped first, then a small markup, then the spaces at which no line may end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

NO_BREAK = "\u00a0"
_CODE = re.compile(r"`([^`]+)`")
_STRONG = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_STRESS = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*]+?)(?<=\S)\*(?![\w*])")
_REFERENCE = re.compile(r"\[\[([\w.-]+)\]\]")
_EVIDENCE = re.compile(r"\bev:([0-9a-f]{10,64})\b")
_FOOTNOTE = re.compile(r"\^\[([^\[\]]+)\]")
_UNIT = re.compile(r"(\d) (%|×|mm|ms|s|DM|EUR|UTC)(?!\w)")
_LABEL = re.compile(
    r"\b(p|z|n|Q|S|V|Z|α|df|AUC|AIR|KS|IV|PSI|section|sections|table|figure|annex|tier|at|of|week|page|principle|Art\.|No\.)"
    r" (?=[\d−&±])"
)
_ANNEX = re.compile(r"\b(annex|Annex|annexes) (?=[A-Z]\b)")
_COMPARISON = re.compile(r"([≤≥<>=±]|&lt;|&gt;) (?=[\d−])")
_RAISED = re.compile("[⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_LEVEL = str.maketrans("⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹", "−+0123456789")
_TAG = re.compile(r"(<[^>]+>)")


def spaced(text: str) -> str:
    """`text` (HTML) with no-break spaces between a number and its sign: 30 %, p 0.04, section 7."""
    parts = _TAG.split(text)
    for place in range(0, len(parts), 2):
        part = _UNIT.sub(rf"\1{NO_BREAK}\2", parts[place])
        part = _LABEL.sub(rf"\1{NO_BREAK}", part)
        part = _ANNEX.sub(rf"\1{NO_BREAK}", part)
        parts[place] = _COMPARISON.sub(rf"\1{NO_BREAK}", part)
    return "".join(parts)


def prose(text: str, references: Mapping[str, tuple[str, str]]) -> str:
    """HTML of one text. `references`: key → (anchor, words) of tables and figures; evidence ids → (anchor, words)."""
    codes: list[str] = []

    def keep(found: re.Match[str]) -> str:
        codes.append(f"<code>{found.group(1)}</code>")
        return f"\x00{len(codes) - 1}\x00"

    def reference(found: re.Match[str]) -> str:
        known = references.get(found.group(1))
        return f'<a href="#{known[0]}">{known[1]}</a>' if known else found.group(0)

    def evidence(found: re.Match[str]) -> str:
        known = references.get(found.group(0))
        inner = f'<a href="#{known[0]}">{found.group(0)}</a>' if known else found.group(0)
        return f'<span class="id">{inner}</span>'

    # NUL cannot occur in the input: canonical JSON text from a browser may hold anything else
    html = _CODE.sub(keep, escape(text.replace("\x00", ""), quote=False))
    html = _STRONG.sub(r"<b>\1</b>", html)
    html = _STRESS.sub(r"<em>\1</em>", html)
    html = _FOOTNOTE.sub(r'<span class="fn">\1</span>', html)
    html = _REFERENCE.sub(reference, html)
    html = _EVIDENCE.sub(evidence, html).replace("\n", "<br>")
    # the embedded fonts draw no raised minus
    html = _RAISED.sub(lambda found: f"<sup>{found.group().translate(_LEVEL)}</sup>", html)
    html = spaced(html)
    return re.sub(r"\x00(\d+)\x00", lambda found: codes[int(found.group(1))], html)
