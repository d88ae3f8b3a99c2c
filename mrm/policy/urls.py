"""Addresses of policy."""

from django.urls import path

from mrm.policy import pages

urlpatterns = [
    path("policies/", pages.Policies.as_view(), name="policies"),
    path("policies/new/", pages.DraftPolicy.as_view(), name="policy-new"),
    path("policies/<str:digest>/", pages.PolicyPage.as_view(), name="policy"),
    path("policies/<str:digest>/draft/", pages.DraftPolicy.as_view(), name="policy-draft"),
    path("policies/<str:digest>/approve/", pages.ApprovePolicy.as_view(), name="policy-approve"),
]
