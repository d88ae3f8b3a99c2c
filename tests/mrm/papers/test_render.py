"""Rendering: the design's report again, as PDF/A-3a, equal bytes, right page numbers, nothing fetched."""

from __future__ import annotations

import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from mrm.kernel.canonical import canonical, digest
from mrm.kernel.errors import CountersignError, RuleRefused
from mrm.papers.check import attached
from mrm.papers.content import (
    Callout,
    Closing,
    Content,
    EvidenceRecord,
    EvidenceRegister,
    Heading,
    Meta,
    NotPossible,
    Paragraph,
    RatingCell,
    Row,
    Section,
    SeverityCell,
    Table,
)
from mrm.papers.markup import prose
from mrm.papers.render import Rendered
from mrm.papers.report import render_report
from mrm.papers.rules import TABLE_CAP, Limits
from tests.mrm.papers import sample

RECORD = "ab" * 32
LARGE = 11.5
pytestmark = pytest.mark.slow  # papers are rendered in a child process
poppler = pytest.mark.skipif(not shutil.which("pdftotext"), reason="poppler's pdftotext is not installed")


def small(*blocks: Any, **changes: Any) -> Content:
    """A paper of one section."""
    meta = Meta(
        kind="validation_report",
        reference="R-7K2QD",
        title="Validation report",
        subject=("A scorecard",),
        organisation="Bank",
        unit="Model Validation",
        classification="Confidential",
        running="M-7K2QD A scorecard",
        running_version="v1",
        description="A small paper.",
        cover=(("Opinion", "fit"),),
        control=(("Uses", "U1"),),
    )
    made = Content(
        meta=meta,
        sections=(
            Section("1", "Summary", blocks or (Paragraph("Text.", (RECORD,)),), "All well.", 1, "board"),
        ),
        evidence=(EvidenceRecord(RECORD, "disc.auc", "n 400"),),
        annexes=(Section("A", "Evidence", (EvidenceRegister(),)),),
    )
    return replace(made, **changes)


def rendered(content: Content, closing: Closing | None = None, **options: Any) -> Rendered:
    options.setdefault("charts", {})
    return render_report(
        canonical(content.to_json()), closing or Closing(), source_date=sample.WHEN, **options
    )


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """The design's sample report, rendered once."""
    made = render_report(sample.content(), sample.closing(), charts=sample.charts(), source_date=sample.WHEN)
    print(f"report: {made.pages} pages, {made.cpu_seconds} s CPU, {made.peak_mb} MB")
    return made


@pytest.fixture(scope="module")
def lines(report: Rendered, tmp_path_factory: pytest.TempPathFactory) -> list[list[tuple[float, float, str]]]:
    """Every printed line of each page as (top, left, text), by poppler; what is set larger than 8 pt begins with #."""
    file = tmp_path_factory.mktemp("lines") / "report.pdf"
    file.write_bytes(report.pdf)
    xml = subprocess.run(
        ["pdftotext", "-bbox-layout", str(file), "-"], capture_output=True, check=True, text=True
    ).stdout
    xml = re.sub(r"<!DOCTYPE[^>]*>", "", xml).replace(' xmlns="http://www.w3.org/1999/xhtml"', "")
    pages = []
    for page in ET.fromstring(xml).iter("page"):
        found = []
        for line in page.iter("line"):
            top, height = float(line.get("yMin", 0)), float(line.get("yMax", 0)) - float(line.get("yMin", 0))
            text = " ".join(word.text or "" for word in line.iter("word"))
            found.append((top, float(line.get("xMin", 0)), ("#" if height > LARGE else "") + text))
        pages.append(sorted(found))
    return pages


def test_equal_input_gives_equal_bytes() -> None:
    content = small()
    first, second = rendered(content), rendered(content)
    assert first.pdf == second.pdf
    assert rendered(small(Paragraph("Other."))).pdf != first.pdf


def test_the_report_is_tagged_pdf_a_3a_with_one_attachment(report: Rendered) -> None:
    with pikepdf.open(BytesIO(report.pdf)) as pdf:
        xmp = bytes(pdf.Root.Metadata.read_bytes()).decode()
        assert re.search(r"pdfaid:part(>|=\")3", xmp)
        assert re.search(r"pdfaid:conformance(>|=\")A", xmp)
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "en"
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        assert "Validation report" in str(pdf.docinfo.Title)
        assert len(pdf.Root.AF) == 1
        assert pdf.Root.AF[0].AFRelationship == pikepdf.Name.Data
        assert len(pdf.pages) == report.pages
    assert attached(report.pdf) == sample.content()
    assert report.missing_glyphs == ""


