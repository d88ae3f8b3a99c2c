"""Addresses of jobs."""

from django.urls import path

from mrm.jobs import api, pages

urlpatterns = [
    path("jobs/", pages.JobList.as_view(), name="jobs"),
    path("jobs/<uuid:job>/", pages.JobPage.as_view(), name="job"),
    path("jobs/<uuid:job>/state/", pages.JobStatePart.as_view(), name="job-state"),
    path("jobs/<uuid:job>/cancel/", pages.CancelJob.as_view(), name="job-cancel"),
    path("api/v1/jobs/", api.JobList.as_view(), name="api-jobs"),
    path("api/v1/jobs/<uuid:job>/", api.OneJob.as_view(), name="api-job"),
]
