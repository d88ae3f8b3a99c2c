"""Addresses of validations."""

from django.urls import path

from validation.cases import actpages, api, pages, signpage

ONE = "validations/<str:reference>"
urlpatterns = [
    path("validations/", pages.ValidationList.as_view(), name="validations"),
    path("validations/new/", pages.OpenValidation.as_view(), name="validation-new"),
    path("to-sign/", pages.ToSign.as_view(), name="to-sign"),
    path(f"{ONE}/", pages.DeskPage.as_view(), name="validation"),
    path(f"{ONE}/run/", actpages.RunTests.as_view(), name="validation-run"),
    path(f"{ONE}/independence/", actpages.DeclareIndependence.as_view(), name="validation-independence"),
    path(f"{ONE}/conditions/new/", actpages.ProposeCondition.as_view(), name="condition-new"),
    path(
        f"{ONE}/conditions/<str:condition>/withdraw/",
        actpages.WithdrawCondition.as_view(),
        name="condition-withdraw",
    ),
    path(f"{ONE}/opinion/", actpages.OpinionPage.as_view(), name="validation-opinion"),
    path(f"{ONE}/light-review/", actpages.LightReview.as_view(), name="validation-light"),
    path(f"{ONE}/opinion/withdraw/", actpages.WithdrawOpinion.as_view(), name="opinion-withdraw"),
    path(f"{ONE}/items/<str:item>/exempt/", actpages.ExemptItem.as_view(), name="validation-exempt"),
    path(f"{ONE}/appoint/", actpages.AppointValidator.as_view(), name="validation-appoint"),
    path(f"{ONE}/withdraw/", actpages.WithdrawValidation.as_view(), name="validation-withdraw"),
    path(f"{ONE}/freeze/", actpages.Freeze.as_view(), name="validation-freeze"),
    path(f"{ONE}/draft/", actpages.PrintDraft.as_view(), name="validation-draft"),
    path(f"{ONE}/draft.pdf", actpages.DraftPdf.as_view(), name="validation-draft-pdf"),
    path(f"{ONE}/reopen/", actpages.Reopen.as_view(), name="validation-reopen"),
    path(f"{ONE}/sign/", signpage.SignPage.as_view(), name="validation-sign"),
    path(f"{ONE}/content.json", actpages.ContentJson.as_view(), name="validation-content"),
    path("api/v1/validations/", api.ValidationList.as_view(), name="api-validations"),
    path("api/v1/validations/<str:reference>/", api.OneValidation.as_view(), name="api-validation"),
]