def test_every_font_is_embedded_and_ours(report: Rendered) -> None:
    names = set()
    with pikepdf.open(BytesIO(report.pdf)) as pdf:
        for item in pdf.objects:
            if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/FontDescriptor":
                assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(item.keys()), item.FontName
                names.add(re.sub(r"^/[A-Z]{6}\+", "", str(item.FontName)))
    assert names
    assert all(re.match(r"(Source-?Serif|IBM-?Plex)", name) for name in names), names


def test_contents_lead_to_the_right_pages(report: Rendered) -> None:
    with pikepdf.open(BytesIO(report.pdf)) as pdf:
        pages = {page.objgen: number for number, page in enumerate(pdf.pages, 1)}
        named = pdf.Root.Names.Dests.Names
        places = {str(named[at]): named[at + 1] for at in range(0, len(named), 2)}
        links = [
            str(link.Dest if "/Dest" in link else link.A.D)
            for link in pdf.pages[2].Annots
            if link.Subtype == "/Link"
        ]
        order = [f"s-{number}" for number in (*range(17), *"ABCDEFG")]
        assert list(dict.fromkeys(links)) == order
        target = {name: pages[places[name][0].objgen] for name in order}
    assert sorted(target.values()) == list(target.values())
    assert target["s-0"] == 2
    assert target["s-G"] == report.pages


@poppler
def test_contents_print_the_page_on_which_the_heading_stands(lines: list[Any]) -> None:
    printed = {}
    tops: dict[int, list[tuple[float, str]]] = {}
    for top, left, text in lines[2]:
        tops.setdefault(round(top / 3), []).append((left, text))
    for row in tops.values():
        text = " ".join(part.removeprefix("#") for _, part in sorted(row))
        found = re.fullmatch(r"(\d+|[A-G]) (.+?) ?[ .]* (\d+)", text)
        if found:
            printed[found.group(1)] = (found.group(2), int(found.group(3)))
    titles = [(part["number"], part["title"]) for part in [*sample.said()["sections"], sample.approvals()]]
    titles += [(part["number"], "Annex: " + part["title"]) for part in sample.said()["annexes"]]
    for number, title in titles:
        assert printed[number][0].startswith(title[:30])
        page = lines[printed[number][1] - 1]
        assert any(title in text for top, _, text in page if top > 60), (number, title, printed[number])


@poppler
def test_no_heading_stands_in_the_last_three_lines_of_a_page(lines: list[Any]) -> None:
    said = sample.said()
    parts = [*said["sections"], sample.approvals(), *said["annexes"]]
    headings = {part["title"] for part in parts}
    headings |= {block["text"] for part in parts for block in part["blocks"] if block["kind"] == "heading"}
    seen = 0
    for number, page in enumerate(lines, 1):
        bottom = 540 if number == 23 else 785
        body = [item for item in page if 60 < item[0] < bottom]
        for top, _, text in body:
            if text.startswith("#") and text[1:].removeprefix("Annex: ") in headings:
                seen += 1
                below = {round(other[0] / 4) for other in body if other[0] > top + 6}
                assert len(below) >= 3, (number, text)
    assert seen >= len(headings) - 4


@poppler
def test_long_tables_repeat_their_heads_and_pages_their_running_heads(lines: list[Any]) -> None:
    with_head = [
        number for number, page in enumerate(lines, 1) if any("Label in the file" in t for _, _, t in page)
    ]
    assert len(with_head) == 2
    assert with_head[1] == with_head[0] + 1
    register = [
        number for number, page in enumerate(lines, 1) if any("Digest, continued" in t for _, _, t in page)
    ]
    assert len(register) == 2
    for number, page in enumerate(lines[1:], 2):
        texts = " ".join(text for _, _, text in page)
        assert f"Page {number} of {len(lines)}" in texts.replace("\u00a0", " ")
        assert "MDL-0042" in texts
        assert "Confidential" in texts


