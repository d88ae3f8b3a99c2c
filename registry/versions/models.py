"""Versions, what was found in them, their stages and use grants."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.db import models

from mrm.access.models import Person
from mrm.access.rows import AppendOnly, Governed, ScopedQuerySet, reference_field
from mrm.kernel.errors import RuleRefused
from registry.data.models import Snapshot
from registry.inventory.models import Model, Use
from registry.versions.rules import (
    Admission,
    Format,
    GrantState,
    RequestState,
    Stage,
    VersionOrigin,
    grant_standing,
)


class VersionQuerySet(ScopedQuerySet["Version"]):
    """Versions, with what their pages show."""

    def with_facts(self) -> VersionQuerySet:
        """Everything a row of the list needs, in one query."""
        named = ("built_on", "tried_on", "scored_on")
        stated = Lineage.objects.select_related(*named).order_by("number")
        return self.select_related("model", "registered_by", *named).prefetch_related(
            models.Prefetch("lineages", queryset=stated), "inspections"
        )

    def admitted(self) -> VersionQuerySet:
        """Those whose latest inspection let them in."""
        rows = Inspection.objects.filter(version=models.OuterRef("pk")).order_by("-number")
        return self.annotate(let_in=models.Subquery(rows.values("admitted")[:1])).filter(let_in=True)


class Version(AppendOnly):
    """An immutable build of a model. What was found in it is its inspection; where it stands, its stages."""

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=120, blank=True)
    # Empty where the artefact is held by another registry and was never seen here.
    format = models.CharField(max_length=20, choices=Format, blank=True)
    artefact = models.CharField(max_length=64, blank=True)
    artefact_name = models.CharField(max_length=200, blank=True)
    artefact_size = models.BigIntegerField(default=0)
    declared_signature = models.JSONField(null=True)
    # As named at registration; what was stated later is a Lineage. Read the properties, which know both.
    built_on = models.ForeignKey(Snapshot, on_delete=models.PROTECT, null=True, related_name="trained")
    tried_on = models.ForeignKey(Snapshot, on_delete=models.PROTECT, null=True, related_name="tested")
    scored_on = models.ForeignKey(Snapshot, on_delete=models.PROTECT, null=True, related_name="scored")
    split = models.JSONField(default=dict)
    parameters = models.JSONField(default=dict)
    code_revision = models.CharField(max_length=80, blank=True)
    environment = models.CharField(max_length=64, blank=True)
    notes = models.TextField(blank=True)
    origin = models.CharField(max_length=10, choices=VersionOrigin, default=VersionOrigin.UPLOAD)
    # The run lives on a higher floor or with a client: its key and name, no foreign key.
    run = models.UUIDField(null=True)
    run_reference = models.CharField(max_length=64, blank=True)
    features = models.JSONField(default=list)
    input_example = models.CharField(max_length=64, blank=True)
    job = models.UUIDField(null=True)
    registered_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    registered_at = models.DateTimeField()

    objects: ClassVar[Any] = VersionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["model", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["model", "number"], name="version_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.model.name}, version {self.number}"

    def get_absolute_url(self) -> str:
        """Its page."""
        return f"/models/{self.model.reference}/versions/{self.number}/"

    @property
    def external(self) -> bool:
        """Whether only its scores are known."""
        return self.format == Format.EXTERNAL

    @property
    def found(self) -> Inspection | None:
        """What the latest inspection found, once one is over."""
        return max(self.inspections.all(), key=lambda item: item.number, default=None)

    @property
    def admission(self) -> str:
        """Whether it was let in."""
        if self.found is None:
            return Admission.PENDING
        return Admission.ADMITTED if self.found.admitted else Admission.REFUSED

    @property
    def place(self) -> StageRow | None:
        """Its last arrival at a stage."""
        return max(self.stages.all(), key=lambda row: row.number, default=None)

    @property
    def stage(self) -> str:
        """Where it stands."""
        return self.place.stage if self.place else Stage.DEV

    @property
    def serves(self) -> list[str]:
        """The references of the uses it is in production for."""
        return list(self.place.uses) if self.place and self.place.stage == Stage.PROD else []

    @property
    def training_snapshot(self) -> Snapshot | None:
        """What it was built on, as named at registration or stated since."""
        return self._lineage("built_on")

    @property
    def test_snapshot(self) -> Snapshot | None:
        """What its developer tried it on."""
        return self._lineage("tried_on")

    @property
    def scored_snapshot(self) -> Snapshot | None:
        """The sample that came with its scores."""
        return self._lineage("scored_on")

    def _lineage(self, name: str) -> Snapshot | None:
        rows = [self, *self.lineages.all()]
        return next((getattr(row, name) for row in rows if getattr(row, f"{name}_id") is not None), None)

    @property
    def snapshots(self) -> list[Snapshot]:
        """The snapshots of its lineage, each once, in the order training, test, scored."""
        found = [self.training_snapshot, self.test_snapshot, self.scored_snapshot]
        return list(dict.fromkeys(item for item in found if item is not None))

    @property
    def test_data(self) -> Snapshot | None:
        """The snapshot a validation scores: scored sample, else test, else training data."""
        return self.scored_snapshot or self.test_snapshot or self.training_snapshot

    def admitted(self) -> Inspection:
        """Its inspection, if it was let in; refused otherwise."""
        if self.found is None or not self.found.admitted:
            why = self.found.detail if self.found else "Its inspection is not over yet."
            raise RuleRefused(
                "version_not_admitted",
                f"Version {self.number} was not admitted. {why}",
                (self.found.remedy if self.found else "")
                or "Wait for the inspection, or register a new version.",
            )
        return self.found


class Lineage(AppendOnly):
    """Snapshots of a version that were not named when it was registered; what is named once stays."""

    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="lineages")
    number = models.PositiveIntegerField()
    built_on = models.ForeignKey(Snapshot, on_delete=models.PROTECT, null=True, related_name="+")
    tried_on = models.ForeignKey(Snapshot, on_delete=models.PROTECT, null=True, related_name="+")
    scored_on = models.ForeignKey(Snapshot, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.TextField(blank=True)
    job = models.UUIDField(null=True)
    stated_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    stated_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "number"], name="lineage_number_once")
        ]

    def __str__(self) -> str:
        return f"lineage of {self.version_id}"


class Inspection(AppendOnly):
    """What was found when the artefact was opened in a process of its own; it admits or refuses the version.

    A version that came without data is inspected again on the data that are stated later: the latest counts.
    """

    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="inspections")
    number = models.PositiveIntegerField(default=1)
    admitted = models.BooleanField()
    code = models.CharField(max_length=60, blank=True)
    detail = models.TextField(blank=True)
    remedy = models.TextField(blank=True)
    signature = models.JSONField(null=True)
    structure = models.CharField(max_length=10, blank=True)
    path = models.CharField(max_length=10, blank=True)
    report = models.JSONField(default=dict)
    inspected_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "number"], name="inspection_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {'admitted' if self.admitted else 'refused'}"

    @property
    def features(self) -> list[str]:
        """The names of the inputs, in order."""
        return [item["name"] for item in (self.signature or {}).get("inputs", [])]


class StageRow(AppendOnly):
    """A version's arrival at a stage."""

    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="stages")
    number = models.PositiveIntegerField()
    stage = models.CharField(max_length=10, choices=Stage)
    # In production: the references of the uses it answers for from here on.
    uses = models.JSONField(default=list)
    reason = models.TextField(blank=True)
    moved_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    moved_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "number"], name="stage_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.stage}"


