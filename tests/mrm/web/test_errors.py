"""One error shape at every door; absent and forbidden are told alike; nothing of the inside shows."""

import json
import logging

import pytest
from django.http import Http404, HttpRequest
from django.test import Client, RequestFactory
from rest_framework import exceptions

from mrm.kernel.errors import BadInput, Denied, NotFound
from mrm.web import errors
from mrm.web.shapes import Link, Requirement

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.mrm.web.urls")]


@pytest.fixture
def browser() -> Client:
    return Client(raise_request_exception=False, headers={"host": "localhost"})


def ask(path: str = "/models/M-7K2QD/", **headers: str) -> HttpRequest:
    return RequestFactory().get(path, headers={"host": "localhost", **headers})


def page(error: Exception, path: str = "/models/M-7K2QD/", **headers: str) -> str:
    return errors.handler(ask(path, **headers), error).content.decode()


def test_a_page_says_what_why_and_what_to_do() -> None:
    unmet = Requirement("unmet", "LIME evidence", [Link("Run it now", "/run/")])
    found = page(Denied("denied", "A developer may not ask.", "Let the owner ask.", requirements=[unmet]))
    for said in (
        "A developer may not ask.",
        "Let the owner ask.",
        "<code>denied</code>",
        "LIME evidence",
        "Nothing has changed",
    ):
        assert said in found


def test_absent_equals_forbidden() -> None:
    assert page(Http404("no Model matches the query")) == page(NotFound())


def test_unforeseen_faults_show_nothing_of_the_inside(browser: Client) -> None:
    answer = browser.get("/broken/")
    assert answer.status_code == 500
    text = answer.content.decode()
    for inside in ("ZeroDivision", "secret path", "/srv/bank", "Traceback", ".py"):
        assert inside not in text
    assert answer["X-Request-Id"] in text


def test_the_api_answers_json_in_the_same_shape(browser: Client) -> None:
    answer = browser.get("/api/broken/")
    assert answer.status_code == 500
    shape = answer.json()
    assert set(shape) == {"code", "detail", "remedy", "request_id"}
    assert shape["request_id"] == answer["X-Request-Id"]
    assert browser.get("/api/nothing/at/all").json()["code"] == "not_found"


def test_every_gallery_error_has_its_status(browser: Client) -> None:
    for status in (403, 404, 409, 422, 500, 503):
        assert browser.get(f"/look/error/{status}/").status_code == status


def test_a_request_id_that_a_proxy_gave_is_kept_and_a_malformed_one_is_not(browser: Client) -> None:
    assert browser.get("/look/", headers={"X-Request-Id": "req-3F0B-77AE"})["X-Request-Id"] == "req-3F0B-77AE"
    assert browser.get("/look/", headers={"X-Request-Id": "<script>alert"})["X-Request-Id"] != "<script>alert"


def test_log_lines_carry_the_request_id() -> None:
    record = logging.LogRecord("mrm", logging.INFO, "", 0, "text", (), None)
    seen: list[str] = []

    def view(request: HttpRequest) -> object:
        errors.RequestIdFilter().filter(record)
        seen.append(errors.request_id())
        return errors.answer(request, 404, "not_found", "Nothing.")

    answer = errors.Middleware(view)(ask())  # type: ignore[arg-type]
    assert record.__dict__["request_id"] == seen[0] == answer["X-Request-Id"]
    assert errors.request_id() == ""


def test_a_form_without_its_token_is_told_in_the_same_shape() -> None:
    strict = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    answer = strict.post("/sign-in/", {"username": "x"})
    assert answer.status_code == 403
    assert "<code>csrf</code>" in answer.content.decode()


def test_the_way_back_leads_only_to_our_own_pages() -> None:
    ours = page(NotFound(), Referer="http://localhost/models/")
    assert 'href="/models/"' in ours
    assert "evil" not in page(NotFound(), Referer="http://evil.example/models/")
    assert "localhost.evil" not in page(NotFound(), Referer="http://localhost.evil.example/")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (BadInput("invalid", "Row 41 has no target.", "Fill it."), 422, "invalid"),
        (exceptions.NotAuthenticated(), 401, "not_signed_in"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (exceptions.ValidationError({"name": ["Too long."]}), 400, "invalid"),
        (exceptions.Throttled(3), 429, "too_many"),
        (Http404(), 404, "not_found"),
    ],
)
def test_rest_views_answer_the_same_shape(error: Exception, status: int, code: str) -> None:
    answer = errors.rest_handler(error, {})
    assert (answer.status_code, answer.data["code"]) == (status, code)
    shape = json.loads(json.dumps(answer.data))
    assert shape.keys() == {"code", "detail", "remedy", "request_id"}
    assert shape["detail"].strip()
    assert shape["remedy"].endswith(".")


def test_what_rest_did_not_foresee_goes_on() -> None:
    assert errors.rest_handler(ZeroDivisionError(), {}) is None
