"""The tables of recipes and runs."""

from __future__ import annotations

from mrm.web.tables import Choice, Column, Empty, Table
from registry.training.models import Recipe, Run
from registry.training.rules import RunKind

TONES = {"succeeded": "good", "failed": "bad", "cancelled": "warn"}


def _auc(run: Run) -> float | None:
    return run.made.auc if run.made else None


class RunTable(Table):
    """Runs, the newest first."""

    caption = "Runs"
    columns = (
        Column("reference", "Id", kind="id", link=lambda r: r.get_absolute_url(), sort="reference"),
        Column("title", "Recipe", head=True, link=lambda r: r.get_absolute_url(), sort="title"),
        Column("model.name", "Model", sort="model__name"),
        Column("state", "State", tone=lambda r: TONES.get(str(r.state), "")),
        Column("standing", "Repetition", tone=lambda r: "good" if r.reproduced else ""),
        Column(
            "auc",
            "AUC",
            num=True,
            value=lambda r: f"{_auc(r):.3f}" if _auc(r) is not None else None,
            missing="not measured",
        ),
        Column(
            "version",
            "Version",
            num=True,
            value=lambda r: r.made.version.number if r.made and r.made.version else None,
            link=lambda r: r.made.version.get_absolute_url() if r.made and r.made.version else "",
            missing="none",
        ),
        Column("started_at", "Started", kind="moment", num=True, sort="started_at"),
        Column("started_by.name", "By", sort="started_by__name"),
    )
    filters = (Choice("kind", "Kind", RunKind.choices),)
    search = ("reference", "title", "model__name", "model__reference")
    order = "-started_at"
    empty = Empty(
        "No runs yet",
        "A run trains a model by a recipe and registers the version with its whole lineage. Recipes are declared on a model.",
    )


class RecipeTable(Table):
    """Recipes, the newest first."""

    caption = "Recipes"
    columns = (
        Column("reference", "Id", kind="id", link=lambda r: r.get_absolute_url(), sort="reference"),
        Column("name", "Name", head=True, link=lambda r: r.get_absolute_url(), sort="name"),
        Column("model.name", "Model", sort="model__name"),
        Column("estimator", "Trains"),
        Column("digest", "Digest", kind="digest"),
        Column("run_count", "Runs", kind="number", sort="run_count"),
        Column("declared_at", "Declared", kind="day", num=True, sort="declared_at"),
        Column("declared_by.name", "By", sort="declared_by__name"),
    )
    search = ("reference", "name", "model__name", "model__reference")
    order = "-declared_at"
    empty = Empty(
        "No recipes yet",
        "A recipe says in YAML which data, split, preprocessing, estimator and metrics make a version. It is declared on a model.",
    )


def of_recipe(recipe: Recipe) -> str:
    """A recipe in a choice."""
    return f"{recipe.name} ({recipe.reference}), {recipe.estimator}"
