"""Evidence: one computation, what ran, on what, what came out; its reruns; and its voiding."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.urls import reverse

from mrm.access.models import Person
from mrm.access.rows import AppendOnly, ScopedQuerySet
from mrm.evidence.rules import SHORTEST_ID, EvidenceKind, Light, Verdict


class EvidenceQuerySet(ScopedQuerySet["Evidence"]):
    """Evidence, with the questions people ask of it."""

    def standing(self) -> EvidenceQuerySet:
        """Evidence that has not been declared void."""
        return self.filter(voids__isnull=True)


class Evidence(AppendOnly):
    """The record of one computation. Its digest covers inputs, parameters, method, seed and results, and is also
    the vault's digest of their canonical bytes: whoever holds the bytes can check the id."""

    kind = models.CharField(max_length=12, choices=EvidenceKind)
    test_id = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    result_digest = models.CharField(max_length=64)
    inputs = models.JSONField()
    light = models.CharField(max_length=12, choices=Light)
    defined = models.BooleanField()
    headline = models.JSONField()
    sample = models.JSONField()
    recorded_at = models.DateTimeField()

    objects: ClassVar[Any] = EvidenceQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-recorded_at", "test_id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scope", "result_digest"], name="evidence_once_per_scope")
        ]
        indexes: ClassVar = [models.Index(fields=["result_digest"], name="evidence_digest")]

    def __str__(self) -> str:
        return f"{self.short} {self.test_id}"

    @property
    def content(self) -> str:
        """The vault's digest of the canonical content: the result digest itself."""
        return self.result_digest

    @property
    def short(self) -> str:
        """The id as it is written in pages and papers; `queries.short_ids` makes it longer where ambiguous."""
        return "ev:" + self.result_digest[:SHORTEST_ID]

    def get_absolute_url(self) -> str:
        """The page of this evidence."""
        return reverse("evidence", args=[self.short])


class EvidenceRun(AppendOnly):
    """One time the computation ran: where, by whom, in which environment, and whether it came out the same."""

    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="runs")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    job = models.UUIDField(null=True)
    environment = models.JSONField()
    verdict = models.CharField(max_length=10, choices=Verdict)
    step = models.CharField(max_length=40, blank=True)
    detail = models.TextField(blank=True)
    record_digest = models.CharField(max_length=64)
    ran_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-ran_at"]

    def __str__(self) -> str:
        return f"{self.evidence_id} {self.verdict}"


class EvidenceVoid(AppendOnly):
    """Evidence that must not be relied on any more, and why. The evidence itself stays as it was."""

    evidence = models.OneToOneField(Evidence, on_delete=models.PROTECT, related_name="voids")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    voided_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.evidence_id} void"
