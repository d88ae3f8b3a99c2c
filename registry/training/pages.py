"""Pages of runs: the list, one run, its repetition, an import, runs side by side."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.functional import cached_property

from mrm.access.acts import act_words, can
from mrm.access.history import entries_about
from mrm.access.pages import ActPage, Member, MemberList, MemberPage
from mrm.jobs.models import Job
from mrm.jobs.shape import shape
from mrm.kernel import numbers
from mrm.web import words
from mrm.web.shapes import Action, Entry, Fact
from registry.training import forms, queries, verbs
from registry.training.comparing import WORDS
from registry.training.models import Run
from registry.training.rules import RunKind, RunState
from registry.training.sides import sides
from registry.training.tables import TONES, RunTable
from registry.versions.pages import OnModel

TRAINING = ("Training", "/runs/")


class Runs(MemberList):
    """Every run the reader may see."""

    title = "Training"
    sub = "Runs by recipe: each registers a version with its whole lineage, and can be repeated bit for bit."
    nav = "training"
    table_class = RunTable

    def get_queryset(self) -> QuerySet[Run]:
        """What the reader may see."""
        return queries.runs(self.actor)

    def get_actions(self) -> list[Action]:
        """Recipes, and runs side by side."""
        return [Action("Recipes", "/recipes/"), Action("Compare runs", "/runs/compare/")]


class OnRun(Member):
    """What every page of one run knows."""

    kwargs: dict[str, Any]
    nav = "training"

    @cached_property
    def run(self) -> Run:
        """The run of the address."""
        return queries.run(self.kwargs["reference"], self.actor)

    def get_sub(self) -> str:
        """Which run."""
        return f"{self.run.title}, {self.run.reference}"

    def get_crumbs(self) -> list[tuple[str, str]]:
        """Training, this run."""
        return [TRAINING, (self.run.reference, self.run.get_absolute_url())]

    def target(self) -> dict[str, Any]:
        """The act's object."""
        return {"run": self.run}


