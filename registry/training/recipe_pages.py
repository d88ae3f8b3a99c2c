"""Pages of recipes: the list, a new one, one recipe, starting a run."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.functional import cached_property

from mrm.access.acts import can
from mrm.access.pages import ActPage, Member, MemberList, MemberPage
from mrm.web import words
from mrm.web.shapes import Action, Fact
from registry.training import forms, queries, verbs
from registry.training.models import Recipe
from registry.training.pages import TRAINING
from registry.training.tables import RecipeTable, RunTable
from registry.versions.pages import OnModel


class Recipes(MemberList):
    """Every recipe the reader may see."""

    title = "Recipes"
    sub = "A recipe never changes: the same values are the same recipe, other values are another."
    nav = "training"
    crumbs = (TRAINING,)
    table_class = RecipeTable

    def get_queryset(self) -> QuerySet[Recipe]:
        """What the reader may see."""
        return queries.recipes(self.actor)


class DeclarePage(OnModel, ActPage):
    """Declare a recipe of a model."""

    verb = verbs.declare
    form_class = forms.Declare
    title = "New recipe"
    button = "Declare the recipe"
    template_name = "training/declare.html"

    def initial(self) -> dict[str, Any]:
        """A whole recipe to start from; `?from=RC-…` starts from another one."""
        other = self.request.GET.get("from", "")
        found = queries.recipes(self.actor).filter(reference=other).first() if other else None
        return {"text": found.text if found else forms.EXAMPLE}

    def target(self) -> dict[str, Any]:
        """The model."""
        return {"model": self.model}


class OnRecipe(Member):
    """What every page of one recipe knows."""

    kwargs: dict[str, Any]
    nav = "training"

    @cached_property
    def recipe(self) -> Recipe:
        """The recipe of the address."""
        return queries.recipe(self.actor, self.kwargs["reference"])

    def get_sub(self) -> str:
        """Which recipe, of which model."""
        return f"{self.recipe.name}, {self.recipe.reference}: {self.recipe.model.name}"

    def get_crumbs(self) -> list[tuple[str, str]]:
        """Training, recipes, this one."""
        return [TRAINING, ("Recipes", "/recipes/"), (self.recipe.name, self.recipe.get_absolute_url())]

    def target(self) -> dict[str, Any]:
        """The act's object."""
        return {"recipe": self.recipe}

    def done(self, result: Any) -> str:
        """Back to the recipe."""
        return self.recipe.get_absolute_url()


class RecipePage(OnRecipe, MemberPage):
    """One recipe: its text, its runs, its schedule and envelopes."""

    template_name = "training/recipe.html"

    def get_title(self) -> str:
        """Its name."""
        return self.recipe.name

    def get_sub(self) -> str:
        """Whose it is."""
        return f"Recipe of {self.recipe.model.name}"

    def get_crumbs(self) -> list[tuple[str, str]]:
        """Without itself."""
        return super().get_crumbs()[:-1]

    def get_actions(self) -> list[Action]:
        """Starting a run, another recipe from this one, a schedule, an envelope."""
        recipe, here = self.recipe, self.recipe.get_absolute_url()
        model = f"/models/{recipe.model.reference}/"
        may = {
            act: can(self.actor, act, recipe=recipe) or ""
            for act in ("run.start", "schedule.set", "envelope.propose")
        }
        return [
            Action("Propose an envelope", f"{here}envelope/", why_not=may["envelope.propose"]),
            Action("Schedule", f"{here}schedule/", why_not=may["schedule.set"]),
            Action(
                "Change into another",
                f"{model}recipes/new/?from={recipe.reference}",
                why_not=may["run.start"],
            ),
            Action("Start a run", f"{here}start/", "primary", why_not=may["run.start"]),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The parts of the page."""
        recipe = self.recipe
        schedule = getattr(recipe, "schedule", None)
        return super().get_context_data(
            recipe=recipe,
            schedule=schedule if schedule and schedule.active else None,
            envelopes=queries.envelopes(self.actor).filter(recipe=recipe),
            table=RunTable(queries.runs(self.actor).filter(recipe=recipe), self.request),
            facts=[
                Fact("Id", recipe.reference),
                Fact("Model", recipe.model.name, url=recipe.model.get_absolute_url()),
                Fact("Trains", recipe.estimator),
                Fact("Split", recipe.body["split"]["kind"].replace("_", " ")),
                Fact("Declared", words.day(recipe.declared_at), note=recipe.declared_by.name),
            ],
            **kwargs,
        )


class StartPage(OnRecipe, ActPage):
    """Start a run."""

    verb = verbs.start
    title = "Start a run"
    said = "The run has started; its page follows it."

    def done(self, result: Any) -> str:
        """The run's page."""
        return str(result.get_absolute_url())
