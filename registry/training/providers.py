"""What this room answers for at the gates, and what it puts on the version's page."""

from __future__ import annotations

from collections.abc import Iterator

from mrm.access.actors import Actor
from mrm.web.shapes import Fact
from registry.features import queries as features
from registry.training import queries
from registry.training.models import RunEvidence
from registry.versions.gates import Answer, Ask, providers
from registry.versions.measured import Measured, measures
from registry.versions.models import Version
from registry.versions.queries import Panel, panels


def run_reproduced(ask: Ask) -> Answer:
    """A second run of what made the version gave the same predictions, bit for bit."""
    version = ask.version
    if version.external:
        return Answer(
            "not_applicable",
            "External: its scored sample is judged again by the validation (re-performance).",
        )
    results = list(queries.results_of(version))
    if not results:
        return Answer(
            "unmet",
            "Nothing shows how it was trained. Import the run that made it and repeat it by a recipe, or declare a "
            "recipe that makes the same file. What cannot be trained here is registered as external, with a scored sample.",
            url=f"/models/{version.model.reference}/runs/import/",
        )
    for result in results:
        if result.run.reproduced:
            return Answer(
                "met",
                f"Run {result.run.reference} was repeated with the same predictions, bit for bit.",
                (result.predictions_digest,),
                result.run.get_absolute_url(),
            )
    run = results[-1].run
    tried = next((item for item in run.repetitions.all()), None)
    why = (
        f" Its repetition diverged at {tried.step}: {tried.detail}." if tried else " It was not repeated yet."
    )
    return Answer("unmet", f"Run {run.reference} is not reproduced.{why}", url=run.get_absolute_url())


def feature_skew(ask: Ask) -> Answer:
    """Where features are served: what serving read agrees with what was known offline."""
    pinned = list(ask.version.features)
    if not pinned:
        return Answer("not_applicable", "The version pins no feature service.")
    state = features.skew_state(pinned, entity=ask.version.model.entity)
    return Answer("met" if state.met else "unmet", state.sentence, url=state.url)


def panel(actor: Actor, version: Version) -> Panel | None:
    """How the version was trained, whether that was repeated, and what an envelope says of it."""
    results = list(queries.results_of(version))
    if not results:
        return None
    judged = queries.judgement_of(version)
    facts = []
    for result in results:
        run = result.run
        name = run.recipe.name if run.recipe else run.get_kind_display()
        facts.append(Fact(f"Run {run.reference}", run.standing, note=name, url=run.get_absolute_url()))
    return Panel("Training", "training/panel.html", {"facts": facts, "judged": judged}, order=20)


def evaluated(version: Version) -> Iterator[Measured]:
    """What the run that made the version measured on the rows it held out."""
    rows = RunEvidence.objects.filter(result__version=version, evidence__voids__isnull=True)
    newest = {
        (row.evidence.test_id, row.attribute): row
        for row in rows.select_related("evidence", "result__run").order_by("result__finished_at", "number")
    }
    for row in newest.values():
        run = row.result.run
        yield Measured(
            row.evidence, "held-out rows", row.attribute, f"run {run.reference}", run.get_absolute_url()
        )


providers.register("run_reproduced", run_reproduced)
providers.register("feature_skew", feature_skew)
panels.register("training", panel)
measures.register("training", evaluated)