class PromotionRequest(Governed):
    """The first line's wish to move a version on, with what the gate still asked for on that day."""

    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="requests")
    stage = models.CharField(max_length=10, choices=Stage)
    uses = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.OPEN)
    reason = models.TextField()
    open_requirements = models.JSONField(default=list)
    requested_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    closed_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_reason = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["-requested_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["version"], condition=models.Q(state="open"), name="one_open_request_of_a_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.version_id} to {self.stage}: {self.state}"

    def get_absolute_url(self) -> str:
        """The version's page shows it."""
        return self.version.get_absolute_url()


class Alias(Governed):
    """A name of a model that points at one of its versions; names that look alike are one (`key`)."""

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="aliases")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="aliases")
    name = models.CharField(max_length=255)
    key = models.CharField(max_length=255, db_index=True)
    set_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["key"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["model", "key"], name="alias_once_per_model")
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The page of the version it points at."""
        return self.version.get_absolute_url()


class Tag(Governed):
    """A key with a value on a model, or on one of its versions."""

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="tags")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, null=True, related_name="tags")
    key = models.CharField(max_length=250, db_index=True)
    value = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["key"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["model", "key"], condition=models.Q(version__isnull=True), name="tag_once_per_model"
            ),
            models.UniqueConstraint(
                fields=["version", "key"],
                condition=models.Q(version__isnull=False),
                name="tag_once_per_version",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}={self.value}"

    def get_absolute_url(self) -> str:
        """The page of what it is on."""
        return (self.version or self.model).get_absolute_url()


class UseGrant(Governed):
    """The right of a version to serve a use: one row per version and use, its history in the revisions."""

    reference_kind = "G"
    reference = reference_field()
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="grants")
    use = models.ForeignKey(Use, on_delete=models.PROTECT, related_name="grants")
    state = models.CharField(max_length=10, choices=GrantState, default=GrantState.ACTIVE)
    conditions = models.JSONField(default=list)
    # The case that gave it lives on a higher floor: its key and reference, no foreign key.
    validation = models.UUIDField()
    validation_reference = models.CharField(max_length=12)
    granted_at = models.DateTimeField()
    expires = models.DateField()
    reason = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["-granted_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "use"], name="one_grant_per_version_and_use")
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.state}"

    def standing(self, today: date) -> str:
        """`active`, `lapsed`, `restricted` or `revoked` on a day."""
        return grant_standing(self.state, self.expires, today)
