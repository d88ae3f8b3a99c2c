"""Addresses of the feature store."""

from django.urls import path

from registry.features import api, pages

CATALOGUE = "features/<str:reference>"
SOURCE, SERVICE = f"{CATALOGUE}/sources/<str:name>", f"{CATALOGUE}/services/<str:name>"
urlpatterns = [
    path("features/", pages.Features.as_view(), name="features"),
    path("features/new/", pages.Open.as_view(), name="feature-catalogue-new"),
    path(f"{CATALOGUE}/", pages.CataloguePage.as_view(), name="feature-catalogue"),
    path(f"{CATALOGUE}/apply/", pages.Apply.as_view(), name="feature-apply"),
    path(f"{CATALOGUE}/views/<str:name>/", pages.ViewPage.as_view(), name="feature-view"),
    path(f"{SOURCE}/", pages.SourcePage.as_view(), name="feature-source"),
    path(f"{SOURCE}/load/", pages.Load.as_view(), name="feature-source-load"),
    path(f"{SERVICE}/", pages.ServicePage.as_view(), name="feature-service"),
    path(f"{SERVICE}/materialise/", pages.Materialise.as_view(), name="feature-service-materialise"),
    path(f"{SERVICE}/served/", pages.Served.as_view(), name="feature-service-served"),
    path(f"{SERVICE}/compare/", pages.Compare.as_view(), name="feature-service-compare"),
    path("api/v1/features/", api.Definitions.as_view(), name="api-features"),
    path(f"api/v1/{SERVICE}/", api.OneService.as_view(), name="api-feature-service"),
    path(f"api/v1/{SERVICE}/read/", api.Read.as_view(), name="api-feature-read"),
]
