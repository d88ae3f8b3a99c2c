"""Addresses of versions and use grants."""

from django.urls import path

from registry.versions import actpages, api, card_pages, compare_pages, grant_pages, pages

MODEL = "models/<str:reference>/versions"
urlpatterns = [
    path(f"{MODEL}/", pages.Versions.as_view(), name="versions"),
    path(f"{MODEL}/new/", pages.Register.as_view(), name="version-new"),
    path(f"{MODEL}/compare/", compare_pages.Compare.as_view(), name="versions-compare"),
    path(f"{MODEL}/<int:number>/", pages.VersionPage.as_view(), name="version"),
    path(f"{MODEL}/<int:number>/card/", card_pages.CardPage.as_view(), name="version-card"),
    path(f"{MODEL}/<int:number>/card.md", card_pages.CardMarkdown.as_view(), name="version-card-markdown"),
    path(f"{MODEL}/<int:number>/card.json", card_pages.CardJson.as_view(), name="version-card-json"),
    path(f"{MODEL}/<int:number>/promote/", actpages.Promote.as_view(), name="version-promote"),
    path(f"{MODEL}/<int:number>/request/", actpages.Ask.as_view(), name="promotion-request"),
    path(f"{MODEL}/<int:number>/withdraw/", actpages.Withdraw.as_view(), name="promotion-withdraw"),
    path(f"{MODEL}/<int:number>/archive/", actpages.Archive.as_view(), name="version-archive"),
    path(f"{MODEL}/<int:number>/lineage/", actpages.Lineage.as_view(), name="version-lineage"),
    path(f"{MODEL}/<int:number>/alias/", actpages.SetAlias.as_view(), name="alias-set"),
    path(f"{MODEL}/<int:number>/alias/remove/", actpages.RemoveAlias.as_view(), name="alias-remove"),
    path(f"{MODEL}/<int:number>/tag/", actpages.TagVersion.as_view(), name="version-tag"),
    path(f"{MODEL}/<int:number>/tag/remove/", actpages.UntagVersion.as_view(), name="version-untag"),
    path("models/<str:reference>/tag/", actpages.TagModel.as_view(), name="model-tag"),
    path("models/<str:reference>/tag/remove/", actpages.UntagModel.as_view(), name="model-untag"),
    path("versions/", pages.Search.as_view(), name="version-search"),
    path("grants/<str:grant>/restrict/", grant_pages.Restrict.as_view(), name="grant-restrict"),
    path("grants/<str:grant>/revoke/", grant_pages.Revoke.as_view(), name="grant-revoke"),
    path("api/v1/versions/", api.Search.as_view(), name="api-version-search"),
    path(f"api/v1/{MODEL}/", api.Versions.as_view(), name="api-versions"),
    path(f"api/v1/{MODEL}/compare/", api.Compare.as_view(), name="api-versions-compare"),
    path(f"api/v1/{MODEL}/<int:number>/", api.OneVersion.as_view(), name="api-version"),
]
