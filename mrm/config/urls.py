"""Every address of the house, room by room."""

from django.urls import include, path

ROOMS = (
    "mrm.web",
    "mrm.access",
    "mrm.policy",
    "mrm.jobs",
    "mrm.evidence",
    "mrm.papers",
    "registry.data",
    "registry.inventory",
    "registry.features",
    "registry.versions",
    "registry.training",
    "registry.mlflow",
    "validation.findings",
    "validation.cases",
    "mrm.desk",
)
urlpatterns = [path("", include(f"{room}.urls")) for room in ROOMS]
handler400 = "mrm.web.errors.handler400"
handler403 = "mrm.web.errors.handler403"
handler404 = "mrm.web.errors.handler404"
handler500 = "mrm.web.errors.handler500"
