"""Dated policy: the pack, drafts and their approval, and what is in force when."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from mrm.access.guard import GuardViolation
from mrm.access.installation import group_scope
from mrm.access.models import Entry
from mrm.access.rules import GrantLevel, Role
from mrm.kernel.errors import BadInput, Denied, NotFound, RuleRefused
from mrm.policy import pack, queries, rules, verbs
from mrm.policy.installation import install_after_migrate
from mrm.policy.models import Policy
from mrm.policy.rules import Kind
from tests.mrm.policy.people import bank, other_bank, person

pytestmark = [pytest.mark.django_db, pytest.mark.services]
TODAY = datetime.now(UTC).date() + timedelta(days=1)  # a day that is not past in any zone


def body_of(kind: Kind, name: str = rules.STANDARD) -> Any:
    versions = [item for item in pack.shipped() if (item.kind, item.name) == (kind, name)]
    return copy.deepcopy(max(versions, key=lambda item: item.version).body)


def officers() -> tuple[Any, Any]:
    return (
        person("Rita Officer", Role.RISK_OFFICER, on=group_scope()),
        person("Rolf Officer", Role.RISK_OFFICER, on=group_scope()),
    )


def test_the_pack_is_there_after_migrate_as_one_act_of_the_migrator() -> None:
    assert {item.digest for item in pack.shipped()} == set(Policy.objects.values_list("digest", flat=True))
    assert all(policy.is_approved for policy in Policy.objects.all())
    entry = Entry.objects.get(act="policy.install")
    assert entry.person.name == "migrator"
    install_after_migrate()
    assert Entry.objects.filter(act="policy.install").count() == 1


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_is_shipped_and_follows_its_schema(kind: Kind) -> None:
    assert [item for item in pack.shipped() if item.kind == kind]
    for item in pack.shipped():
        rules.check(item.kind, item.body)


def test_the_gate_asks_from_february_on_for_a_repeated_run_and_features_served_as_known() -> None:
    first = {
        "safe_artefact", "signature", "dataset_lineage", "use_grant", "shap_evidence", "lime_evidence",
        "disparate_impact", "no_open_critical", "high_planned", "no_lapsed_condition", "approvals",
    }  # fmt: skip
    for day, asked in (
        (date(2026, 1, 31), first),
        (date(2026, 2, 1), first | {"run_reproduced", "feature_skew"}),
    ):
        body = queries.in_force(Kind.GATE, scope=None, on=day).body
        assert {item["key"] for gate in body["gates"] for item in gate["requirements"]} == asked


def test_regimes_named_by_the_scope_are_in_the_regimes() -> None:
    known = {regime["id"] for regime in body_of(Kind.REGIMES)["regimes"]}
    items = body_of(Kind.SCOPE_TEMPLATE, "pd")["items"]
    assert {ref["regime"] for item in items for ref in item["guidelines"]} <= known


@pytest.mark.parametrize(
    ("kind", "path", "value", "place"),
    [
        (Kind.RUBRIC, ("axes", "materiality", "questions", 0, "options", 0, "points"), "three", "points"),
        (Kind.TIERS, ("tiers", "1", "revalidation_months"), 0, "revalidation_months"),
        (Kind.GATE, ("gates", 0, "to"), "production", "gates/0/to"),
        (Kind.SIGNING, ("accepted",), [], "accepted"),
        (Kind.RUBRIC, ("tier_table", "low"), {"low": 3}, "tier table"),
        (Kind.RUBRIC, ("axes", "complexity", "bands", 0, "from"), 2, "start at 0"),
        (Kind.FINDINGS, ("rules", 0, "text"), "about {applicant}", "applicant"),
        (Kind.REGIMES, ("unknown",), 1, "unknown"),
    ],
)
def test_a_body_off_its_schema_is_refused_with_the_place(
    kind: Kind, path: tuple[Any, ...], value: Any, place: str
) -> None:
    body = body_of(kind)
    inner = body
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    author, _ = officers()
    with pytest.raises(BadInput, match=place) as refused:
        verbs.draft(author, kind=kind, body=body, valid_from=TODAY, why="try")
    assert refused.value.code == "policy_invalid"
    assert Policy.objects.filter(kind=kind).count() == len([i for i in pack.shipped() if i.kind == kind])


def test_a_draft_binds_nobody_until_another_officer_approves_it() -> None:
    author, second = officers()
    body = body_of(Kind.REASONS)
    body["max_reasons"] = 3
    draft = verbs.draft(author, kind=Kind.REASONS, body=body, valid_from=TODAY, why="three are clearer")
    assert draft.version == 2
    assert queries.in_force(Kind.REASONS, scope=None, on=TODAY).version == 1
    with pytest.raises(Denied, match="drafted this version"):
        verbs.approve(author, policy=draft)
    assert Entry.objects.filter(act="policy.approve", outcome="denied").count() == 1
    verbs.approve(second, policy=draft, note="agreed")
    assert queries.in_force(Kind.REASONS, scope=None, on=TODAY) == draft
    assert queries.in_force(Kind.REASONS, scope=None, on=TODAY - timedelta(days=5)).version == 1
    assert queries.by_digest(draft.digest).body["max_reasons"] == 3
    with pytest.raises(RuleRefused, match="approved already"):
        verbs.approve(second, policy=draft)


def test_only_risk_officers_with_a_grant_draft() -> None:
    body = body_of(Kind.REASONS)
    arguments = {"kind": Kind.REASONS, "body": body, "valid_from": TODAY, "why": "mine"}
    with pytest.raises(Denied):
        verbs.draft(person("Olga Owner", Role.MODEL_OWNER, on=group_scope()), **arguments)
    with pytest.raises(NotFound):
        verbs.draft(person("Stranger", Role.RISK_OFFICER), **arguments)
    with pytest.raises(Denied, match="not granted to act"):
        verbs.draft(person("Reader", Role.RISK_OFFICER, on=group_scope(), level=GrantLevel.READ), **arguments)


def test_an_entitys_own_policy_goes_before_the_groups_and_binds_no_other() -> None:
    author, second = officers()
    entity, other = bank(), other_bank()
    body = body_of(Kind.REASONS)
    body["max_reasons"] = 2
    own = verbs.draft(author, kind=Kind.REASONS, entity=entity, body=body, valid_from=TODAY, why="local rule")
    verbs.approve(second, policy=own)
    assert own.version == 1
    assert queries.in_force(Kind.REASONS, scope=entity, on=TODAY) == own
    assert queries.in_force(Kind.REASONS, scope=entity.scope, on=TODAY) == own
    assert queries.in_force(Kind.REASONS, scope=other, on=TODAY).entity is None
    assert queries.in_force(Kind.REASONS, scope=None, on=TODAY).entity is None
    stranger = person("Else Where", Role.MODEL_OWNER, on=other.scope)
    assert own not in queries.readable(stranger)
    assert own in queries.readable(person("In Side", Role.MODEL_OWNER, on=entity.scope))


def test_nothing_begins_in_the_past_and_nothing_is_said_where_there_is_no_policy() -> None:
    author, _ = officers()
    body = body_of(Kind.REASONS)
    with pytest.raises(RuleRefused, match="past"):
        verbs.draft(author, kind=Kind.REASONS, body=body, valid_from=TODAY - timedelta(days=30), why="late")
    with pytest.raises(RuleRefused, match="No policy") as missing:
        queries.in_force(Kind.SCOPE_TEMPLATE, name="lgd", scope=None, on=TODAY)
    assert missing.value.code == "policy_missing"
    with pytest.raises(RuleRefused):
        queries.in_force(Kind.REASONS, scope=None, on=date(2020, 1, 1))


def test_a_policy_that_stands_cannot_be_changed() -> None:
    standing = Policy.objects.first()
    assert standing is not None
    with pytest.raises(GuardViolation):
        Policy.objects.filter(pk=standing.pk).update(version=9)


def test_the_pack_speaks_of_tests_and_limits_that_the_battery_knows() -> None:
    from validation import battery

    known = {spec.id: spec for spec in battery.catalogue()}
    items = body_of(Kind.SCOPE_TEMPLATE, "pd")["items"]
    thresholds = body_of(Kind.THRESHOLDS)["tests"]
    used = {test["id"] for item in items for test in item["tests"]}
    used |= {rule["test"] for rule in body_of(Kind.FINDINGS)["rules"]}
    used |= {
        test
        for gate in body_of(Kind.GATE)["gates"]
        for item in gate["requirements"]
        for test in item["evidence"]
    }
    assert used | set(thresholds) <= set(known)
    assert used <= set(thresholds), "every test that is used has its limits, or says why none"
    for name, facts in thresholds.items():
        assert set(facts["limits"]) <= set(known[name].default_thresholds), name
        assert set(facts.get("parameters", {})) <= set(known[name].parameters), name
