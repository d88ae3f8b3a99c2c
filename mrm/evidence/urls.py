"""Addresses of evidence."""

from django.urls import path

from mrm.evidence import api, pages

urlpatterns = [
    path("evidence/", pages.EvidenceList.as_view(), name="evidence-list"),
    path("evidence/<str:key>/", pages.EvidencePage.as_view(), name="evidence"),
    path("evidence/<str:key>/json/", pages.EvidenceJson.as_view(), name="evidence-json"),
    path("evidence/<str:key>/reproduce/", pages.Reproduce.as_view(), name="evidence-reproduce"),
    path("evidence/<str:key>/void/", pages.Void.as_view(), name="evidence-void"),
    path("api/v1/evidence/", api.EvidenceList.as_view(), name="api-evidence-list"),
    path("api/v1/evidence/<str:key>/", api.OneEvidence.as_view(), name="api-evidence"),
]
