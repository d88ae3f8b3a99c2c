"""What clients of the MLflow door log.

Experiments and runs are *governed*: that somebody opened, ended, put away or brought back one is an act with an entry.
What is logged into them — metrics, parameters, tags, inputs, artefact names — is the client's own telemetry: thousands
of rows a minute, said by the client and proved by nothing. A run is evidence only when a recipe repeats it
(domain.md: Training pipeline), so a leaf per batch would seal claims, not facts. These rows are *operational*; the act
that ends a run writes their digest into its leaf, so that a later change shows, and a version keeps the names and
digests of its files in append-only rows of its own.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from mrm.access.models import Person
from mrm.access.rows import AppendOnly, Governed, Operational, ScopedQuerySet, reference_field
from mrm.kernel import ids
from registry.inventory.models import Model
from registry.mlflow.rules import FactKind, InputKind, Lifecycle, ModelStatus, RunStatus
from registry.versions.models import Version

TELEMETRY = "a client's own log lines: evidence only when reproduced; the run's end seals their digest"


class Experiment(Governed):
    """A folder of runs of a client; its scope is a legal entity's or a model's."""

    reference_kind = "E"
    reference = reference_field()
    name = models.CharField(max_length=500)
    lifecycle = models.CharField(max_length=8, choices=Lifecycle, default=Lifecycle.ACTIVE)
    origin = models.CharField(max_length=200, blank=True)
    origin_key = models.CharField(max_length=64, blank=True)
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scope", "name"], name="one_experiment_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its page."""
        return f"/experiments/{self.reference}/"

    @property
    def place(self) -> str:
        """Where the client is told to put artefacts."""
        return f"mlflow-artifacts:/{self.reference}"


class ClientRun(Governed):
    """One run that a client logs: begun, ended, put away; what it logged hangs on it."""

    experiment = models.ForeignKey(Experiment, on_delete=models.PROTECT, related_name="runs")
    status = models.CharField(max_length=10, choices=RunStatus, default=RunStatus.RUNNING)
    lifecycle = models.CharField(max_length=8, choices=Lifecycle, default=Lifecycle.ACTIVE)
    user = models.CharField(max_length=250, blank=True)
    start_time = models.BigIntegerField()
    end_time = models.BigIntegerField(null=True)
    origin = models.CharField(max_length=200, blank=True)
    origin_key = models.CharField(max_length=64, blank=True)
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["experiment", "lifecycle", "-start_time"], name="client_run_newest"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["experiment", "origin_key"],
                condition=~models.Q(origin_key=""),
                name="imported_run_once",
            )
        ]

    def __str__(self) -> str:
        return self.key

    def get_absolute_url(self) -> str:
        """Its page."""
        return f"{self.experiment.get_absolute_url()}runs/{self.key}/"

    @property
    def key(self) -> str:
        """The run as clients name it."""
        return self.pk.hex

    @property
    def metric_line(self) -> str:
        """The latest metrics in one line, for lists."""
        rows: Any = self.latest.all()
        return ", ".join(f"{row.key} {row.number:.4g}" for row in list(rows)[:4])

    @property
    def param_line(self) -> str:
        """The parameters in one line, for lists that fetched them."""
        rows: Any = self.facts.all()
        return ", ".join(f"{row.key} {row.value[:30]}" for row in list(rows)[:4])

    @property
    def place(self) -> str:
        """Where the client is told to put this run's artefacts."""
        return f"{self.experiment.place}/{self.key}/artifacts"


class LoggedModel(Operational):
    """A model that a client logged (MLflow 3): name, parameters, files. A version registered from it is the record."""

    why = TELEMETRY
    scope_path: ClassVar[str] = "experiment__scope"

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    experiment = models.ForeignKey(Experiment, on_delete=models.PROTECT, related_name="logged_models")
    run = models.ForeignKey(ClientRun, on_delete=models.PROTECT, null=True, related_name="logged_models")
    name = models.CharField(max_length=500)
    model_type = models.CharField(max_length=500, blank=True)
    status = models.CharField(max_length=40, choices=ModelStatus, default=ModelStatus.PENDING)
    lifecycle = models.CharField(max_length=8, choices=Lifecycle, default=Lifecycle.ACTIVE)
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    objects: ClassVar[Any] = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """The logged model as clients name it."""
        return f"m-{self.pk.hex}"

    @property
    def place(self) -> str:
        """Where the client is told to put its files."""
        return f"{self.experiment.place}/models/{self.key}/artifacts"


class ExperimentTag(Operational):
    """A client's tag on an experiment."""

    why = TELEMETRY

    id = models.BigAutoField(primary_key=True)
    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="tags")
    key = models.CharField(max_length=250)
    value = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["experiment", "key"], name="one_experiment_tag")
        ]

    def __str__(self) -> str:
        return self.key


