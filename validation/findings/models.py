"""Findings and what happens to them; conditions of use."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from mrm.access.models import Person, Signature
from mrm.access.rows import AppendOnly, Governed, ScopedQuerySet, reference_field
from mrm.policy.queries import today
from registry.inventory.models import Model
from registry.versions.models import Version
from validation.findings.rules import (
    GONE,
    ISSUED,
    UNISSUED,
    ConditionState,
    FindingState,
    Severity,
    Stance,
    lapsed,
)


class FindingQuerySet(ScopedQuerySet["Finding"]):
    """Findings, with the questions people ask."""

    def open(self) -> Self:
        """Issued and neither closed nor withdrawn (accepted ones are still open)."""
        return self.filter(state__in=ISSUED).exclude(state__in=GONE)

    def unissued(self) -> Self:
        """Drafts and those with the owner for factual accuracy."""
        return self.filter(state__in=UNISSUED)

    def standing(self) -> Self:
        """Everything but withdrawn drafts."""
        return self.exclude(state=FindingState.WITHDRAWN)


class Finding(Governed):
    """A weakness, with its severity, its owner and the date by which it is to be mended."""

    reference_kind = "F"
    reference = reference_field()
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="findings")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, null=True, related_name="findings")
    validation_id = models.UUIDField(null=True)
    validation_reference = models.CharField(max_length=12, blank=True)
    severity = models.CharField(max_length=8, choices=Severity)
    title = models.CharField(max_length=200)
    text = models.TextField()
    impact = models.TextField(blank=True)
    tests = models.JSONField(default=list)
    evidence = models.JSONField(default=list)
    rule = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=16, choices=FindingState, default=FindingState.DRAFT)
    owner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="findings_owned")
    raised_at = models.DateTimeField()
    answer_by = models.DateField(null=True)
    issued_at = models.DateTimeField(null=True)
    due = models.DateField(null=True)
    accepted_until = models.DateField(null=True)
    reopened = models.PositiveSmallIntegerField(default=0)

    objects: ClassVar[Any] = FindingQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-raised_at"]
        indexes: ClassVar = [
            models.Index(fields=["validation_id"], name="finding_validation"),
            models.Index(fields=["scope", "state"], name="finding_scope_state"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["validation_id", "rule"],
                condition=~Q(rule="") & Q(validation_id__isnull=False),
                name="finding_once_per_rule",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=ISSUED) | Q(due__isnull=False, issued_at__isnull=False),
                name="issued_finding_has_due_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    @property
    def is_open(self) -> bool:
        """Issued, not closed."""
        return self.state in ISSUED and self.state not in GONE

    def get_absolute_url(self) -> str:
        """The page of this finding."""
        return reverse("finding", args=[self.reference])


class Step(AppendOnly):
    """What a person added to a finding; the concrete steps are below."""

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="%(class)ss")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        abstract = True
        ordering: ClassVar = ["-at"]

    def __str__(self) -> str:
        return f"{self.finding_id} {self.text[:40]}"


class Response(Step):
    """What the owner says of the facts before the finding is issued."""

    stance = models.CharField(max_length=8, choices=Stance)

    class Meta(Step.Meta):
        pass


class Advice(Step):
    """Advice on the fix by a validator, who then may not close the finding."""

    class Meta(Step.Meta):
        pass


class Submission(Step):
    """The owner says that the weakness is mended, and by what it can be seen."""

    evidence = models.JSONField(default=list)

    class Meta(Step.Meta):
        pass


class Closure(Step):
    """The judgement on what was mended: closed, sent back or reopened; cites evidence."""

    closed = models.BooleanField()
    evidence = models.JSONField(default=list)

    class Meta(Step.Meta):
        pass


class Document(AppendOnly):
    """A document that belongs to a finding: its bytes are in the vault."""

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="documents")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at"]

    def __str__(self) -> str:
        return self.name


class Asked(Governed):
    """Something one person asks and another decides; the concrete requests are below."""

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="%(class)ss")
    text = models.TextField()
    until = models.DateField()
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    agreed = models.BooleanField(null=True)
    decided_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_text = models.TextField(blank=True)

    class Meta:
        abstract = True
        ordering: ClassVar = ["-asked_at"]

    def __str__(self) -> str:
        return f"{self.finding_id} until {self.until}"

    @property
    def is_open(self) -> bool:
        """Whether nobody has decided yet."""
        return self.agreed is None


class Plan(Asked):
    """How and by when the owner mends the weakness; for high and critical findings a risk officer approves it."""

    class Meta(Asked.Meta):
        pass


class Extension(Asked):
    """A later date, asked for with its reason."""

    class Meta(Asked.Meta):
        pass


class Acceptance(Asked):
    """The first line bears the risk until a date, if the second line concurs by signature."""

    signature = models.ForeignKey(Signature, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta(Asked.Meta):
        pass


class ConditionQuerySet(ScopedQuerySet["Condition"]):
    """Conditions, with the questions the gate asks."""

    def standing(self) -> Self:
        """Not withdrawn."""
        return self.exclude(state=ConditionState.WITHDRAWN)

    def lapsed(self, today: date) -> Self:
        """In force, with a due date or an end that has passed unfulfilled."""
        past = Q(due__lt=today) | Q(ends__lt=today)
        return self.filter(past, state=ConditionState.IN_FORCE)


class Condition(Governed):
    """A restriction or compensating control that an approval imposes; use is blocked when it lapses."""

    reference_kind = "C"
    reference = reference_field()
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="conditions")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="conditions")
    validation_id = models.UUIDField()
    validation_reference = models.CharField(max_length=12)
    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, null=True, related_name="conditions")
    scope_item = models.CharField(max_length=80, blank=True)
    text = models.TextField()
    check_text = models.TextField()
    due = models.DateField(null=True)
    ends = models.DateField(null=True)
    justification = models.TextField(blank=True)
    alternatives = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=ConditionState, default=ConditionState.PROPOSED)
    proposed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    fulfilment = models.TextField(blank=True)

    objects: ClassVar[Any] = ConditionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["proposed_at"]
        indexes: ClassVar = [models.Index(fields=["validation_id"], name="condition_validation")]

    def __str__(self) -> str:
        return f"{self.reference} {self.text[:60]}"

    def get_absolute_url(self) -> str:
        """The page of this condition."""
        return reverse("condition", args=[self.reference])

    def is_lapsed(self, today: date) -> bool:
        """Whether it blocks use on that date."""
        return lapsed(self.state, self.due, self.ends, today)

    @property
    def standing_now(self) -> str:
        """Its state, or `lapsed`, on this day where the legal entity is."""
        return "lapsed" if self.is_lapsed(today(self.model.entity, timezone.now())) else str(self.state)
