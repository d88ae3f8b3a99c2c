"""Addresses of papers."""

from django.urls import path

from mrm.papers import api, pages

urlpatterns = [
    path("papers/", pages.PaperList.as_view(), name="papers"),
    path("papers/<str:reference>/", pages.PaperPage.as_view(), name="paper"),
    path("papers/<str:reference>/pdf/", pages.PaperPdf.as_view(), name="paper-pdf"),
    path("papers/<str:reference>/verify/", pages.VerifyPaper.as_view(), name="paper-verify"),
    path("papers/<str:reference>/pack/", pages.ExportPack.as_view(), name="paper-pack"),
    path("papers/<str:reference>/packs/<uuid:export>/", pages.PackFile.as_view(), name="paper-pack-file"),
    path("papers/<str:reference>/void/", pages.VoidPaper.as_view(), name="paper-void"),
    path("api/v1/papers/", api.PaperList.as_view(), name="api-papers"),
    path("api/v1/papers/<str:reference>/", api.OnePaper.as_view(), name="api-paper"),
]
