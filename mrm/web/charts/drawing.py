"""From chart to SVG: spec, config, vl-convert, and the cleaning that lets the picture stand in a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any, Final
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr

from django.core.cache import caches

from mrm.kernel.canonical import digest, tidy
from mrm.web.charts import explanations, specs
from mrm.web.charts.config import MODES, config, fill

Spec = dict[str, Any]
DRAWN: Final = 3  # raise when a spec or the cleaning changes, so that no picture of an older form is served

KINDS: Mapping[str, Callable[[list[dict[str, Any]], dict[str, Any]], Spec]] = {
    "roc": specs.roc,
    "calibration": specs.calibration,
    "forest": specs.forest,
    "bars": specs.bars,
    "beeswarm": explanations.beeswarm,
    "dependence": explanations.dependence,
    "distribution": specs.distribution,
    "psi_bins": specs.psi_bins,
    "lime_stability": explanations.lime_stability,
    "iv_bars": specs.iv_bars,
    "ks_curve": specs.ks_curve,
    "steps": specs.steps,
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


SVG = "http://www.w3.org/2000/svg"
_REFERENCE = re.compile(r"url\(#([\w-]+)\)")


def clean(svg: str, description: str, prefix: str, *, inline: bool = True) -> str:
    """One root with its description, no invisible backgrounds, ids of its own.

    In a page (`inline`) fonts and size come from the stylesheet; a picture that stands alone keeps both.
    """
    drawn = ET.fromstring(svg)  # noqa: S314 - our own renderer's output, not a stranger's
    root = ET.Element(f"{{{SVG}}}svg", {"viewBox": drawn.get("viewBox", "")})
    if not inline:
        root.attrib |= {name: drawn.get(name, "") for name in ("width", "height")}
    root.attrib |= {"role": "img", "aria-label": description}
    root.extend(list(drawn))
    _prune(root)
    for element in root.iter():
        if inline:
            element.attrib.pop("font-family", None)
        if element is not root:
            element.attrib.pop("style", None)
        _rename(element, prefix)
    ET.register_namespace("", SVG)
    return ET.tostring(root, encoding="unicode")


def _prune(element: ET.Element) -> None:
    """Drop what draws nothing: Vega's backgrounds and foregrounds, then groups that became empty."""
    for child in list(element):
        _prune(child)
        name = child.tag.rpartition("}")[2]
        hidden = name == "path" and child.get("class") in {"background", "foreground"}
        sheet = name == "rect" and child.get("fill") in {"white", "#fff", "#ffffff", "transparent"}
        if hidden or sheet or (name == "g" and not len(child)):
            element.remove(child)


def _rename(element: ET.Element, prefix: str) -> None:
    """Ids and what refers to them, so that two pictures of a page never share one."""
    if "id" in element.attrib:
        element.set("id", f"{prefix}-{element.get('id')}")
    for name, value in element.attrib.items():
        if name.endswith("href") and value.startswith("#"):
            element.set(name, f"#{prefix}-{value[1:]}")
        elif "url(#" in value:
            element.set(name, _REFERENCE.sub(rf"url(#{prefix}-\1)", value))
