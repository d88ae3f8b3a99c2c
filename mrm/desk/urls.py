"""Addresses of the desk."""

from django.urls import path

from mrm.desk import fields, home, ledger, model, places, search

urlpatterns = [
    path("", home.Home.as_view(), name="desk"),
    path("search/", search.Search.as_view(), name="search"),
    path("models/<str:reference>/", model.ModelPage.as_view(), name="model"),
    path("models/<str:reference>/history/", fields.History.as_view(), name="model-history"),
    path("ledger/", ledger.Ledger.as_view(), name="ledger"),
    path("ledger/checkpoint/", ledger.Checkpoint.as_view(), name="ledger-checkpoint"),
    path("ledger/key/", ledger.Key.as_view(), name="ledger-key"),
    path("ledger/<str:digest>/", ledger.EntryPage.as_view(), name="ledger-entry"),
    path("go/<str:kind>/<str:key>/", places.Go.as_view(), name="go"),
]
