"""Parts, forms and menu."""

import re

import pytest
from django.http import HttpRequest
from django.template import Context, Template
from django.test import Client, RequestFactory

from mrm.kernel.ports import Port
from mrm.web import menu
from mrm.web.gallery import Sample

INLINE = re.compile(r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:", re.IGNORECASE)


def draw(source: str, **context: object) -> str:
    return Template("{% load kit %}" + source).render(Context(context))


@pytest.mark.django_db
@pytest.mark.urls("tests.mrm.web.urls")
def test_the_gallery_draws_every_part_and_obeys_the_policy() -> None:
    answer = Client(headers={"host": "localhost"}).get("/look/")
    assert answer.status_code == 200
    text = answer.content.decode()
    assert not INLINE.search(text)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    for part in (
        "facts",
        "notice warn",
        "reqs",
        "signature grey",
        "todo",
        "figures",
        "job",
        "scope",
        "paper",
        "verdict",
    ):
        assert f'class="{part}' in text or f" {part}" in text
    assert text.count('class="chart"') == 12


def test_values_are_escaped_wherever_they_stand() -> None:
    evil = "<script>x</script>"
    for source in (
        "{% chip evil %}",
        "{% id evil %}",
        "{% digest evil %}",
        "{% notice 'warn' %}{{ evil }}{% endnotice %}",
        "{% section evil %}{{ evil }}{% endsection %}",
        "{% empty evil evil evil evil %}",
        "{% crumbs pairs evil %}",
    ):
        assert "<script" not in draw(source, evil=evil, pairs=[(evil, evil)]), source


def test_a_digest_is_short_in_a_row_and_whole_where_one_signs() -> None:
    value = "cac4ffcd304f7b87f406df4e4dee42c53711453be7fadbdf86e89313766d45b8"
    row, signed = draw("{% digest v %}", v=value), draw("{% digest v full=True %}", v=value)
    assert ">cac4ffcd…45b8<" in row
    assert f'data-copy="{value}"' in row
    assert f">{value}<" in signed


def test_an_error_hangs_on_its_field() -> None:
    form = Sample({"purpose": "", "due": "2027-02-31"})
    field = draw("{% field form.due %}", form=form)
    assert 'aria-invalid="true"' in field
    told = re.search(r'aria-describedby="([^"]+)"', field)
    assert told
    assert f'id="{told.group(1)}"' in field
    both = draw("{% field form.purpose %}", form=form)
    assert 'aria-describedby="id_purpose_help id_purpose_error"' in both


def test_a_form_keeps_its_key_when_it_comes_back() -> None:
    first = Sample()
    again = Sample({"idempotency_key": first.key})
    assert first.key == again.key != Sample().key
    assert f'value="{first.key}"' in draw("{% fields form %}", form=first)
    again.is_valid()
    assert "idempotency_key" not in again.facts()


def test_a_running_job_asks_for_itself_and_a_finished_one_does_not() -> None:
    running = {
        "title": "SHAP",
        "state": "running",
        "done": 3,
        "total": 9,
        "poll": "/jobs/1/",
        "finished": False,
    }
    assert 'hx-trigger="every 1s"' in draw("{% job item %}", item=running)
    assert "3 of 9" in draw("{% job item %}", item=running)
    assert "hx-get" not in draw("{% job item %}", item=running | {"finished": True})


def test_the_menu_shows_each_reader_what_is_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    port: Port[menu.Item] = Port("web.menu.tried")
    monkeypatch.setattr(menu, "port", port)
    menu.item("look", "House", "Parts", "sign-in", order=2, count=lambda _: 3)
    menu.item("first", "House", "First", "sign-in", order=1)
    menu.item("hidden", "Oversight", "Hidden", "sign-in", visible=lambda _: False)
    with pytest.raises(ValueError, match="menu section"):
        menu.item("lost", "Attic", "Lost", "sign-in")
    request: HttpRequest = RequestFactory().get("/")
    (house,) = menu.menu(request)
    assert house["name"] == "House"
    assert [(item["key"], item["count"]) for item in house["items"]] == [("first", None), ("look", 3)]
