"""Addresses of versions and use grants."""

from django.urls import path

from registry.versions import api, pages

MODEL = "models/<str:reference>/versions"
urlpatterns = [
    path(f"{MODEL}/", pages.Versions.as_view(), name="versions"),
    path(f"{MODEL}/new/", pages.Register.as_view(), name="version-new"),
    path(f"{MODEL}/<int:number>/", pages.VersionPage.as_view(), name="version"),
    path("grants/<str:grant>/restrict/", pages.Restrict.as_view(), name="grant-restrict"),
    path("grants/<str:grant>/revoke/", pages.Revoke.as_view(), name="grant-revoke"),
    path(f"api/v1/{MODEL}/", api.Versions.as_view(), name="api-versions"),
    path(f"api/v1/{MODEL}/<int:number>/", api.OneVersion.as_view(), name="api-version"),
]
