"""Charts: every kind draws, the same bytes each time, and nothing a page must not hold."""

import re
from xml.etree import ElementTree as ET

import pytest
from django.core.cache import caches

from mrm.web import charts
from mrm.web.charts import drawing
from mrm.web.gallery_charts import CHARTS

BY_KIND = {chart["kind"]: chart for chart in CHARTS}
HEX = re.compile(r"#[0-9a-fA-F]{3,8}\b")


def test_the_gallery_shows_every_kind() -> None:
    assert set(BY_KIND) == set(charts.KINDS)


@pytest.mark.parametrize("kind", sorted(charts.KINDS))
def test_a_picture_for_the_page(kind: str) -> None:
    svg = charts.render(BY_KIND[kind])
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    assert BY_KIND[kind]["title"] in root.get("aria-label", "")
    assert root.get("viewBox", "").startswith("0 0 664 ")
    assert root.get("width") is None
    assert "var(--" in svg
    for unwanted in (
        " style=",
        "<style",
        "<script",
        "font-family",
        'fill="white"',
        'fill="#',
        "@d1",
        "href=",
    ):
        assert unwanted not in svg
    assert not HEX.search(svg)
    assert "aria-roledescription" in svg


@pytest.mark.parametrize("kind", ["forest", "distribution", "beeswarm"])
def test_the_same_chart_gives_the_same_bytes(kind: str) -> None:
    first = charts.render(BY_KIND[kind])
    caches["charts"].clear()
    assert charts.render(BY_KIND[kind]) == first
    assert charts.render(BY_KIND[kind] | {"title": "Another title"}) != first


def test_a_picture_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    charts.render(BY_KIND["roc"], width=500)
    monkeypatch.setattr(drawing, "draw", lambda *_: pytest.fail("drawn again"))
    charts.render(BY_KIND["roc"], width=500)


@pytest.mark.parametrize("mode", ["light", "dark", "paper"])
def test_a_picture_that_leaves_the_page_holds_values_fonts_and_size(mode: str) -> None:
    svg = charts.render(BY_KIND["calibration"], mode)
    assert "var(" not in svg
    assert "IBM Plex Sans" in svg
    assert re.search(r'<svg [^>]*width="664"', svg)


def test_a_mode_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no chart mode"):
        charts.render(BY_KIND["roc"], "print")


def test_no_rows_is_a_sentence() -> None:
    assert "no row was computed" in charts.render(BY_KIND["roc"] | {"data": []})


def test_titles_cannot_break_out() -> None:
    svg = charts.render(BY_KIND["iv_bars"] | {"title": 'x" onload="alert(1)'})
    assert ET.fromstring(svg).get("onload") is None


def test_the_data_behind_a_chart() -> None:
    found = charts.table(BY_KIND["forest"])
    assert [column["label"] for column in found["columns"]] == [
        "attribute",
        "group",
        "reference",
        "air",
        "low",
        "high",
    ]
    assert found["rows"][0][3] == {"text": ".7110", "num": True}
    many = charts.table(BY_KIND["beeswarm"])
    assert (len(many["rows"]), many["total"], many["more"]) == (60, 360, True)
    assert many["rows"][-1][0]["text"] == "amount"


def test_a_comparison_without_interval_or_estimate_is_drawn_as_far_as_it_goes() -> None:
    rows = [
        {"group": "a", "air": 0.7, "low": None, "high": None},
        {"group": "b", "air": 0.0, "low": 0.0, "high": 1.4},
        {"group": "c", "air": None, "low": None, "high": None},
    ]
    svg = charts.render(BY_KIND["forest"] | {"data": rows})
    assert svg.count('aria-roledescription="point"') == 2
    assert "NaN" not in svg
