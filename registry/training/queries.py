"""Reads of recipes, runs and envelopes, always by what the reader may see."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from mrm.access.actors import Actor
from mrm.jobs.models import Job
from mrm.kernel.errors import NotFound
from mrm.web.shapes import Link
from registry.features import queries as features
from registry.features.models import Definition
from registry.training.models import Envelope, EnvelopeJudgement, Recipe, Repetition, Run, RunResult
from registry.training.rules import Verdict
from registry.versions.models import Version


def recipes(actor: Actor) -> QuerySet[Recipe]:
    """The recipes of visible models, with the number of their runs."""
    rows: QuerySet[Recipe] = (
        Recipe.objects.visible_to(actor)
        .select_related("model", "declared_by", "schedule")
        .annotate(run_count=Count("runs"))
    )
    return rows


def recipe(actor: Actor, reference: str) -> Recipe:
    """One visible recipe."""
    found: Recipe = Recipe.objects.select_related("model", "declared_by").one(actor, reference=reference)
    return found


def runs(actor: Actor) -> QuerySet[Run]:
    """The runs of visible models, the newest first."""
    identical = Repetition.objects.filter(run=OuterRef("pk"), verdict=Verdict.IDENTICAL)
    rows: QuerySet[Run] = (
        Run.objects.visible_to(actor)
        .with_facts()
        .annotate(
            was_reproduced=Exists(identical),
            job_state=Subquery(Job.objects.filter(pk=OuterRef("job")).values("state")[:1]),
        )
    )
    return rows


def run(ref: str, actor: Actor | None = None) -> Run:
    """A run by its reference; for a reader, among what they may see."""
    rows = runs(actor) if actor is not None else Run.objects.with_facts()
    found: Run | None = rows.filter(reference=ref).first()
    if found is None:
        raise NotFound
    return found


def envelopes(actor: Actor) -> QuerySet[Envelope]:
    """The envelopes of visible models."""
    rows: QuerySet[Envelope] = Envelope.objects.visible_to(actor).select_related(
        "model", "recipe", "base", "proposed_by", "decided_by"
    )
    return rows


def envelope(actor: Actor, reference: str) -> Envelope:
    """One visible envelope."""
    found = envelopes(actor).filter(reference=reference).first()
    if found is None:
        raise NotFound
    return found


def that_pin(actor: Actor, row: Definition) -> Sequence[Link]:
    """The visible versions that pin features of a view or service, and the recipes that train on it.

    A recipe names a service by its newest version or by number; names hold within a legal entity.
    """
    names, entity = set(features.names_of(row)), row.catalogue.entity_id
    found = [
        version
        for version in Version.objects.visible_to(actor)
        .filter(model__entity=entity)
        .exclude(features=[])
        .select_related("model")
        .order_by("registered_at")
        if names & set(version.features)
    ]
    links = [Link(str(version), version.get_absolute_url()) for version in found]
    asked = {name for service in features.services_of(row) for name in features.spelled(service)}
    recipes = Recipe.objects.visible_to(actor).filter(model__entity=entity, body__data__service__in=asked)
    ordered = recipes.order_by("declared_at")
    return links + [
        Link(f"Recipe {item.name}, {item.reference}", item.get_absolute_url()) for item in ordered
    ]


def results_of(version: Version) -> QuerySet[RunResult]:
    """The runs that made a version: its own, and any of the model that made the same artefact, byte for byte.

    So an uploaded file has its lawful way: the run that made it is imported, or a recipe makes it again.
    """
    own = Q(version=version)
    if version.artefact:
        own |= Q(run__model=version.model_id, artefact=version.artefact)
    rows: QuerySet[RunResult] = (
        RunResult.objects.filter(own)
        .select_related("run__recipe", "run__model")
        .prefetch_related("run__repetitions__recipe")
        .order_by("finished_at")
    )
    return rows


def judgement_of(version: Version) -> EnvelopeJudgement | None:
    """What an envelope said of a version."""
    found: EnvelopeJudgement | None = (
        EnvelopeJudgement.objects.filter(version=version).select_related("envelope").first()
    )
    return found


features.used_by.register("training", that_pin)
