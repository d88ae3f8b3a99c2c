"""Datasets, snapshots and what is known of them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from mrm.access.models import LegalEntity, Person
from mrm.access.rows import AppendOnly, Governed, reference_field
from mrm.kernel.errors import RuleRefused
from registry.data.rules import OriginKind, Roles, SnapshotStatus


class Dataset(Governed):
    """A body of data with one meaning; owns a scope, so that its rows are granted apart from any model."""

    reference_kind = "D"
    reference = reference_field()
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="datasets")
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    source = models.TextField(blank=True)
    licence = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its page."""
        return f"/datasets/{self.reference}/"

    @property
    def code_table(self) -> CodeTable | None:
        """The code table in force, if one was declared."""
        return self.code_tables.order_by("-number").first()

    @property
    def rules_row(self) -> QualityRules | None:
        """The quality rules in force, if any were set."""
        return self.quality_rules.order_by("-number").first()


class Snapshot(AppendOnly):
    """One file of a dataset, as it was uploaded. What it holds is its content; whether it may be used, its standing."""

    reference_kind = "S"
    reference = reference_field()
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="snapshots")
    title = models.CharField(max_length=120, blank=True)
    file_name = models.CharField(max_length=200)
    file_format = models.CharField(max_length=10)
    file_size = models.BigIntegerField()
    file_digest = models.CharField(max_length=64)
    declared = models.JSONField(default=dict)
    period_from = models.DateField(null=True)
    period_to = models.DateField(null=True)
    uploaded_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-uploaded_at", "-id"]

    def __str__(self) -> str:
        return f"{self.dataset.name} {self.reference}"

    def get_absolute_url(self) -> str:
        """Its page."""
        return f"/snapshots/{self.reference}/"

    @property
    def status(self) -> str:
        """Its state now."""
        return self.standing.state

    @property
    def filled(self) -> SnapshotContent | None:
        """What it holds, once it was read."""
        return getattr(self, "content", None)

    @property
    def asked(self) -> SnapshotOrigin | None:
        """Where it was asked from; None for files that came before this was kept."""
        return getattr(self, "origin", None)

    @property
    def judged(self) -> SnapshotJudgement | None:
        """What the job found beside its content."""
        return getattr(self, "judgement", None)

    @property
    def roles_row(self) -> ColumnRoles | None:
        """The roles of its columns in force."""
        return self.column_roles.order_by("-number").first()

    def usable(self) -> tuple[SnapshotContent, ColumnRoles]:
        """Its content and roles; refused while it is not released or its columns have no roles."""
        content, roles = self.filled, self.roles_row
        if self.status != SnapshotStatus.RELEASED or content is None:
            raise RuleRefused(
                "snapshot_not_released",
                f"Snapshot {self.reference} is {self.standing.get_state_display()}. {self.standing.reason}".strip(),
                self.standing.remedy or "Wait until it is profiled, or use a released snapshot.",
            )
        if roles is None:
            raise RuleRefused(
                "snapshot_not_released",
                f"The columns of snapshot {self.reference} have no roles yet.",
                "Open the snapshot and say what each column is.",
            )
        return content, roles


class SnapshotStanding(Governed):
    """Whether a snapshot may be used, and why not."""

    snapshot = models.OneToOneField(Snapshot, on_delete=models.PROTECT, related_name="standing")
    state = models.CharField(max_length=10, choices=SnapshotStatus, default=SnapshotStatus.UPLOADED)
    code = models.CharField(max_length=60, blank=True)
    reason = models.TextField(blank=True)
    remedy = models.TextField(blank=True)
    job = models.UUIDField(null=True)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.snapshot_id} {self.state}"


class SnapshotOrigin(AppendOnly):
    """Where a snapshot was asked from, and how: a file, a query, or an object in a store."""

    snapshot = models.OneToOneField(Snapshot, on_delete=models.PROTECT, related_name="origin")
    kind = models.CharField(max_length=10, choices=OriginKind)
    request = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.snapshot_id} {self.kind}"


class QualityRules(AppendOnly):
    """What every snapshot of a dataset must hold; a change is a new row with the next number."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="quality_rules")
    number = models.PositiveIntegerField()
    rules = models.JSONField()
    digest = models.CharField(max_length=64)
    reason = models.TextField(blank=True)
    set_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dataset", "number"], name="quality_rules_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.dataset_id} quality rules {self.number}"


class SnapshotJudgement(AppendOnly):
    """What the job found about a snapshot beside its content: what was really taken from where, how its schema differs
    from the snapshot before, and what became of each quality rule."""

    snapshot = models.OneToOneField(Snapshot, on_delete=models.PROTECT, related_name="judgement")
    source = models.JSONField(default=dict)
    drift = models.JSONField(default=dict)
    rules = models.ForeignKey(QualityRules, on_delete=models.PROTECT, related_name="+", null=True)
    verdicts = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.snapshot_id} judged"


class SnapshotContent(AppendOnly):
    """What a snapshot holds: its digest over typed values, its Parquet in the vault, schema, profile and quality."""

    snapshot = models.OneToOneField(Snapshot, on_delete=models.PROTECT, related_name="content")
    data_digest = models.CharField(max_length=64)
    parquet = models.CharField(max_length=64)
    rows = models.BigIntegerField()
    columns = models.JSONField()
    reading = models.JSONField()
    profile = models.JSONField()
    quality = models.JSONField()
    finished_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["data_digest"], name="content_digest")]

    def __str__(self) -> str:
        return self.data_digest[:8]

    @property
    def types(self) -> dict[str, str]:
        """Logical type by column, in file order."""
        return {item["name"]: item["type"] for item in self.columns}


class ColumnRoles(AppendOnly):
    """What the columns of a snapshot are; a correction is a new row, and evidence keeps the digest it used."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="column_roles")
    number = models.PositiveIntegerField()
    body = models.JSONField()
    digest = models.CharField(max_length=64)
    assigned_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["snapshot", "number"], name="roles_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.snapshot_id} roles {self.number}"

    @property
    def roles(self) -> Roles:
        """As a plain value."""
        return Roles.of(self.body)


class CodeTable(AppendOnly):
    """What the codes of a dataset mean: the labels as declared and, beside them, those of a reference."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="code_tables")
    number = models.PositiveIntegerField()
    file_name = models.CharField(max_length=200)
    file_digest = models.CharField(max_length=64)
    declared_name = models.CharField(max_length=80)
    reference_name = models.CharField(max_length=80, blank=True)
    codes = models.JSONField()
    digest = models.CharField(max_length=64)
    declared_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dataset", "number"], name="code_table_number_once")
        ]

    def __str__(self) -> str:
        return f"codes {self.number} of {self.dataset_id}"

    def label(self, column: str, code: Any) -> str:
        """The declared label of a code, or the code itself."""
        for row in self.codes:
            if row["column"] == column and row["code"] == str(code):
                return str(row["declared"])
        return str(code)
