"""Addresses of findings and conditions."""

from django.urls import path

from validation.findings import actpages, api, pages

ONE = "findings/<str:reference>"
CONDITION = "conditions/<str:reference>"
urlpatterns = [
    path("findings/", pages.FindingList.as_view(), name="findings"),
    path("findings/board/", pages.FindingBoard.as_view(), name="finding-board"),
    path("findings/new/", actpages.DraftFinding.as_view(), name="finding-new"),
    path(f"{ONE}/", pages.FindingPage.as_view(), name="finding"),
    path(f"{ONE}/edit/", actpages.Edit.as_view(), name="finding-edit"),
    path(f"{ONE}/send/", actpages.Send.as_view(), name="finding-send"),
    path(f"{ONE}/answer/", actpages.AnswerFacts.as_view(), name="finding-answer"),
    path(f"{ONE}/issue/", actpages.Issue.as_view(), name="finding-issue"),
    path(f"{ONE}/withdraw/", actpages.Withdraw.as_view(), name="finding-withdraw"),
    path(f"{ONE}/attach/", actpages.Attach.as_view(), name="finding-attach"),
    path(f"{ONE}/advise/", actpages.Advise.as_view(), name="finding-advise"),
    path(f"{ONE}/plan/", actpages.PlanRemedy.as_view(), name="finding-plan"),
    path(f"{ONE}/plan/decide/", actpages.ApprovePlan.as_view(), name="finding-approve-plan"),
    path(f"{ONE}/submit/", actpages.Submit.as_view(), name="finding-submit"),
    path(f"{ONE}/close/", actpages.Close.as_view(), name="finding-close"),
    path(f"{ONE}/send-back/", actpages.SendBack.as_view(), name="finding-send-back"),
    path(f"{ONE}/reopen/", actpages.Reopen.as_view(), name="finding-reopen"),
    path(f"{ONE}/extend/", actpages.Extend.as_view(), name="finding-extend"),
    path(f"{ONE}/extend/decide/", actpages.ApproveExtension.as_view(), name="finding-approve-extension"),
    path(f"{ONE}/accept/", actpages.Accept.as_view(), name="finding-accept"),
    path(f"{ONE}/accept/decide/", actpages.ConcurAcceptance.as_view(), name="finding-concur"),
    path(f"{ONE}/documents/<uuid:document>/", pages.DocumentFile.as_view(), name="finding-document"),
    path("conditions/", pages.ConditionList.as_view(), name="conditions"),
    path(f"{CONDITION}/", pages.ConditionPage.as_view(), name="condition"),
    path(f"{CONDITION}/fulfil/", actpages.Fulfil.as_view(), name="condition-fulfil"),
    path(f"{CONDITION}/confirm/", actpages.Confirm.as_view(), name="condition-confirm"),
    path("api/v1/findings/", api.FindingList.as_view(), name="api-findings"),
    path("api/v1/findings/<str:reference>/", api.OneFinding.as_view(), name="api-finding"),
    path("api/v1/conditions/", api.ConditionList.as_view(), name="api-conditions"),
    path("api/v1/conditions/<str:reference>/", api.OneCondition.as_view(), name="api-condition"),
]
