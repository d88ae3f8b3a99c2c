"""Addresses of the MLflow door; each call's own path is declared in `calls/`."""

from django.urls import path

from registry.mlflow import calls, pages
from registry.mlflow.protocol import mlflow
from registry.mlflow.proxy import artifacts
from registry.mlflow.webhook import rung

__all__ = ["calls", "urlpatterns"]

urlpatterns = [
    path("experiments/", pages.Experiments.as_view(), name="experiments"),
    path("experiments/<str:reference>/", pages.OneExperiment.as_view(), name="experiment"),
    path("experiments/<str:reference>/runs/<str:key>/", pages.OneRun.as_view(), name="client-run"),
    path("hooks/mlflow/", rung, name="mlflow-hook"),
    path("api/2.0/mlflow/<path:path>", mlflow, name="mlflow"),
    path("api/2.0/mlflow-artifacts/<path:path>", artifacts, name="mlflow-artifacts"),
]
