"""Addresses of datasets and snapshots."""

from django.urls import path

from registry.data import api, difference_pages, pages, source_pages

DATASET = "datasets/<str:reference>"
SNAPSHOT = "snapshots/<str:reference>"
urlpatterns = [
    path("datasets/", pages.Datasets.as_view(), name="datasets"),
    path("datasets/new/", pages.Create.as_view(), name="dataset-new"),
    path(f"{DATASET}/", pages.DatasetPage.as_view(), name="dataset"),
    path(f"{DATASET}/describe/", pages.Describe.as_view(), name="dataset-describe"),
    path(f"{DATASET}/codes/", pages.CodesPage.as_view(), name="dataset-codes"),
    path(f"{DATASET}/upload/", pages.UploadPage.as_view(), name="snapshot-upload"),
    path(f"{DATASET}/query/", source_pages.QueryPage.as_view(), name="snapshot-query"),
    path(f"{DATASET}/fetch/", source_pages.FetchPage.as_view(), name="snapshot-fetch"),
    path(f"{DATASET}/rules/", source_pages.RulesPage.as_view(), name="dataset-rules"),
    path(
        f"{SNAPSHOT}/against/<str:other>/", difference_pages.DifferencePage.as_view(), name="snapshot-against"
    ),
    path(f"{SNAPSHOT}/", pages.SnapshotPage.as_view(), name="snapshot"),
    path(f"{SNAPSHOT}/roles/", pages.RolesPage.as_view(), name="snapshot-roles"),
    path(f"{SNAPSHOT}/rows/", pages.RowsPage.as_view(), name="snapshot-rows"),
    path("api/v1/datasets/", api.Datasets.as_view(), name="api-datasets"),
    path("api/v1/datasets/<str:reference>/", api.OneDataset.as_view(), name="api-dataset"),
    path("api/v1/datasets/<str:reference>/snapshots/", api.Snapshots.as_view(), name="api-dataset-snapshots"),
    path(f"api/v1/{DATASET}/query/", api.PreviewQuery.as_view(), name="api-dataset-query"),
    path(f"api/v1/{SNAPSHOT}/against/<str:other>/", api.Difference.as_view(), name="api-snapshot-against"),
    path("api/v1/snapshots/<str:reference>/", api.OneSnapshot.as_view(), name="api-snapshot"),
]
