"""Definitions and what the store holds of them.

Definitions, parts, training sets, served batches and comparisons are records. The sealed keys of subjects and the
online copy are not: the first must be erasable, the second is made again from the first at any time.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from mrm.access.models import LegalEntity, Person
from mrm.access.rows import AppendOnly, Governed, Operational, reference_field
from registry.features.rules import Clock, Kind


class Catalogue(Governed):
    """A body of feature definitions of one legal entity; owns a scope of the kind dataset, since its store holds rows."""

    reference_kind = "FC"
    reference = reference_field()
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="feature_catalogues")
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entity", "name"], name="catalogue_name_once")
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its page."""
        return f"/features/{self.reference}/"


class Definition(AppendOnly):
    """One version of a feature key, source, view or service. What it names is fixed by version in its body."""

    catalogue = models.ForeignKey(Catalogue, on_delete=models.PROTECT, related_name="definitions")
    kind = models.CharField(max_length=8, choices=Kind)
    name = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
    body = models.JSONField()
    digest = models.CharField(max_length=64)
    owner = models.CharField(max_length=120, blank=True)
    description = models.TextField(blank=True)
    applied_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    applied_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["kind", "name", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["catalogue", "kind", "name", "number"], name="definition_number_once"
            )
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """`name@v2`: how other definitions and model versions name it."""
        return f"{self.name}@v{self.number}"

    def get_absolute_url(self) -> str:
        """The page of what it defines, at this version."""
        places = {Kind.VIEW: "views", Kind.SERVICE: "services", Kind.SOURCE: "sources"}
        place = places.get(Kind(self.kind))
        above = self.catalogue.get_absolute_url()
        return f"{above}{place}/{self.name}/?version={self.number}" if place else above

    @property
    def clock(self) -> Clock:
        """Of a source: where the time comes from at which its values were known."""
        if "known_time" in self.body:
            return Clock.ASSERTED
        return Clock.LAG if "lag" in self.body else Clock.RECEIPT

    @property
    def column(self) -> str:
        """Of a key: the column of the store that holds its hash."""
        return f"__key_{self.name}_v{self.number}"


class SourcePlace(Operational):
    """Where the file of a source was read last at the shell, so that its next build or look finds newer rows."""

    why = "a path on one machine; what was read there is in the parts"

    source = models.OneToOneField(Definition, on_delete=models.CASCADE, related_name="place")
    path = models.TextField()


class Delivery(Operational):
    """A file on its way into the store, sealed with a key of its own that is forgotten once the file was read."""

    why = "raw keys must not stay: the bytes in the vault are unreadable once this row's key is gone"

    id = models.UUIDField(primary_key=True, editable=False)
    source = models.ForeignKey(Definition, on_delete=models.CASCADE, related_name="deliveries")
    file_name = models.CharField(max_length=200)
    file_digest = models.CharField(max_length=64)
    sealed = models.CharField(max_length=64)
    key = models.BinaryField()


class StorePart(AppendOnly):
    """Rows that one reading of a source brought: immutable Parquet in the vault, keys hashed, numbered in the source."""

    source = models.ForeignKey(Definition, on_delete=models.PROTECT, related_name="parts")
    number = models.PositiveIntegerField()
    first_seq = models.BigIntegerField()
    rows = models.BigIntegerField()
    columns = models.JSONField()
    parquet = models.CharField(max_length=64)
    file_digest = models.CharField(max_length=64, blank=True)
    clock = models.CharField(max_length=8, choices=Clock)
    profile = models.JSONField(default=dict)
    event_from = models.DateTimeField(null=True)
    event_to = models.DateTimeField(null=True)
    received_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["source", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "number"], name="part_number_once"),
            models.UniqueConstraint(fields=["source", "first_seq"], name="part_rows_once"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} part {self.number}"

    @property
    def last_seq(self) -> int:
        """The number of its last row: the watermark of the source once this part had come."""
        return self.first_seq + self.rows - 1


class Subject(Operational):
    """Somebody whose values the store holds: the raw key, sealed with a key of its own. Erasing that key erases it."""

    why = "personal data that must be erasable; the store itself knows the keyed hash alone"

    catalogue = models.ForeignKey(Catalogue, on_delete=models.CASCADE, related_name="subjects")
    key_name = models.CharField(max_length=60)
    hash = models.CharField(max_length=32)
    wrapped = models.BinaryField(null=True)
    sealed = models.BinaryField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["catalogue", "key_name", "hash"], name="subject_once")
        ]

    def __str__(self) -> str:
        return self.hash[:8]


class TrainingSet(AppendOnly):
    """A build: which service, for which rows, known until when, up to which row of each source; its rebuild is the same."""

    reference_kind = "TS"
    reference = reference_field()
    service = models.ForeignKey(Definition, on_delete=models.PROTECT, related_name="training_sets")
    rows_digest = models.CharField(max_length=64)
    rows = models.BigIntegerField()
    known_until = models.DateTimeField(null=True)
    watermark = models.JSONField()
    data_digest = models.CharField(max_length=64)
    built_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    built_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-built_at", "-id"]

    def __str__(self) -> str:
        return self.reference


class OnlineState(Operational):
    """How far a feature service is materialised: up to which time, and up to which row of each source."""

    why = "says how far a copy has come that is made again from definitions and parts at any time"

    id = models.UUIDField(primary_key=True, editable=False)
    service = models.OneToOneField(Definition, on_delete=models.CASCADE, related_name="online")
    until = models.DateTimeField()
    watermark = models.JSONField()
    rows = models.BigIntegerField(default=0)
    materialised_at = models.DateTimeField()


class OnlineRow(Operational):
    """The features of one entity in one service, as known at the watermark: one row is one read."""

    why = "a copy for quick reads, made again from definitions and parts at any time"

    service = models.ForeignKey(Definition, on_delete=models.CASCADE, related_name="+")
    key_name = models.CharField(max_length=60)
    hash = models.CharField(max_length=32)
    values = models.JSONField()
    expires_us = models.BigIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["service", "key_name", "hash"], name="online_row_once")
        ]
        indexes: ClassVar = [models.Index(fields=["service", "expires_us"], name="online_expiry")]


class ServedBatch(AppendOnly):
    """Feature values that serving read or was given, as it said: Parquet in the vault, keys hashed."""

    service = models.ForeignKey(Definition, on_delete=models.PROTECT, related_name="served")
    number = models.PositiveIntegerField()
    rows = models.BigIntegerField()
    parquet = models.CharField(max_length=64)
    served_from = models.DateTimeField()
    served_to = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["service", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["service", "number"], name="served_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.service_id} served {self.number}"


class Comparison(AppendOnly):
    """Served against known values of one service, feature by feature, for the batches up to a number."""

    service = models.ForeignKey(Definition, on_delete=models.PROTECT, related_name="comparisons")
    first_batch = models.PositiveIntegerField()
    last_batch = models.PositiveIntegerField()
    rows = models.BigIntegerField()
    watermark = models.JSONField()
    features = models.JSONField()
    skewed = models.BooleanField()
    compared_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-compared_at", "-id"]

    def __str__(self) -> str:
        return f"{self.service_id} up to {self.last_batch}"
