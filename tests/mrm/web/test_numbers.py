"""Numbers, dates and words as pages print them."""

import math
from datetime import UTC, date, datetime

import pytest
from django.template import Context, Template
from django.utils import timezone

from mrm.kernel import numbers
from mrm.web import words
from mrm.web.marks import mark

CASES = [
    ("stat", 0.8194, ".819"),
    ("stat", -0.0213, "−.021"),
    ("stat", 1.0861, "1.086"),
    ("stat", -0.0001, ".000"),
    ("stat", None, "not defined"),
    ("stat", math.nan, "not defined"),
    ("share", 0.714, "71\N{NO-BREAK SPACE}%"),
    ("share", math.inf, "not defined"),
    ("plain", 1234.5, "1,234.5"),
    ("plain", -48608, "−48,608"),
    ("plain", True, "not defined"),
    ("p_value", 0.00099, ".0010"),
    ("p_value", 0.297, ".297"),
    ("p_value", 0.0000012, "<.0001"),
    ("size", 12_345, "12\N{NO-BREAK SPACE}kB"),
    ("size", 4_200_000, "4.2\N{NO-BREAK SPACE}MB"),
]


@pytest.mark.parametrize(("word", "value", "printed"), CASES)
def test_numbers_are_printed_as_the_look_says(word: str, value: object, printed: str) -> None:
    assert getattr(numbers, word)(value) == printed


def test_interval() -> None:
    assert numbers.interval(0.561, 0.9) == ".561 to .900"
    assert numbers.interval(0.5, None) == "not defined"


def test_a_time_names_its_zone_and_a_day_is_the_readers() -> None:
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    with timezone.override("Europe/Berlin"):
        assert words.moment(late) == "24 Nov 2026, 00:30 CET"
        assert words.day(late) == "24 Nov 2026"
    assert words.day(date(2026, 11, 3)) == "3 Nov 2026"
    assert words.day("2026-11-03") == "3 Nov 2026"
    assert words.day("2026-11-03T23:30:00Z").endswith("Nov 2026")
    assert words.day(None) == "none"
    with pytest.raises(ValueError, match="without zone"):
        words.moment(datetime(2026, 11, 23, 9, 4))  # noqa: DTZ001


def test_filters_in_a_template() -> None:
    page = Template('{% load kit %}{{ a|stat:4 }} {{ b|share:1 }} {{ c|dash:"not set" }} {{ d|word }}')
    found = page.render(Context({"a": 0.15651, "b": 0.0258, "c": None, "d": "in_use"}))
    assert found == ".1565 2.6\N{NO-BREAK SPACE}% not set in use"


def test_a_state_without_mark_is_its_word() -> None:
    assert mark("half_done") == ("", "", "half done")
    assert mark("critical").tone == "grave"
