"""From chart to SVG: spec, config, vl-convert, and the cleaning that lets the picture stand in a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any, Final
from xml.sax.saxutils import quoteattr

from django.core.cache import caches

from mrm.kernel.canonical import digest, tidy
from mrm.web.charts import specs
from mrm.web.charts.config import MODES, config, fill

Spec = dict[str, Any]
DRAWN: Final = 2  # raise when a spec or the cleaning changes, so that no picture of an older form is served

KINDS: Mapping[str, Callable[[list[dict[str, Any]], dict[str, Any]], Spec]] = {
    "roc": specs.roc,
    "calibration": specs.calibration,
    "forest": specs.forest,
    "bars": specs.bars,
    "beeswarm": specs.beeswarm,
    "dependence": specs.dependence,
    "distribution": specs.distribution,
    "psi_bins": specs.psi_bins,
    "lime_stability": specs.lime_stability,
    "iv_bars": specs.iv_bars,
    "ks_curve": specs.ks_curve,
}

_fonts_known: list[str] = []


def render(chart: Mapping[str, Any], mode: str = "page", width: int = 664) -> str:
    """The picture of a chart as an SVG element without size of its own: it takes the width of its place.

    The same chart gives the same bytes. `mode`: `page` (custom properties, light and dark at once), `light`,
    `dark`, `paper`. Draw at the width at which it will be shown, so that type keeps its size.
    """
    if mode not in MODES:
        raise ValueError(f"no chart mode {mode!r}: one of {', '.join(MODES)}")
    plain = tidy({name: chart[name] for name in ("name", "title", "subtitle", "kind", "data", "options")})
    key = digest({"chart": plain, "mode": mode, "width": width, "drawn": DRAWN})
    cache = caches["charts"]
    known = cache.get(key)
    if known is None:
        known = draw(plain, mode, width, key)
        cache.set(key, known)
    return str(known)


def draw(chart: dict[str, Any], mode: str, width: int, key: str) -> str:
    """Render anew. A chart without rows is a sentence, not an empty picture."""
    if not chart["data"]:
        return _sentence("There is nothing to draw: no row was computed.")
    spec = KINDS[chart["kind"]](chart["data"], chart["options"])
    whole = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": width,
        "height": spec.pop("height"),
        "autosize": {"type": "fit", "contains": "padding"},
        "config": config(mode),
        **spec,
    }
    description = f"{chart['title']}. {chart['subtitle']}"
    return clean(_svg(fill(whole, mode)), description, f"c{key[:8]}", inline=mode == "page")


def _svg(spec: Spec) -> str:
    import vl_convert

    if not _fonts_known:
        # the widths of words come from the same family that pages and papers are set in
        folder = str(files("fontpkg_ibm_plex_sans"))
        vl_convert.register_font_directory(folder)
        _fonts_known.append(folder)
    return str(vl_convert.vegalite_to_svg(spec, vl_version="5.20", allowed_base_urls=[]))


def _sentence(text: str) -> str:
    return f'<svg viewBox="0 0 664 40" role="img" aria-label={quoteattr(text)}><text x="0" y="24" font-size="13">{text}</text></svg>'


_ROOT = re.compile(r"<svg\b[^>]*>")
_VIEW_BOX = re.compile(r'viewBox="[^"]*"')
_SIZE = re.compile(r'\b(?:width|height)="[^"]*"')
_BACKGROUND = re.compile(
    r'<(?:path|rect) class="background"[^>]*/>'
    r'|<path class="(?:foreground|background)"[^>]*></path>'
    r'|<path class="foreground"[^>]*/>'
    r'|<rect [^>]*fill="(?:white|#fff(?:fff)?|transparent)"[^>]*/>'
)
_EMPTY = re.compile(r"<g[^>]*></g>|<g[^>]*/>")
_FAMILY = re.compile(r' font-family=(?:"[^"]*"|\'[^\']*\')')
_ID = re.compile(r'\b(id="|url\(#|href="#)([A-Za-z_][\w-]*)')


def clean(svg: str, description: str, prefix: str, *, inline: bool = True) -> str:
    """One root with its description, no invisible backgrounds, ids of its own.

    In a page (`inline`) fonts and size come from the stylesheet; a picture that stands alone keeps both.
    """
    root = _ROOT.search(svg)
    box = _VIEW_BOX.search(root.group(0)) if root else None
    if root is None or box is None:
        raise ValueError("vl-convert gave no SVG")
    body = svg[root.end() : svg.rindex("</svg>")]
    body = _BACKGROUND.sub("", body)
    if inline:
        body = _FAMILY.sub("", body)
    before = ""
    while before != body:
        before, body = body, _EMPTY.sub("", body)
    body = _ID.sub(rf"\g<1>{prefix}-\g<2>", body)
    size = "" if inline else " " + " ".join(_SIZE.findall(root.group(0)))
    label = f'role="img" aria-label={quoteattr(description)}'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box.group(0)}{size} {label}>{body}</svg>'
