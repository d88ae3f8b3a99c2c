"""Sealed papers, their voiding, and who took a pack of which."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from mrm.access.models import Person
from mrm.access.rows import AppendOnly, ScopedQuerySet, reference_field
from mrm.papers.rules import PaperKind


class PaperQuerySet(ScopedQuerySet["Paper"]):
    """Papers, with the questions people ask of them."""

    def about(self, row: models.Model) -> PaperQuerySet:
        """The papers on one record, newest first."""
        return self.filter(about_type=row._meta.label_lower, about_id=str(row.pk)).order_by("-sealed_at")

    def standing(self) -> PaperQuerySet:
        """Papers that were not declared void."""
        return self.filter(void__isnull=True)


class Paper(AppendOnly):
    """A sealed paper. `pdf_digest` and `content_digest` are its names in the vault, and stand in the ledger."""

    reference_kind = "R"

    reference = reference_field()
    kind = models.CharField(max_length=20, choices=PaperKind)
    title = models.CharField(max_length=200)
    about_type = models.CharField(max_length=60)
    about_id = models.CharField(max_length=40)
    content_digest = models.CharField(max_length=64)
    pdf_digest = models.CharField(max_length=64, unique=True)
    size = models.PositiveIntegerField()
    pages = models.PositiveIntegerField()
    language = models.CharField(max_length=10)
    zone = models.CharField(max_length=40)
    certificate = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    objects: ClassVar[Any] = PaperQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-sealed_at"]
        indexes: ClassVar = [models.Index(fields=["about_type", "about_id"], name="paper_about")]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    def get_absolute_url(self) -> str:
        """Its page."""
        return f"/papers/{self.reference}/"

    @property
    def file_name(self) -> str:
        """What the PDF is called outside."""
        return f"{self.reference}.pdf"


class PaperVoid(AppendOnly):
    """A paper that must not be relied on any more, and why. The paper itself stays as it was sealed."""

    paper = models.OneToOneField(Paper, on_delete=models.PROTECT, related_name="void")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    voided_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.paper_id} void"


class PackExport(AppendOnly):
    """Somebody took the evidence pack of a paper; the entry of this act names the pack's manifest."""

    paper = models.ForeignKey(Paper, on_delete=models.PROTECT, related_name="exports")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    manifest_digest = models.CharField(max_length=64)
    exported_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"pack of {self.paper_id}"
