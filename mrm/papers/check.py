"""Checks of a sealed PDF with libraries: its seal, its attachment, and what the ledger says of it.

The standard-library `verify.py` judges a PDF by its digest in a proved pack; this module looks inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from mrm.kernel.canonical import sha256
from mrm.papers.render import CONTENT_NAME
from mrm.papers.seal import SealState, check_seal


@dataclass(frozen=True)
class PdfFindings:
    """What a look inside a PDF found: tampering with its place, doubts, and facts."""

    problems: tuple[tuple[str, str], ...]
    doubts: tuple[str, ...]
    seal: SealState
    content_digest: str

    @property
    def good(self) -> bool:
        """Whether nothing speaks against the paper."""
        return not self.problems and not self.doubts


def check_pdf(
    pdf: bytes, *, certificate: bytes, pdf_digest: str | None = None, content_digest: str | None = None
) -> PdfFindings:
    """Check a sealed paper: seal by `certificate` (PEM), bytes and signed content by their digests, where known."""
    problems: list[tuple[str, str]] = []
    doubts: list[str] = []
    seal = check_seal(pdf, certificate)
    if seal.sealed and not seal.holds and not seal.foreign:
        problems.append(("seal", seal.why))
    elif not seal.holds:
        doubts.append(f"seal: {seal.why}")
    content = attached(pdf)
    if content is None:
        doubts.append("the content that was signed is not attached")
    found = sha256(content) if content is not None else ""
    if content is not None and content_digest is not None and found != content_digest:
        problems.append((CONTENT_NAME, "the attached content is not the one that was signed"))
    if pdf_digest is not None and sha256(pdf) != pdf_digest:
        problems.append(("the file", "its digest is not the one in the ledger"))
    return PdfFindings(tuple(problems), tuple(doubts), seal, found)


def attached(pdf: bytes) -> bytes | None:
    """The bytes of the one associated file `content.json`; None when it is missing, doubled or unreadable."""
    import pikepdf

    try:
        with pikepdf.open(BytesIO(pdf)) as opened:
            files = [item for item in opened.Root.get("/AF", []) if str(item.UF) == CONTENT_NAME]
            if len(files) != 1 or list(opened.attachments) != [CONTENT_NAME]:
                return None
            return bytes(files[0].EF.F.read_bytes())
    except (pikepdf.PdfError, AttributeError, KeyError, ValueError):
        return None
