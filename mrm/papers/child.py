"""The process that sets a paper: HTML in, PDF/A-3a out. Run as `python -m mrm.papers.child FOLDER`.

It knows no Django, no database and no network. It may open what the request holds (stylesheet, charts) and the font
wheels; every other address is refused. Its memory ends with it.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import resource
import sys
import time
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

ORIGIN = "https://paper.invalid/"
FONTS = {
    "source-serif-4.ttf": ("fontpkg_source_serif_4", "SourceSerif4[opsz,wght].ttf"),
    "source-serif-4-italic.ttf": ("fontpkg_source_serif_4", "SourceSerif4-Italic[opsz,wght].ttf"),
    "ibm-plex-sans.ttf": ("fontpkg_ibm_plex_sans", "IBMPlexSans[wdth,wght].ttf"),
    "ibm-plex-mono.ttf": ("fontpkg_ibm_plex_mono", "IBMPlexMono-Regular.ttf"),
    "ibm-plex-mono-semibold.ttf": ("fontpkg_ibm_plex_mono", "IBMPlexMono-SemiBold.ttf"),
}


def font_path(name: str) -> Path:
    """The file of an embedded font inside its wheel."""
    package, file = FONTS[name]
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"the font package {package} is not installed")
    return Path(spec.origin).parent / "files" / file


def fontconfig(folder: Path) -> Path:
    """A fontconfig of the font wheels alone, so that a machine's own fonts never enter a paper."""
    folders = sorted({str(font_path(name).parent) for name in FONTS})
    entries = "".join(f"<dir>{path}</dir>" for path in folders)
    file = folder / "fonts.conf"
    file.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">'
        f"<fontconfig>{entries}<cachedir>{folder / 'font-cache'}</cachedir></fontconfig>"
    )
    return file


def limit(memory_mb: int, cpu_seconds: int) -> None:
    """Bound what this process may use, from within: no code of ours runs between fork and exec."""
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory_mb * 2**20, memory_mb * 2**20))


class Fetcher:
    """Answers the only addresses a paper may open, and remembers what it refused."""

    def __init__(self, css: str, charts: dict[str, str]) -> None:
        self.css = css
        self.charts = charts
        self.refused: list[str] = []

    def __call__(self, url: str, *_args: Any, **_options: Any) -> Any:
        """The answer to one address."""
        from weasyprint.urls import URLFetcherResponse

        parts = urlsplit(url)
        folder, _, name = unquote(parts.path).lstrip("/").rpartition("/")
        if f"{parts.scheme}://{parts.netloc}/" == ORIGIN and not parts.query:
            if not folder and name == "paper.css":
                return URLFetcherResponse(url, self.css.encode(), {"Content-Type": "text/css"})
            if folder == "charts" and name.removesuffix(".svg") in self.charts:
                svg = self.charts[name.removesuffix(".svg")]
                return URLFetcherResponse(url, svg.encode(), {"Content-Type": "image/svg+xml"})
            if folder == "fonts" and name in FONTS:
                return URLFetcherResponse(url, font_path(name).read_bytes(), {"Content-Type": "font/ttf"})
        self.refused.append(url[:200])
        raise ValueError(f"refused: {url[:200]}")


def missing_glyphs(text: str) -> str:
    """The characters of `text` that none of the embedded fonts can draw."""
    from fontTools.ttLib import TTFont

    known: set[int] = set()
    for name in FONTS:
        known |= set(TTFont(font_path(name), lazy=True).getBestCmap())
    return "".join(sorted(mark for mark in set(text) if mark.isprintable() and ord(mark) not in known))


def mend(source: Path, target: Path) -> int:
    """WeasyPrint lists an attachment twice under /AF and sets neither tab order nor the window title."""
    import pikepdf

    with pikepdf.open(source) as pdf:
        if "/AF" in pdf.Root:
            seen: set[tuple[int, int]] = set()
            keep = []
            for file in pdf.Root.AF:
                if file.objgen not in seen:
                    seen.add(file.objgen)
                    keep.append(file)
            pdf.Root.AF = pikepdf.Array(keep)
        for page in pdf.pages:
            page.Tabs = pikepdf.Name.S
        pdf.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
        pdf.save(target, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        return len(pdf.pages)


def set_paper(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Write `paper.pdf` into `folder`; returns what it took."""
    from weasyprint import HTML, Attachment

    when = datetime.fromisoformat(request["source_date"])
    fetch = Fetcher(request["css"], request["charts"])
    document = HTML(string=request["html"], base_url=ORIGIN, url_fetcher=fetch)
    files = [
        Attachment(
            string=base64.b64decode(item["data"]),
            name=item["name"],
            description=item["description"],
            created=when,
            modified=when,
            relationship="Data",
        )
        for item in request["attachments"]
    ]
    raw = folder / "raw.pdf"
    document.write_pdf(
        raw,
        pdf_variant="pdf/a-3a",
        pdf_identifier=request["identifier"].encode(),
        attachments=files,
        optimize_images=True,
    )
    pages = mend(raw, folder / "paper.pdf")
    return {
        "pages": pages,
        "cpu_seconds": round(time.process_time(), 2),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        // (1024 if sys.platform == "linux" else 2**20),
        "refused": fetch.refused,
        "missing_glyphs": missing_glyphs(request["html"] + "".join(request["charts"].values())),
    }


def main(folder: Path) -> None:
    """Do the request that lies in `folder`."""
    request = json.loads((folder / "request.json").read_text("utf-8"))
    limit(request["limits"]["memory_mb"], request["limits"]["cpu_seconds"])
    os.environ["FONTCONFIG_FILE"] = str(fontconfig(folder))
    # subset fonts carry the clock unless this stands in the environment
    os.environ["SOURCE_DATE_EPOCH"] = str(int(datetime.fromisoformat(request["source_date"]).timestamp()))
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    (folder / "done.json").write_text(json.dumps(set_paper(request, folder)), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
