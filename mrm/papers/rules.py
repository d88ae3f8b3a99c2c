"""The error codes of papers, and the limits of one rendering."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices

from mrm.kernel.errors import declare

PAPER_FAILED = declare("paper_failed", "the paper could not be rendered")
PAPER_LIMIT = declare("paper_limit", "rendering the paper took more memory or time than is allowed")
PAPER_CONTENT = declare("paper_content", "the content of the paper does not fit together")
PAPER_VOID = declare("paper_void", "a paper is to be declared void without a reason, or twice")
SEAL_FAILED = declare("seal_failed", "the paper could not be sealed")
PACK_CONTENT = declare("pack_content", "what should go into the evidence pack does not fit together")

TABLE_PART = 100
"""Rows of one printed table: WeasyPrint's cost grows faster than the rows, so longer tables are set in parts."""
TABLE_CAP = 400
"""Rows that are printed at all; the rest is in the attachment, and the paper says so."""


@dataclass(frozen=True)
class Limits:
    """What one rendering may use."""

    memory_mb: int = 3072
    cpu_seconds: int = 240
    wall_seconds: int = 600


class PaperKind(TextChoices):
    """What a paper is."""

    VALIDATION_REPORT = "validation_report", "validation report"
    WEEKLY_REVIEW = "weekly_review", "weekly review"


@dataclass(frozen=True)
class Sealed:
    """A rendered and sealed paper whose bytes and content the vault holds."""

    reference: str
    kind: str
    title: str
    content_digest: str
    pdf_digest: str
    size: int
    pages: int
    language: str
    zone: str
    certificate: str
    cpu_seconds: float
    peak_mb: int
