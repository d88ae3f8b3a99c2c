"""Evidence is its content: the same computation is the same id, and nothing about who or when is in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from mrm import vault
from mrm.access.models import Revision, Scope
from mrm.access.rules import Role
from mrm.evidence import content, queries, verbs
from mrm.evidence.models import Evidence, EvidenceRun
from mrm.evidence.reproduce import Diverged, compare, kinds
from mrm.evidence.rules import EvidenceKind, Verdict, kind_of, shortest
from mrm.kernel.canonical import sha256
from mrm.kernel.errors import BadInput, Denied, NotFound, RuleRefused
from tests.mrm.policy.people import person

Record = Callable[..., Evidence]


def test_the_id_is_the_digest_of_the_bytes_in_the_vault(scope: Scope, record: Record) -> None:
    evidence = record(scope)
    data = vault.get(evidence.result_digest)
    assert sha256(data) == evidence.result_digest == evidence.content
    assert content.decode(data)["results"]["statistic"] == 0.779312059677
    assert evidence.short == "ev:" + sha256(data)[:10]
    assert evidence.headline == {"statistic": 0.779312059677, "ci": [0.73, 0.82]}


def test_the_same_computation_is_the_same_evidence_with_one_more_run(scope: Scope, record: Record) -> None:
    first, again = record(scope), record(scope)
    assert first.pk == again.pk
    assert Evidence.objects.count() == 1
    verdicts = list(EvidenceRun.objects.order_by("ran_at").values_list("verdict", flat=True))
    assert verdicts == [Verdict.RECORDED, Verdict.IDENTICAL]
    digests = set(EvidenceRun.objects.values_list("record_digest", flat=True))
    assert len(digests) == 2, "a run has its own digest: environment, time and actor are in it"


@pytest.mark.parametrize(
    "change",
    [
        {"inputs": {"data": sha256(b"other")}},
        {"parameters": {"event": "1"}},
        {"method": {"id": "disc.auc", "version": 2}},
        {"seed": 7},
        {"results": {"defined": True, "statistic": 0.779312059678}},
    ],
)
def test_what_must_repeat_is_in_the_id(scope: Scope, record: Record, change: dict[str, Any]) -> None:
    assert record(scope).result_digest != record(scope, **change).result_digest


def test_title_and_light_and_scope_are_not_in_the_id(scope: Scope, elsewhere: Scope, record: Record) -> None:
    first = record(scope)
    assert record(elsewhere, title="Another", light="red").result_digest == first.result_digest
    assert Evidence.objects.count() == 2


def test_no_time_and_no_person_is_in_the_content(scope: Scope, record: Record) -> None:
    evidence = record(scope)
    text = vault.get(evidence.result_digest).decode()
    assert str(evidence.recorded_at.year) not in text
    assert "worker" not in text
    assert str(scope.pk) not in text


def test_incomplete_evidence_is_refused_and_nothing_is_written(scope: Scope, record: Record) -> None:
    before = Revision.objects.count()
    with pytest.raises(BadInput, match="without inputs"):
        record(scope, inputs={})
    assert Revision.objects.count() == before


def test_nan_is_never_evidence(scope: Scope, record: Record) -> None:
    with pytest.raises(ValueError, match="not defined"):
        record(scope, results={"defined": True, "statistic": float("nan")})


def test_ids_are_as_long_as_they_must_be() -> None:
    one, other = "ab" * 32, "ab" * 5 + "ac" + "ab" * 26
    assert shortest(one, [one]) == "ev:" + "ab" * 5
    assert shortest(one, [one, other]) == "ev:" + one[:12]
    assert queries.digits("EV:" + one[:10].upper()) == one[:10]
    assert queries.digits("ev:abc") is None


def test_evidence_is_found_by_id_among_what_may_be_seen(
    scope: Scope, elsewhere: Scope, record: Record
) -> None:
    evidence = record(elsewhere)
    stranger = person("Sam Stranger", Role.VALIDATOR, on=scope)
    with pytest.raises(NotFound):
        queries.by_id(stranger, evidence.short)
    reader = person("Rae Reader", Role.VALIDATOR, on=elsewhere)
    assert queries.by_id(reader, evidence.short) == evidence
    assert queries.short_ids(reader, [evidence.result_digest]) == {evidence.result_digest: evidence.short}


def test_citing_refuses_what_is_unknown_or_void(scope: Scope, record: Record) -> None:
    evidence = record(scope)
    assert queries.cited_in(scope, [evidence.short, evidence.result_digest]) == [evidence]
    with pytest.raises(BadInput, match="no evidence of this model"):
        queries.cited_in(scope, ["ev:0123456789"])
    officer = person("Ria Officer", Role.RISK_OFFICER, on=scope)
    verbs.void(officer, evidence=evidence, reason="The sample was the wrong one.")
    with pytest.raises(BadInput, match="void"):
        queries.cited_in(scope, [evidence.short])
    with pytest.raises(RuleRefused, match="void already"):
        verbs.void(officer, evidence=evidence, reason="Again.")
    assert not queries.visible(officer).standing().exists()


def test_only_a_risk_officer_voids_and_says_why(scope: Scope, record: Record) -> None:
    evidence = record(scope)
    validator = person("Val Validator", Role.VALIDATOR, on=scope)
    with pytest.raises(Denied):
        verbs.void(validator, evidence=evidence, reason="I do not like it.")
    officer = person("Ria Officer", Role.RISK_OFFICER, on=scope)
    with pytest.raises(BadInput, match="without a reason"):
        verbs.void(officer, evidence=evidence, reason=" ")


@pytest.fixture
def recomputed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Mapping[str, Any]], Any]], None]:
    """Lets a function compute evidence of the kind `test` again."""

    def use(function: Callable[[Mapping[str, Any]], Any]) -> None:
        monkeypatch.setitem(kinds._providers, "test", function)

    return use


def test_reproduction_names_the_first_step_that_diverges(
    scope: Scope, record: Record, recomputed: Callable[..., None]
) -> None:
    evidence = record(scope)
    recomputed(lambda before: before)
    assert str(compare(evidence)) == "identical"
    recomputed(lambda before: {**before, "results": {**before["results"], "statistic": 0.5}})
    assert str(compare(evidence)).startswith("diverged at the results: statistic: 0.779")
    recomputed(
        lambda before: {**before, "parameters": {"event": "1"}, "results": {**before["results"], "x": 1}}
    )
    assert compare(evidence).step == "parameters"

    def tampered(before: Mapping[str, Any]) -> Mapping[str, Any]:
        raise Diverged("data", "the snapshot's bytes no longer give their digest")

    recomputed(tampered)
    assert str(compare(evidence)).startswith("diverged at data: the snapshot's bytes")


def test_a_changed_byte_of_the_record_is_named(
    scope: Scope, record: Record, recomputed: Callable[..., None]
) -> None:
    evidence = record(scope, parameters={"event": "tampered"})
    recomputed(lambda before: before)
    digest = evidence.result_digest
    [path] = [item for item in (Path(settings.MRM_HOME) / "vault").rglob(f"*{digest[4:]}*") if item.is_file()]
    data = bytearray(path.read_bytes())
    data[-2] ^= 1
    path.chmod(0o644)
    path.write_bytes(bytes(data))
    found = compare(evidence)
    assert (found.verdict, found.step) == (Verdict.DIVERGED, "record")


def test_the_command_wants_something_to_reproduce(db: None) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("reproduce")
    assert refused.value.returncode == 2
    with pytest.raises(CommandError, match="no such evidence"):
        call_command("reproduce", "ev:0123456789")


def test_differences_are_said_by_place() -> None:
    before = {"rows": [{"p": 0.1}, {"p": 0.2}], "n": 3}
    assert content.first_difference(before, {"rows": [{"p": 0.1}, {"p": 0.3}], "n": 3}) == (
        "rows[1].p: 0.2 before, 0.3 now"
    )
    assert content.first_difference(before, {"rows": [{"p": 0.1}], "n": 3}) == "rows: 2 entries before, 1 now"
    assert content.first_difference(before, {"rows": before["rows"]}) == "n: absent now"
    assert content.first_difference({"a": 1}, {"a": 1.0}) is None


def test_kinds_follow_the_battery() -> None:
    assert kind_of("fair.air") == EvidenceKind.FAIRNESS
    assert kind_of("explain.lime") == EvidenceKind.EXPLANATION
    assert kind_of("pd.brier") == EvidenceKind.TEST
