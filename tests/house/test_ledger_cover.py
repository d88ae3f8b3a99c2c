"""Every act, in every way it can end, leaves in the ledger exactly what it should."""

from __future__ import annotations

import pytest

from mrm.access.acts import VERBS
from mrm.access.openapi import offered
from tests.house.story import Story
from tests.house.watch import Seen

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def seen(story: Story, name: str) -> Seen:
    """How the act ended; a chapter that broke is shown with the acts it did not reach."""
    if name not in story.watch.seen:
        pytest.fail(
            "\n".join([f"no chapter of tests/house/story.py does {name}", *story.broken.values()]),
            pytrace=False,
        )
    return story.watch.seen[name]


def test_the_story_is_told_to_its_end(story: Story) -> None:
    assert story.broken == {}, "\n".join(story.broken.values())


@pytest.mark.parametrize("name", sorted(VERBS))
def test_an_act_leaves_one_entry(name: str, seen: Seen) -> None:
    assert seen.done is not None
    assert seen.done.entries == [(name, "done")]
    assert seen.done.leaves == 1
    assert seen.done.loose == 0


@pytest.mark.parametrize("name", sorted(VERBS))
def test_who_has_no_right_leaves_one_denial(name: str, seen: Seen) -> None:
    assert seen.denied.how == "denied"
    assert seen.denied.entries == [(name, "denied")]
    assert seen.denied.leaves == 1


@pytest.mark.parametrize("name", sorted(VERBS))
def test_what_a_rule_refuses_leaves_nothing(name: str, seen: Seen) -> None:
    for end in filter(None, (seen.again, seen.wordless)):
        once = end.how.startswith("broken: IntegrityError") and not offered(VERBS[name])
        assert once or not end.how.startswith("broken"), (
            "an error of ours instead of a sentence with a remedy"
        )
        if once or end.how.startswith("refused"):  # what robots do once is kept single by the database itself
            assert (end.entries, end.leaves) == ([], 0)
        else:
            assert end.entries == [(name, end.how)]
