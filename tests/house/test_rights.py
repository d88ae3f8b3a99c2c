"""Every act is open to whom the matrix says, denied to others who see its object, and absent for the rest."""

from __future__ import annotations

import json

import pytest
from django.http import HttpResponse
from django.urls import reverse

from mrm.access.models import Entry
from tests.house.doors import MEMBERS
from tests.house.rights import RIGHTS, Right
from tests.house.routes import ACTS
from tests.house.sent import sent
from tests.house.story import Story
from tests.house.watch import undone

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_every_act_has_a_line() -> None:
    assert list(RIGHTS) == ACTS, "one line per act in tests/house/rights.py, sorted"


@pytest.mark.parametrize("act", ACTS)
def test_an_act_is_for_whom_the_matrix_says(act: str, story: Story) -> None:
    facts = json.dumps({name: sent(value) for name, value in story.watch.seen[act].facts.items()})
    found = {}
    for who in MEMBERS:
        with undone():
            denied = Entry.objects.filter(act=act, outcome="denied")
            before = denied.count()
            answer = story.clients[who].post(
                reverse(f"act-{act}"), facts, "application/json", headers={"Idempotency-Key": "again"}
            )
            found[who] = verdict(answer)  # type: ignore[arg-type]
            left = denied.count() - before
            # an object that is absent for them was asked for by its key (nothing to write down) or in the act (one entry)
            assert left in {403: {1}, 404: {0, 1}}.get(answer.status_code, {0}), f"{who}: entries of a denial"
    said = {end: " ".join(who for who in MEMBERS if found[who] == end) for end in ("may", "denied", "absent")}
    assert found == expected(RIGHTS[act]), f"the house says: {said}"


def verdict(answer: HttpResponse) -> str:
    """What an answer says of the right: a rule's refusal comes after the right was found."""
    said = json.loads(answer.content)
    if answer.status_code == 404 and said["code"] != "not_found":
        return "may"  # they were let in, and a rule found that the name is gone by now
    if answer.status_code in {403, 404}:
        assert said["code"] == {403: "denied", 404: "not_found"}[answer.status_code]
        return {403: "denied", 404: "absent"}[answer.status_code]
    assert answer.status_code in {201, 409, 422}, said
    assert said.get("code") != "bad_parameter", said
    return "may"


def expected(right: Right) -> dict[str, str]:
    """The verdict for every relation."""
    others = {who: "absent" if who in right.absent else "denied" for who in MEMBERS}
    return {**others, **dict.fromkeys(sorted(right.may), "may")}
