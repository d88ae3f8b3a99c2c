"""Read endpoints of recipes and runs."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from mrm.access.api import MemberView
from mrm.kernel.canonical import tidy
from registry.training import queries
from registry.training.models import Recipe, Run


class Recipes(MemberView):
    """The recipes the caller may see."""

    @extend_schema(operation_id="recipes.list", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        """One page of recipes."""
        del request
        return self.page(queries.recipes(self.actor), recipe_shape)


class OneRecipe(MemberView):
    """One recipe."""

    @extend_schema(operation_id="recipes.read", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, reference: str) -> Response:
        """A recipe with its text and values."""
        del request
        recipe = queries.recipe(self.actor, reference)
        return Response(tidy(recipe_shape(recipe) | {"text": recipe.text, "body": recipe.body}))


class Runs(MemberView):
    """The runs the caller may see."""

    @extend_schema(operation_id="runs.list", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        """One page of runs."""
        del request
        return self.page(queries.runs(self.actor), run_shape)


class OneRun(MemberView):
    """One run."""

    @extend_schema(operation_id="runs.read", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, reference: str) -> Response:
        """A run with its trace, metrics and repetitions."""
        del request
        run = queries.run(reference, self.actor)
        made = run.made
        job = run.work if made is None else None
        more = {
            "trace": made and made.trace,
            "parameters": made and made.parameters,
            "evidence": [item.evidence.short for item in made.evidence.select_related("evidence")]
            if made
            else [],
            "problem": {"code": job.error_code, "detail": job.error_detail, "remedy": job.error_remedy}
            if job
            else None,
            "repetitions": [
                {"verdict": item.verdict, "step": item.step, "detail": item.detail, "at": item.repeated_at}
                for item in run.repetitions.all()
            ],
        }
        return Response(tidy(run_shape(run) | more))


def recipe_shape(recipe: Recipe) -> dict[str, Any]:
    """A recipe as lists give it."""
    return {
        "id": recipe.pk,
        "reference": recipe.reference,
        "model": recipe.model.reference,
        "name": recipe.name,
        "digest": recipe.digest,
        "trains": recipe.estimator,
        "declared_at": recipe.declared_at,
    }


def run_shape(run: Run) -> dict[str, Any]:
    """A run as lists give it."""
    made = run.made
    return {
        "id": run.pk,
        "reference": run.reference,
        "kind": run.kind,
        "model": run.model.reference,
        "recipe": run.recipe and run.recipe.reference,
        "snapshot": run.snapshot.reference,
        "state": str(run.state),
        "reproduced": run.reproduced,
        "version": made.version.number if made and made.version else None,
        "metrics": {name: item.get("statistic") for name, item in made.metrics.items()} if made else {},
        "predictions": made and made.predictions_digest,
        "started_at": run.started_at,
    }