@pytest.mark.skipif(not shutil.which("pdftoppm"), reason="poppler's pdftoppm is not installed")
def test_pages_are_kept_as_pictures(report: Rendered, test_output: Path) -> None:
    folder = test_output / "papers"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("report-*.png"):
        old.unlink()
    (folder / "report.pdf").write_bytes(report.pdf)
    subprocess.run(["pdftoppm", "-r", "60", "-png", "report.pdf", "report"], cwd=folder, check=True)
    assert len(list(folder.glob("report-*.png"))) == report.pages


def test_a_figure_that_asks_for_another_address_is_refused() -> None:
    from mrm.papers.content import Figure

    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
        '<image href="file:///etc/hostname" width="9" height="9"/></svg>'
    )
    content = small(Figure(chart="bad", seen="A figure.", alt="A figure."))
    with pytest.raises(CountersignError) as refused:
        rendered(content, charts={"bad": svg})
    assert refused.value.code == "paper_failed"
    assert "file:///etc/hostname" in refused.value.detail


@pytest.mark.parametrize("limits", [Limits(wall_seconds=0), Limits(cpu_seconds=1), Limits(memory_mb=150)])
def test_rendering_stops_at_its_limits(limits: Limits) -> None:
    rows = tuple(Row((str(number), "text")) for number in range(TABLE_CAP))
    content = small(*(Table("Rows.", ("n", "t"), rows) for _ in range(6)))
    with pytest.raises(CountersignError) as refused:
        rendered(content, limits=limits)
    assert refused.value.code == "paper_limit"


def test_long_tables_are_set_in_parts_and_the_rest_is_said() -> None:
    from mrm.papers.layout import Layout

    rows = tuple(Row((str(number),)) for number in range(TABLE_CAP + 7))
    said = small(Table("Rows.", ("n",), rows, key="rows"), Paragraph("See [[rows]].")).to_json()
    context = Layout(said, Closing().to_json(), {}).context()
    *tables, paragraph = context["sections"][0]["blocks"]
    assert sum(len(table["rows"]) for table in tables) == TABLE_CAP
    assert {table["number"] for table in tables} == {1}
    assert [table["continued"] for table in tables] == [False, True, True, True]
    assert "7 further rows" in tables[-1]["note"]
    assert paragraph["text"] == 'See <a href="#t-1">table\u00a01</a>.'


def test_what_does_not_fit_together_is_refused() -> None:
    from mrm.papers.content import Figure

    for block in (Paragraph("x", ("cd" * 32,)), Figure(chart="none", seen="s", alt="a")):
        with pytest.raises(RuleRefused) as refused:
            rendered(small(block))
        assert refused.value.code == "paper_content"


def test_every_kind_of_block_is_set() -> None:
    content = small(
        Heading("A heading"),
        Table("Cells.", ("a", "b"), (Row((RatingCell("not_concluded"), SeverityCell("critical"))),)),
        Callout("Careful.", "It may fail.", (RECORD,)),
        NotPossible("stability over time", "The data have no dates.", "Dates of application."),
    )
    made = rendered(content, Closing(checkpoint=sample.CHECKPOINT))
    assert made.pages == 4
    assert made.cpu_seconds > 0
    assert made.peak_mb > 0


def test_signed_digest_does_not_depend_on_what_comes_after() -> None:
    content = small()
    before = digest(content.to_json())
    made = rendered(content, Closing(control=(("Seal", "sealed"),), checkpoint=sample.CHECKPOINT))
    assert digest(content.to_json()) == before
    assert attached(made.pdf) == canonical(content.to_json())


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a <b> & c", "a &lt;b&gt; &amp; c"),
        ("**Bold** and *soft*", "<b>Bold</b> and <em>soft</em>"),
        ("5 * 3 * 2", "5 * 3 * 2"),
        ("`a*b*c`", "<code>a*b*c</code>"),
        ("30 % at p 0.04", "30\u00a0% at p\u00a00.04"),
        ("8.9 · 10⁻⁵", "8.9 · 10<sup>−5</sup>"),
        ("ev:abababababab", '<span class="id">ev:abababababab</span>'),
        ("[[gone]]", "[[gone]]"),
        ("see annex G", "see annex\u00a0G"),
        ("Marks;^[As given.] then", 'Marks;<span class="fn">As given.</span> then'),
    ],
)
def test_markup(text: str, html: str) -> None:
    assert prose(text, {}) == html
