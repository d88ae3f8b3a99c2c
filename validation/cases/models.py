"""Validations: scope, tests, judgements, the frozen content and who signed it."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse

from mrm.access.models import Person, Signature
from mrm.access.rows import AppendOnly, Governed, ScopedQuerySet, reference_field
from mrm.evidence.models import Evidence
from registry.data.models import Snapshot
from registry.inventory.models import Model, Use, UseChange
from registry.versions.models import Version
from validation.cases.rules import (
    RUNNING,
    UNDER_SIGNATURE,
    WRITABLE,
    Confidence,
    Decision,
    Fitness,
    Rating,
    Sample,
    ValidationKind,
    ValidationState,
)


class ValidationQuerySet(ScopedQuerySet["Validation"]):
    """Validations, with the questions people ask."""

    def running(self) -> Self:
        """Without a result yet."""
        return self.filter(state__in=RUNNING)


class Validation(Governed):
    """One review of one version for its uses. It keeps the tier and the policies of the day it was opened.

    `declared` are facts the tests need that no file holds: the cut-off of the decision, the population's event rate.
    """

    reference_kind = "V"
    reference = reference_field()
    kind = models.CharField(max_length=10, choices=ValidationKind)
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="validations")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="validations")
    tier = models.PositiveSmallIntegerField()
    policies = models.JSONField()
    declared = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=ValidationState, default=ValidationState.OPEN)
    due = models.DateField()
    opened_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = ValidationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-opened_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["version"], condition=Q(state__in=RUNNING), name="one_running_validation_per_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.reference} of {self.version_id}"

    @property
    def running(self) -> bool:
        """Without a result yet."""
        return self.state in RUNNING

    @property
    def writable(self) -> bool:
        """Whether texts and ratings may change."""
        return self.state in WRITABLE

    @property
    def under_signature(self) -> bool:
        """Whether content is frozen for signature."""
        return self.state in UNDER_SIGNATURE

    @property
    def frozen(self) -> FrozenContent | None:
        """The content that is under signature, or was signed at the end; None while it is written."""
        if self.state in WRITABLE:
            return None
        return self.frozen_contents.order_by("-number").first()

    def get_absolute_url(self) -> str:
        """The validation desk."""
        return reverse("validation", args=[self.reference])


class ValidationUse(Governed):
    """One use the version is validated for (as it is, or as a proposed change would make it), and the opinion on it."""

    validation = models.ForeignKey(Validation, on_delete=models.PROTECT, related_name="uses")
    use = models.ForeignKey(Use, on_delete=models.PROTECT, null=True, related_name="+")
    change = models.ForeignKey(UseChange, on_delete=models.PROTECT, null=True, related_name="+")
    judgement = models.CharField(max_length=20, choices=Fitness, blank=True)
    text = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["validation", "use"], name="use_once_per_validation"),
            models.CheckConstraint(
                condition=Q(use__isnull=False) | Q(change__isnull=False), name="validated_use_is_named"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.use_id} {self.judgement}"


class ValidationSample(Governed):
    """The snapshot that plays a part named by the scope template: development, test or whole sample."""

    validation = models.ForeignKey(Validation, on_delete=models.PROTECT, related_name="samples")
    part = models.CharField(max_length=5, choices=Sample)
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["validation", "part"], name="sample_part_once")
        ]

    def __str__(self) -> str:
        return f"{self.part} {self.snapshot_id}"


class ValidatorOfCase(Governed):
    """A person appointed to validate; opening grants them the model's scope."""

    validation = models.ForeignKey(Validation, on_delete=models.PROTECT, related_name="validators")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    appointed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["validation", "person"], name="validator_once_per_validation")
        ]

    def __str__(self) -> str:
        return f"{self.person_id}"


class ScopeItem(Governed):
    """One requirement of the scope, as the template of the day asked it."""

    validation = models.ForeignKey(Validation, on_delete=models.PROTECT, related_name="items")
    key = models.CharField(max_length=80)
    section = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    ask = models.TextField()
    mandatory = models.BooleanField()
    guidelines = models.JSONField(default=list)
    tests = models.JSONField(default=list)
    exempt_reason = models.TextField(blank=True)
    substitute = models.TextField(blank=True)
    exempted_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["section", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["validation", "key"], name="scope_item_once")
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def exempt(self) -> bool:
        """Whether a risk officer has exempted it."""
        return bool(self.exempt_reason)


