"""The inventory: models, their uses, the answers to the rubric and the tiers that follow."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q

from mrm.access.models import LegalEntity, Person
from mrm.access.rows import AppendOnly, Governed, ScopedQuerySet, reference_field
from registry.inventory.rules import UNREGISTERED, ModelClass, Origin, State


class ModelQuerySet(ScopedQuerySet["Model"]):
    """Models as lists ask for them."""

    def with_people(self) -> Self:
        """What a row of a list shows, in one query."""
        return self.select_related("entity", "owner", "developer", "responsible", "scope")


class Model(Governed):
    """An entry of the inventory: a quantitative method with a purpose, an accountable owner, uses and a tier."""

    reference_kind = "M"
    reference = reference_field()
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="models")
    name = models.CharField(max_length=120)
    name_key = models.CharField(max_length=240, editable=False)
    state = models.CharField(max_length=16, choices=State, default=State.CANDIDATE)
    model_class = models.CharField("class", max_length=12, choices=ModelClass, default=ModelClass.OTHER)
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.IN_HOUSE)
    method = models.CharField(max_length=80, blank=True)
    purpose = models.TextField(blank=True)
    responsible = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="owned_models")
    developer = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="developed_models"
    )
    # The tier in force, as the latest Tiering says it: kept here so that lists and counts stay one query.
    tier = models.PositiveSmallIntegerField(null=True)
    proposed_at = models.DateTimeField()
    registered_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = ModelQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entity", "name_key"], name="one_model_of_a_name"),
            models.UniqueConstraint(fields=["scope"], name="one_model_of_a_scope"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="model_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=UNREGISTERED)
                | Q(owner__isnull=False, tier__isnull=False, registered_at__isnull=False) & ~Q(purpose=""),
                name="registered_models_are_complete",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["tier", "state"], name="model_tier_state")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The model's page, as the room that composes it names it."""
        return f"/models/{self.reference}/"


class Use(Governed):
    """One application of a model: where, for which decision, since when, how much depends on it."""

    reference_kind = "U"
    reference = reference_field()
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="uses")
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="+")
    portfolio = models.CharField(max_length=120)
    decision = models.CharField(max_length=200)
    jurisdiction = models.CharField(max_length=2)
    start = models.DateField()
    end = models.DateField(null=True)
    expected_volume = models.PositiveBigIntegerField(null=True)
    exposure = models.DecimalField(max_digits=20, decimal_places=2)
    currency = models.CharField(max_length=3)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gte=F("start")), name="use_ends_after_start"
            ),
            models.CheckConstraint(condition=Q(exposure__gte=0), name="use_exposure_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.decision}, {self.portfolio}"


class UseChange(Governed):
    """A new or changed use of a model that is approved already: it waits for its own approval."""

    class Standing(models.TextChoices):
        """What became of it."""

        PROPOSED = "proposed", "proposed"
        ADOPTED = "adopted", "adopted"
        SUPERSEDED = "superseded", "superseded"
        WITHDRAWN = "withdrawn", "withdrawn"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="use_changes")
    use = models.ForeignKey(Use, on_delete=models.PROTECT, null=True, related_name="changes")
    facts = models.JSONField()
    standing = models.CharField(max_length=10, choices=Standing, default=Standing.PROPOSED)
    proposed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["use"], condition=Q(standing="proposed"), name="one_open_change_of_a_use"
            )
        ]

    def __str__(self) -> str:
        return f"change of {self.use_id or 'a new use'}"


class NonModelClaim(Governed):
    """The claim that a candidate is no model at all: a calculation or a rule that the policy does not mean."""

    class Standing(models.TextChoices):
        """What was decided of it."""

        CLAIMED = "claimed", "claimed"
        AGREED = "agreed", "agreed"
        REFUSED = "refused", "refused"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="non_model_claims")
    rationale = models.TextField()
    standing = models.CharField(max_length=10, choices=Standing, default=Standing.CLAIMED)
    claimed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    claimed_at = models.DateTimeField()
    decided_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["model"], condition=Q(standing="claimed"), name="one_open_claim_of_a_model"
            ),
            models.CheckConstraint(
                condition=Q(standing="claimed") | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="a_decided_claim_names_who_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"claim that {self.model_id} is no model"


class RubricAnswers(AppendOnly):
    """The owner's answers to the rubric of a day."""

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="rubric_answers")
    answers = models.JSONField()
    policy_digest = models.CharField(max_length=64)
    answered_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["model", "-answered_at"], name="rubric_answers_latest")]

    def __str__(self) -> str:
        return f"answers for {self.model_id}"


class Tiering(AppendOnly):
    """One setting of a tier: what the rubric gave, and what a risk officer set instead, with the reason."""

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="tierings")
    number = models.PositiveIntegerField()
    answers = models.ForeignKey(RubricAnswers, on_delete=models.PROTECT, related_name="+")
    policy_digest = models.CharField(max_length=64)
    scores = models.JSONField()
    computed = models.PositiveSmallIntegerField()
    override = models.PositiveSmallIntegerField(null=True)
    reason = models.TextField(blank=True)
    overridden_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    set_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["model", "number"], name="tiering_number_once"),
            models.CheckConstraint(condition=Q(computed__in=(1, 2, 3)), name="computed_tier_known"),
            models.CheckConstraint(
                condition=Q(override__isnull=True)
                | Q(override__in=(1, 2, 3), overridden_by__isnull=False) & ~Q(reason=""),
                name="override_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"tier {self.tier}"

    @property
    def tier(self) -> int:
        """The tier in force by this setting."""
        return self.override or self.computed
