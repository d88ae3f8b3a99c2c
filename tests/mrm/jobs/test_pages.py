"""Pages of jobs: only within one's scope, live while they run, cancelled once."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mrm.access.actors import robot
from mrm.access.models import Entry
from mrm.access.rules import GrantLevel, Role
from mrm.jobs import leases
from mrm.jobs.models import Job
from mrm.jobs.rules import JobState
from mrm.jobs.verbs import schedule
from mrm.kernel.errors import RuleRefused
from tests.make import Bank, bank

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> Bank:
    made = bank()
    made.person("owner", Role.MODEL_OWNER)
    made.person("reader", Role.MODEL_OWNER, level=GrantLevel.READ)
    made.person("stranger", Role.MODEL_OWNER, level=None)
    return made


@pytest.fixture
def job(house: Bank) -> Job:
    """A job in the legal entity's scope."""
    made = schedule(
        robot("scheduler"), group=house.entity.scope, kind="house.tidy", title="Fit it", period_key="x"
    )
    return Job.objects.get(pk=made.pk)


def client(house: Bank, name: str) -> Client:
    browser = Client()
    browser.force_login(house.accounts[name], backend="django.contrib.auth.backends.ModelBackend")
    return browser


def test_a_job_is_seen_within_its_scope_only(house: Bank, job: Job) -> None:
    for name, status in {"owner": 200, "reader": 200, "stranger": 404}.items():
        browser = client(house, name)
        assert browser.get(job.get_absolute_url()).status_code == status
        assert browser.get(f"{job.get_absolute_url()}state/").status_code == status
        assert browser.get(f"/api/v1/jobs/{job.pk}/").status_code == status
        assert (b"Fit it" in browser.get("/jobs/").content) == (status == 200)
        assert (b"Fit it" in browser.get("/api/v1/jobs/").content) == (status == 200)
    assert Client().get(job.get_absolute_url()).status_code == 302


def test_progress_is_live_and_the_page_is_shown_anew_at_the_end(house: Bank, job: Job) -> None:
    browser = client(house, "owner")
    fence = leases.claim(job.pk)
    assert fence
    leases.beat(fence, (4140, 6000, "about 40 s left"))
    part = browser.get(f"{job.get_absolute_url()}state/")
    assert "4,140 of 6,000 · about 40 s left" in part.content.decode()
    assert 'hx-trigger="every 1s"' in part.content.decode()
    assert "HX-Refresh" not in part
    leases.succeed(fence, {"rows": 6000})
    assert browser.get(f"{job.get_absolute_url()}state/")["HX-Refresh"] == "true"
    page = browser.get(job.get_absolute_url()).content.decode()
    assert "hx-trigger" not in page
    assert "6000" in page


def test_a_failed_job_says_why_and_what_to_do(house: Bank, job: Job) -> None:
    fence = leases.claim(job.pk)
    assert fence
    leases.fail(fence, RuleRefused("wrong_state", "The file is empty.", "Send one with rows."))
    page = client(house, "reader").get(job.get_absolute_url()).content.decode()
    assert "The file is empty." in page
    assert "Send one with rows." in page


def test_cancelling_needs_the_grant_and_is_one_entry(house: Bank, job: Job) -> None:
    address = f"{job.get_absolute_url()}cancel/"
    refused = client(house, "reader").post(address)
    assert refused.status_code == 403
    assert Job.objects.get(pk=job.pk).state == JobState.QUEUED
    assert "Stop" not in client(house, "reader").get(job.get_absolute_url()).content.decode()
    owner = client(house, "owner")
    assert "Stop" in owner.get(job.get_absolute_url()).content.decode()
    done = owner.post(address, {"reason": "wrong file"})
    assert (done.status_code, done["Location"]) == (302, job.get_absolute_url())
    assert Job.objects.get(pk=job.pk).state == JobState.CANCELLED
    entry = Entry.objects.get(act="job.cancel", outcome="done")
    assert entry.reason == "wrong file"
    assert owner.post(address).status_code == 409
    assert client(house, "stranger").post(address).status_code == 404


def test_the_list_costs_the_same_however_long_it_is(house: Bank, job: Job) -> None:
    def cost() -> int:
        browser = client(house, "owner")
        browser.get("/jobs/")
        with CaptureQueriesContext(connection) as seen:
            browser.get("/jobs/")
        return len(seen)

    few = cost()
    for number in range(12):
        schedule(
            robot("scheduler"),
            group=house.entity.scope,
            kind="house.tidy",
            title="More",
            period_key=str(number),
        )
    assert cost() == few