class Assessment(Governed):
    """The judgement on one scope item: rating, text, the evidence it cites."""

    item = models.OneToOneField(ScopeItem, on_delete=models.PROTECT, related_name="assessment")
    rating = models.CharField(max_length=13, choices=Rating)
    text = models.TextField()
    evidence = models.JSONField(default=list)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    rated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.item_id} {self.rating}"


class TestResult(AppendOnly):
    """What one test of one item brought in one run: evidence, or the sentence why there is none."""

    __test__: ClassVar[bool] = False

    validation = models.ForeignKey(Validation, on_delete=models.PROTECT, related_name="results")
    item = models.ForeignKey(ScopeItem, on_delete=models.PROTECT, related_name="results")
    run = models.PositiveSmallIntegerField()
    test_id = models.CharField(max_length=60)
    part = models.CharField(max_length=5, choices=Sample)
    column = models.CharField(max_length=80, blank=True)
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, null=True, related_name="results")
    problem = models.TextField(blank=True)
    remedy = models.TextField(blank=True)
    job = models.UUIDField(null=True)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["run", "id"]
        indexes: ClassVar = [models.Index(fields=["validation", "run"], name="result_run")]

    def __str__(self) -> str:
        return f"{self.test_id} {self.column}".strip()

    @property
    def name(self) -> str:
        """The test and, where it runs per attribute, the attribute."""
        return f"{self.test_id} · {self.column}" if self.column else self.test_id


class Independence(AppendOnly):
    """What a validator declares: to whom they report, how they were involved before, whether a conflict remains."""

    validation = models.ForeignKey(Validation, on_delete=models.PROTECT, related_name="declarations")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    reporting_line = models.CharField(max_length=200)
    prior_involvement = models.TextField()
    conflict = models.BooleanField()
    declared_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-declared_at"]

    def __str__(self) -> str:
        return f"{self.person_id} independent"


class Opinion(Governed):
    """The opinion on the whole; the one per use stands with the use."""

    validation = models.OneToOneField(Validation, on_delete=models.PROTECT, related_name="opinion")
    step = models.PositiveSmallIntegerField()
    summary = models.TextField()
    text = models.TextField()
    aggregation = models.TextField()
    residual_risk = models.TextField(blank=True)
    confidence = models.CharField(max_length=8, choices=Confidence)
    better_than_worst = models.TextField(blank=True)
    expires = models.DateField()
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(step__gte=1, step__lte=4), name="step_of_four")
        ]

    def __str__(self) -> str:
        return f"step {self.step}"


class FrozenContent(AppendOnly):
    """What is signed: canonical bytes in the vault under `digest`; `material` is the digest of what may not change."""

    validation = models.ForeignKey(Validation, on_delete=models.PROTECT, related_name="frozen_contents")
    number = models.PositiveSmallIntegerField()
    digest = models.CharField(max_length=64)
    material = models.CharField(max_length=64)
    frozen_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    frozen_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["validation", "number"], name="frozen_number_once")
        ]

    def __str__(self) -> str:
        return f"content {self.number} of {self.validation_id}"


class Approval(AppendOnly):
    """The decision of a person entitled to approve this very content."""

    validation = models.ForeignKey(Validation, on_delete=models.PROTECT, related_name="approvals")
    content = models.ForeignKey(FrozenContent, on_delete=models.PROTECT, related_name="approvals")
    decision = models.CharField(max_length=8, choices=Decision)
    capacity = models.CharField(max_length=20)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    signature = models.OneToOneField(Signature, on_delete=models.PROTECT, null=True, related_name="approval")
    reason = models.TextField(blank=True)
    decided_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["decided_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["content", "person"], name="nobody_decides_twice"),
            models.CheckConstraint(
                condition=Q(decision="recuse") | Q(signature__isnull=False), name="decisions_are_signed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.decision}"
