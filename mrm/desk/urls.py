"""Addresses of the desk."""

from django.urls import path

from mrm.desk import ledger, places

urlpatterns = [
    path("ledger/", ledger.Ledger.as_view(), name="ledger"),
    path("ledger/checkpoint/", ledger.Checkpoint.as_view(), name="ledger-checkpoint"),
    path("ledger/<str:digest>/", ledger.EntryPage.as_view(), name="ledger-entry"),
    path("go/<str:kind>/<str:key>/", places.Go.as_view(), name="go"),
]