class RunPage(OnRun, MemberPage):
    """One run: progress, steps, metrics, evidence, lineage, version, repetitions."""

    template_name = "training/run.html"

    def get_title(self) -> str:
        """Its recipe's name."""
        return f"{self.run.reference}: {self.run.title}"

    def get_sub(self) -> str:
        """Of which model, and why it began."""
        return f"{self.run.model.name}{f', {self.run.trigger}' if self.run.trigger else ''}"

    def get_crumbs(self) -> list[tuple[str, str]]:
        """Training."""
        return [TRAINING]

    def get_here(self) -> str:
        """Its reference."""
        return self.run.reference

    def get_actions(self) -> list[Action]:
        """Repeating it, comparing it."""
        run, here = self.run, self.run.get_absolute_url()
        why_not = can(self.actor, "run.reproduce", run=run) or ""
        if run.made is None:
            why_not = "There is no result that could be compared."
        return [
            Action("Compare", f"/runs/compare/?run={run.reference}"),
            Action(
                "Repeat and compare",
                f"{here}reproduce/",
                "" if run.reproduced else "primary",
                why_not=why_not,
            ),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The parts of the page."""
        run, made = self.run, self.run.made
        open_jobs = list(
            Job.objects.filter(scope=run.scope, kind="training.reproduce", payload__run=str(run.pk)).open()
        )
        job = run.work if made is None else (open_jobs[0] if open_jobs else None)
        entries = entries_about(run).select_related("person").order_by("-id")[:20]
        return super().get_context_data(
            run=run,
            made=made,
            imported=run.kind == RunKind.IMPORTED,
            failed=run.state == RunState.FAILED,
            job=shape(job, self.actor) if job else None,
            facts=facts_of(run),
            steps=steps_of(run),
            metrics=metrics_of(run),
            parameters=[
                Fact(name, forms.shown(value))
                for name, value in (made.parameters if made else {}).items()
                if name != "fitted"
            ],
            repetitions=[
                {"row": item, "step": WORDS.get(item.step, item.step)}
                for item in run.repetitions.select_related("repeated_by", "recipe")
            ],
            entries=[Entry(item.at, act_words(item.act), item.person.name) for item in entries],
            **kwargs,
        )


def facts_of(run: Run) -> list[Fact]:
    """Five facts of a run."""
    made = run.made
    version = made.version if made else None
    auc = made.auc if made else None
    return [
        Fact("State", RunState(run.state).label, tone=TONES.get(str(run.state), "")),
        Fact("Repetition", run.standing, tone="good" if run.reproduced else "warn"),
        Fact("AUC, held out", numbers.stat(auc) if auc is not None else "not measured"),
        Fact(
            "Version",
            version.number if version else "none",
            url=version.get_absolute_url() if version else "",
        ),
        Fact("Started", words.moment(run.started_at), note=run.started_by.name),
    ]


def steps_of(run: Run) -> list[dict[str, Any]]:
    """From data to version, step by step, with the digest that a repetition must meet."""
    made = run.made
    trace = made.trace if made else {}
    split, environment = trace.get("split"), trace.get("environment")
    recipe = run.recipe
    steps: list[dict[str, Any]] = [
        {
            "what": "Recipe",
            "name": f"{recipe.name} {recipe.reference}" if recipe else "none: imported",
            "url": recipe.get_absolute_url() if recipe else "",
            "digest": recipe.digest if recipe else "",
        },
        {
            "what": "Environment",
            "name": f"Python {environment['python']}, one thread" if environment else "not known",
            "digest": environment.get("lock", "") if environment else "",
            "note": "lock file" if environment and environment.get("lock") else "",
        },
        {
            "what": "Data",
            "name": f"{run.snapshot.dataset.name} {run.snapshot.reference}",
            "url": run.snapshot.get_absolute_url(),
            "digest": made.data_digest if made else "",
        },
    ]
    if run.held_out is not None:
        steps.append(
            {
                "what": "Held-out data",
                "name": f"{run.held_out.dataset.name} {run.held_out.reference}",
                "url": run.held_out.get_absolute_url(),
                "digest": trace.get("data", {}).get("held_out", ""),
            }
        )
    if split:
        said = f"{split['train']:,} rows train, {split['held_out']:,} held out"
        steps.append({"what": "Split", "name": said, "digest": split["digest"]})
    if made and "preprocessing" in trace:
        steps.append({"what": "Preprocessing", "name": f"{len(trace['preprocessing'])} columns"})
    if made:
        said = f"{trace['predictions']['rows']:,} predictions, mean {trace['predictions']['mean']:.4f}"
        steps.append({"what": "Predictions", "name": said, "digest": made.predictions_digest})
        steps.append(
            {
                "what": "Artefact",
                "name": made.format,
                "digest": made.artefact,
                "note": f"{made.artefact_size:,} bytes",
            }
        )
    if made and made.code:
        steps.append({"what": "Code", "name": made.code_name, "digest": made.code, "note": "kept, never run"})
    return steps


def metrics_of(run: Run) -> list[dict[str, Any]]:
    """What was measured, each with its evidence; an imported run's figures are the notebook's own."""
    made = run.made
    if made is None:
        return []
    if run.kind == RunKind.IMPORTED:
        return [
            {"name": name, "value": item.get("statistic"), "light": "", "evidence": None}
            for name, item in made.metrics.items()
        ]
    return [
        {
            "name": item.evidence.title,
            "test": item.evidence.test_id,
            "attribute": item.attribute,
            "value": item.evidence.headline.get("statistic"),
            "reason": item.evidence.headline.get("reason", ""),
            "light": item.evidence.light,
            "evidence": item.evidence,
        }
        for item in made.evidence.select_related("evidence")
    ]


class ReproducePage(OnRun, ActPage):
    """Repeat a run in a fresh process and compare."""

    verb = verbs.reproduce
    form_class = forms.Reproduce
    title = "Repeat and compare"
    button = "Repeat the run"
    said = "The repetition has started. Its verdict appears here."

    def form_facts(self) -> dict[str, Any]:
        """Whose recipes an imported run may be repeated by."""
        imported = self.run.kind == RunKind.IMPORTED
        return {"actor": self.actor, "model": self.run.model, "imported": imported}

    def done(self, result: Any) -> str:
        """Back to the run."""
        return self.run.get_absolute_url()


class ImportPage(OnModel, ActPage):
    """Import a run that was made in a notebook."""

    verb = verbs.import_run
    form_class = forms.Import
    title = "Import a run"
    button = "Import the run"
    said = "The artefact is being opened. The run is marked as not reproduced until a recipe gives the same predictions."

    def form_facts(self) -> dict[str, Any]:
        """Whose snapshots."""
        return {"actor": self.actor}

    def target(self) -> dict[str, Any]:
        """The model."""
        return {"model": self.model}


class Compare(MemberPage):
    """Runs side by side: data, parameters, metrics; what differs is marked."""

    template_name = "training/compare.html"
    title = "Runs side by side"
    nav = "training"
    crumbs = (TRAINING,)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The runs that were chosen, and those that can be."""
        wanted = self.request.GET.getlist("run")[:4]
        rows = [
            item for item in queries.runs(self.actor).filter(reference__in=wanted) if item.made is not None
        ]
        rows.sort(key=lambda item: wanted.index(item.reference))
        offered = queries.runs(self.actor).filter(result__isnull=False)
        if rows:
            offered = offered.filter(model=rows[0].model)
        return super().get_context_data(
            runs=rows, groups=sides(rows), offered=offered[:50], wanted=wanted, **kwargs
        )