class RunFact(Operational):
    """A parameter or a tag of a run."""

    why = TELEMETRY

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(ClientRun, on_delete=models.CASCADE, related_name="facts")
    kind = models.CharField(max_length=5, choices=FactKind)
    key = models.CharField(max_length=250)
    value = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "kind", "key"], name="one_run_fact")]

    def __str__(self) -> str:
        return self.key


class ModelFact(Operational):
    """A parameter or a tag of a logged model."""

    why = TELEMETRY

    id = models.BigAutoField(primary_key=True)
    logged_model = models.ForeignKey(LoggedModel, on_delete=models.CASCADE, related_name="facts")
    kind = models.CharField(max_length=5, choices=FactKind)
    key = models.CharField(max_length=250)
    value = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["logged_model", "kind", "key"], name="one_model_fact")
        ]

    def __str__(self) -> str:
        return self.key


class RunInput(Operational):
    """A dataset or a model that went into a run, or a model that came out of it."""

    why = TELEMETRY

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(ClientRun, on_delete=models.CASCADE, related_name="inputs")
    kind = models.CharField(max_length=8, choices=InputKind)
    name = models.CharField(max_length=500)
    digest = models.CharField(max_length=64, blank=True)
    step = models.BigIntegerField(default=0)
    facts = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "kind", "name", "digest"], name="one_run_input")
        ]

    def __str__(self) -> str:
        return self.name


class MetricBase(Operational):
    """One value of a metric. Not-a-number is a mark of its own, since SQLite would keep it as missing."""

    why = TELEMETRY

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=250)
    value = models.FloatField()
    is_nan = models.BooleanField(default=False)
    step = models.BigIntegerField(default=0)
    timestamp = models.BigIntegerField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.key

    @property
    def number(self) -> float:
        """The value as it was logged."""
        return float("nan") if self.is_nan else self.value


class Metric(MetricBase):
    """Every value that was logged, in order."""

    run = models.ForeignKey(ClientRun, on_delete=models.CASCADE, related_name="metrics")
    logged_model = models.ForeignKey(LoggedModel, on_delete=models.CASCADE, null=True, related_name="metrics")
    dataset_name = models.CharField(max_length=500, blank=True)
    dataset_digest = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["run", "key", "step", "timestamp"], name="metric_history"),
            models.Index(fields=["logged_model", "key"], name="metric_of_model"),
        ]


class LatestMetric(MetricBase):
    """The value of the highest step, so that searches and lists read one row per metric."""

    run = models.ForeignKey(ClientRun, on_delete=models.CASCADE, related_name="latest")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "key"], name="one_latest_metric")]


class StoredFile(Operational):
    """A file that a client put under an experiment: its path there, and the digest of its bytes in the vault."""

    why = "names of bytes; the bytes are in the vault, and a version keeps names and digests of its own"

    id = models.BigAutoField(primary_key=True)
    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="files")
    path = models.CharField(max_length=1000)
    digest = models.CharField(max_length=64)
    size = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["experiment", "path"], name="one_file_of_a_path")
        ]

    def __str__(self) -> str:
        return self.path


class Registration(AppendOnly):
    """How a version came through this door: what the client named as its source, word for word."""

    version = models.OneToOneField(Version, on_delete=models.PROTECT, related_name="mlflow")
    source = models.CharField(max_length=1000)
    run = models.ForeignKey(ClientRun, on_delete=models.PROTECT, null=True, related_name="registrations")
    run_key = models.CharField(max_length=64, blank=True)
    run_link = models.CharField(max_length=1000, blank=True)
    model_key = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return self.source


class VersionFile(AppendOnly):
    """A file of a registered version: what a client loads is this, whatever happens to the run's folder later."""

    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="mlflow_files")
    path = models.CharField(max_length=1000)
    digest = models.CharField(max_length=64)
    size = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "path"], name="one_version_file_of_a_path")
        ]

    def __str__(self) -> str:
        return self.path


class Imported(AppendOnly):
    """What a model or a version was in another MLflow before it came here, in that one's words."""

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="imports")
    version = models.OneToOneField(Version, on_delete=models.PROTECT, null=True, related_name="imported")
    origin = models.CharField(max_length=200)
    name = models.CharField(max_length=300)
    number = models.CharField(max_length=20, blank=True)
    there = models.JSONField(default=dict)
    imported_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["origin", "name", "number"], name="imported_once")
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.number}" if self.number else self.name

    @property
    def aliases(self) -> str:
        """The names that pointed at it there."""
        return ", ".join(self.there.get("aliases", []))


class PollMark(Operational):
    """How far another MLflow has been read: a poll begins there."""

    why = "a place in another server's list; what was taken over stands in acts"

    id = models.BigAutoField(primary_key=True)
    origin = models.CharField(max_length=200, unique=True)
    seen = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.origin


class NameRefusal(Operational):
    """A name that somebody asked for and could not have: counted, so that nobody finds out names by asking."""

    why = "a counter with a window of ten minutes"

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["person", "at"], name="name_refusals_of")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.at}"
