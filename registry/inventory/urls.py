"""Addresses of the inventory; a model's own page is composed by the desk."""

from django.urls import path

from registry.inventory import api, pages

MODEL = "models/<str:reference>"
urlpatterns = [
    path("models/", pages.Inventory.as_view(), name="models"),
    path("models/new/", pages.Propose.as_view(), name="model-new"),
    path(f"{MODEL}/describe/", pages.Describe.as_view(), name="model-describe"),
    path(f"{MODEL}/assign/", pages.Assign.as_view(), name="model-assign"),
    path(f"{MODEL}/register/", pages.Register.as_view(), name="model-register"),
    path(f"{MODEL}/start-development/", pages.StartDevelopment.as_view(), name="model-start"),
    path(f"{MODEL}/non-model/", pages.ClaimNonModel.as_view(), name="model-non-model"),
    path(f"{MODEL}/non-model/decide/", pages.DecideNonModel.as_view(), name="model-non-model-decide"),
    path(f"{MODEL}/reconsider/", pages.Reconsider.as_view(), name="model-reconsider"),
    path(
        f"{MODEL}/use-changes/<uuid:change>/withdraw/",
        pages.WithdrawUseChange.as_view(),
        name="use-change-withdraw",
    ),
    path(f"{MODEL}/uses/new/", pages.AddUse.as_view(), name="use-add"),
    path(f"{MODEL}/uses/<str:use>/", pages.ChangeUse.as_view(), name="use-change"),
    path(f"{MODEL}/rubric/", pages.AnswerRubric.as_view(), name="model-rubric"),
    path(f"{MODEL}/tier/", pages.Tier.as_view(), name="model-tier"),
    path(f"{MODEL}/tier/override/", pages.OverrideTier.as_view(), name="tier-override"),
    path("api/v1/models/", api.Models.as_view(), name="api-models"),
    path("api/v1/models/<str:reference>/", api.OneModel.as_view(), name="api-model"),
    path("api/v1/models/<str:reference>/uses/", api.Uses.as_view(), name="api-model-uses"),
]
