"""Recipes, runs, what they made, their repetitions; schedules and recalibration envelopes."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from mrm.access.models import Person
from mrm.access.rows import AppendOnly, Governed, ScopedQuerySet, reference_field
from mrm.evidence.models import Evidence
from mrm.jobs.models import Job
from mrm.jobs.rules import OPEN_STATES, JobState
from registry.data.models import ColumnRoles, Dataset, Snapshot
from registry.inventory.models import Model
from registry.training.rules import EnvelopeState, Rhythm, RunKind, RunState, Verdict
from registry.versions.models import Version


class Recipe(AppendOnly):
    """A recipe as it was declared: its text, its plain values and their digest. A change is another recipe."""

    reference_kind = "RC"
    reference = reference_field()
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="recipes")
    name = models.CharField(max_length=120)
    text = models.TextField()
    body = models.JSONField()
    digest = models.CharField(max_length=64)
    declared_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-declared_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["model", "digest"], name="recipe_once_per_model")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.reference}"

    def get_absolute_url(self) -> str:
        """Its page."""
        return f"/recipes/{self.reference}/"

    @property
    def estimator(self) -> str:
        """What it trains, in a word."""
        if "package" in self.body:
            return str(self.body["package"]["entry_point"])
        return str(self.body["train"]["use"]).rpartition(".")[2]


class RunQuerySet(ScopedQuerySet["Run"]):
    """Runs with what lists show."""

    def with_facts(self) -> RunQuerySet:
        """Everything a row of a list needs, in one query."""
        return self.select_related(
            "model",
            "recipe",
            "result__version__model",
            "started_by",
            "snapshot__dataset",
            "held_out",
            "roles",
        ).prefetch_related("repetitions")


class Run(AppendOnly):
    """One run: by recipe, or imported from a notebook. What it made is its result; how far it is, its job."""

    reference_kind = "T"
    reference = reference_field()
    kind = models.CharField(max_length=10, choices=RunKind)
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="runs")
    recipe = models.ForeignKey(Recipe, on_delete=models.PROTECT, null=True, related_name="runs")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="+")
    roles = models.ForeignKey(ColumnRoles, on_delete=models.PROTECT, related_name="+")
    held_out = models.ForeignKey(Snapshot, on_delete=models.PROTECT, null=True, related_name="+")
    known_until = models.DateTimeField(null=True)
    trigger = models.CharField(max_length=200, blank=True)
    title = models.CharField(max_length=120, blank=True)
    job = models.UUIDField(null=True)
    started_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()

    objects: ClassVar[Any] = RunQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-started_at", "-id"]

    def __str__(self) -> str:
        return self.reference

    def get_absolute_url(self) -> str:
        """Its page."""
        return f"/runs/{self.reference}/"

    @property
    def made(self) -> RunResult | None:
        """What it made, once it has succeeded."""
        return getattr(self, "result", None)

    @property
    def work(self) -> Job | None:
        """The job that does it."""
        found: Job | None = Job.objects.filter(pk=self.job).first() if self.job else None
        return found

    @property
    def state(self) -> str:
        """How far it is."""
        if self.made is not None:
            return RunState.SUCCEEDED
        now = self.job_state if hasattr(self, "job_state") else getattr(self.work, "state", "")
        if now == JobState.CANCELLED:
            return RunState.CANCELLED
        return RunState.RUNNING if now in OPEN_STATES else RunState.FAILED

    @property
    def reproduced(self) -> bool:
        """Whether a second run gave the same, bit for bit."""
        return any(item.verdict == Verdict.IDENTICAL for item in self.repetitions.all())

    @property
    def standing(self) -> str:
        """In words: reproduced or not."""
        return "reproduced" if self.reproduced else "not reproduced"


class RunResult(AppendOnly):
    """What a run made: the trace by which it is repeated, artefact, predictions, evaluation, and the version."""

    run = models.OneToOneField(Run, on_delete=models.PROTECT, related_name="result")
    trace = models.JSONField()
    data_digest = models.CharField(max_length=64)
    rows = models.CharField(max_length=64)
    held_out_rows = models.CharField(max_length=64, blank=True)
    split = models.CharField(max_length=64, blank=True)
    predictions = models.CharField(max_length=64)
    predictions_digest = models.CharField(max_length=64)
    artefact = models.CharField(max_length=64)
    format = models.CharField(max_length=20)
    artefact_size = models.BigIntegerField()
    metrics = models.JSONField(default=dict)
    parameters = models.JSONField(default=dict)
    features = models.JSONField(default=list)
    code = models.CharField(max_length=64, blank=True)
    code_name = models.CharField(max_length=200, blank=True)
    version = models.ForeignKey(Version, on_delete=models.PROTECT, null=True, related_name="training_results")
    finished_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["predictions_digest"], name="result_predictions")]

    def __str__(self) -> str:
        return f"result of {self.run_id}"

    @property
    def auc(self) -> float | None:
        """The area under the curve on the held-out rows, if it was measured."""
        found = self.metrics.get("disc.auc", {}).get("statistic")
        return float(found) if found is not None else None


class RunEvidence(AppendOnly):
    """Evidence that a run recorded of its evaluation, in the recipe's order."""

    result = models.ForeignKey(RunResult, on_delete=models.PROTECT, related_name="evidence")
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    attribute = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["result", "number"], name="run_evidence_once")
        ]

    def __str__(self) -> str:
        return f"{self.result_id} {self.number}"


