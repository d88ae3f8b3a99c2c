"""Addresses of recipes, runs and envelopes."""

from django.urls import path

from registry.training import api, envelope_pages, pages, recipe_pages

MODEL = "models/<str:reference>"
RECIPE = "recipes/<str:reference>"
RUN = "runs/<str:reference>"
ENVELOPE = "envelopes/<str:reference>"
urlpatterns = [
    path("recipes/", recipe_pages.Recipes.as_view(), name="recipes"),
    path(f"{MODEL}/recipes/new/", recipe_pages.DeclarePage.as_view(), name="recipe-new"),
    path(f"{RECIPE}/", recipe_pages.RecipePage.as_view(), name="recipe"),
    path(f"{RECIPE}/start/", recipe_pages.StartPage.as_view(), name="run-start"),
    path(f"{RECIPE}/schedule/", envelope_pages.SchedulePage.as_view(), name="schedule-set"),
    path(f"{RECIPE}/schedule/stop/", envelope_pages.StopSchedule.as_view(), name="schedule-stop"),
    path(f"{RECIPE}/envelope/", envelope_pages.Propose.as_view(), name="envelope-new"),
    path("runs/", pages.Runs.as_view(), name="runs"),
    path("runs/compare/", pages.Compare.as_view(), name="runs-compare"),
    path(f"{MODEL}/runs/import/", pages.ImportPage.as_view(), name="run-import"),
    path(f"{RUN}/", pages.RunPage.as_view(), name="run"),
    path(f"{RUN}/reproduce/", pages.ReproducePage.as_view(), name="run-reproduce"),
    path(f"{ENVELOPE}/", envelope_pages.EnvelopePage.as_view(), name="envelope"),
    path(f"{ENVELOPE}/decide/", envelope_pages.DecidePage.as_view(), name="envelope-decide"),
    path(f"{ENVELOPE}/end/", envelope_pages.EndPage.as_view(), name="envelope-end"),
    path("api/v1/recipes/", api.Recipes.as_view(), name="api-recipes"),
    path("api/v1/recipes/<str:reference>/", api.OneRecipe.as_view(), name="api-recipe"),
    path("api/v1/runs/", api.Runs.as_view(), name="api-runs"),
    path("api/v1/runs/<str:reference>/", api.OneRun.as_view(), name="api-run"),
]
