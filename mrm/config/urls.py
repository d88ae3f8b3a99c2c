"""Every address of the house, room by room."""

from importlib.util import find_spec

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
    "mrm.ledger",
    "mrm.desk",
)
urlpatterns = [
    path("", include(f"{room}.urls")) for room in ROOMS if find_spec(room) and find_spec(f"{room}.urls")
]
handler400 = "mrm.web.errors.handler400"
handler403 = "mrm.web.errors.handler403"
handler404 = "mrm.web.errors.handler404"
handler500 = "mrm.web.errors.handler500"
