"""Every act: named once, held by somebody, judged by a policy, said in a sentence, and open to the doors."""

from __future__ import annotations

import inspect
import types
from typing import Any, Union, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from mrm.access.acts import VERBS, Act
from mrm.access.intake import parameters
from mrm.access.openapi import offered, request_schema
from mrm.access.policy_table import POLICIES
from mrm.access.rules import Robot, Role
from mrm.access.vocabulary import ROLES

ACTS = sorted(VERBS)


def test_every_act_has_its_roles_its_policy_and_its_verb() -> None:
    assert set(VERBS) - set(ROLES) == set(), "add the act to mrm/access/vocabulary.py"
    assert set(VERBS) - set(POLICIES) == set(), "say in the room's policies.py how the act is judged"
    assert set(POLICIES) - set(VERBS) == set(), "a policy without a verb"
    assert set(ROLES) - set(VERBS) == set(), "an act of the vocabulary that nobody can do"


def test_roles_are_those_of_the_house() -> None:
    known = set(Role.values) | set(Robot.values)
    assert {role for roles in ROLES.values() for role in roles} <= known
    assert not [act for act, roles in ROLES.items() if not roles], "an act that nobody may do"


def test_auditors_and_regulators_change_nothing_on_a_model() -> None:
    reading = {
        "account.change_password",
        "token.issue",
        "token.revoke",
        "evidence.reproduce",
        "pack.export",
    }
    for role in (Role.AUDITOR, Role.REGULATOR):
        assert {act for act, roles in ROLES.items() if role in roles} <= reading


def test_an_administrator_does_no_business() -> None:
    held = {act.partition(".")[0] for act, roles in ROLES.items() if Role.ADMINISTRATOR in roles}
    assert held <= {"entity", "person", "account", "role", "grant", "token", "job"}


@pytest.mark.parametrize("name", ACTS)
def test_an_act_is_named_and_said(name: str) -> None:
    thing, _, does = name.partition(".")
    assert thing.isidentifier()
    assert does.isidentifier()
    assert name == name.lower()
    first = (inspect.getdoc(VERBS[name].body) or "").partition("\n")[0]
    assert first[:1].isupper(), "the first line says in a sentence what the act does"
    assert first.endswith((".", ")"))


@pytest.mark.parametrize("name", ACTS)
def test_the_facts_of_an_act_are_named_and_typed(name: str) -> None:
    act, *facts = inspect.signature(VERBS[name].body).parameters.values()
    hints = get_type_hints(VERBS[name].body)
    assert hints[act.name] is Act
    assert all(fact.kind is inspect.Parameter.KEYWORD_ONLY for fact in facts)
    assert {fact.name for fact in facts} <= set(hints)


@pytest.mark.parametrize("name", [name for name in ACTS if offered(VERBS[name])])
def test_doors_can_take_the_facts_of_an_act(name: str) -> None:
    request_schema(VERBS[name])  # raises for a type that no door knows
    for fact in parameters(VERBS[name]):
        for kind in parts(fact.kind):
            if get_origin(kind) in {Union, types.UnionType}:
                given = [item for item in get_args(kind) if item is not type(None)]
                assert len(given) == 1, f"{fact.name}: doors would take {given[0]} and never {given[1:]}"


def parts(kind: Any) -> list[Any]:
    """A type and all it is made of."""
    inner = list(get_type_hints(kind).values()) if is_typeddict(kind) else list(get_args(kind))
    return [kind, *(part for item in inner if not isinstance(item, str | int) for part in parts(item))]