class Repetition(AppendOnly):
    """A second run in a fresh process, and how it compares; of an imported run, by which recipe."""

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="repetitions")
    recipe = models.ForeignKey(Recipe, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=10, choices=Verdict)
    step = models.CharField(max_length=20, blank=True)
    detail = models.TextField(blank=True)
    trace = models.JSONField(default=dict)
    job = models.UUIDField(null=True)
    repeated_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    repeated_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-repeated_at", "-id"]

    def __str__(self) -> str:
        return f"{self.run_id} {self.verdict}"


class Schedule(Governed):
    """Runs that start by themselves: in a rhythm, or at each new snapshot of the recipe's dataset."""

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="schedules")
    recipe = models.OneToOneField(Recipe, on_delete=models.PROTECT, related_name="schedule")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="+")
    rhythm = models.CharField(max_length=10, choices=Rhythm)
    active = models.BooleanField(default=True)
    last_key = models.CharField(max_length=80, blank=True)
    set_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.recipe.name}, {self.get_rhythm_display()}"

    def get_absolute_url(self) -> str:
        """The recipe's page."""
        return self.recipe.get_absolute_url()


class Envelope(Governed):
    """A recalibration envelope: bounds inside which a retrain by this recipe is a minor change."""

    reference_kind = "E"
    reference = reference_field()
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="envelopes")
    recipe = models.ForeignKey(Recipe, on_delete=models.PROTECT, related_name="envelopes")
    base = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    bounds = models.JSONField()
    expires = models.DateField()
    state = models.CharField(max_length=10, choices=EnvelopeState, default=EnvelopeState.PROPOSED)
    reason = models.TextField(blank=True)
    proposed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-proposed_at", "-id"]

    def __str__(self) -> str:
        return f"{self.reference} {self.state}"

    def get_absolute_url(self) -> str:
        """Its page."""
        return f"/envelopes/{self.reference}/"


class EnvelopeJudgement(AppendOnly):
    """What the envelope says of a version that a run registered: inside, or what lies outside."""

    envelope = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="judgements")
    version = models.OneToOneField(Version, on_delete=models.PROTECT, related_name="envelope_judgement")
    inside = models.BooleanField()
    lines = models.JSONField()
    judged_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.version_id} {'inside' if self.inside else 'outside'}"
