"""Versions that come without data, as clients register them: admitted by what they are, lineage stated later."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils import timezone

from mrm import vault
from mrm.access.actors import Actor
from mrm.access.acts import Act, Verb
from mrm.access.policy_table import POLICIES, Policy
from mrm.access.vocabulary import ROLES
from mrm.kernel.errors import BadInput, Denied, RuleRefused
from registry.inventory.models import Model
from registry.versions import effects, gates, queries, verbs
from registry.versions.models import Version
from registry.versions.rules import Admission, Format, Stage
from tests.registry.making import frame, rows, scorecard, upload, work
from tests.registry.versions import fitted
from tests.registry.versions.conftest import Shop

pytestmark = pytest.mark.django_db
UPPER = "test.door"
SIGNATURE = {
    "inputs": [
        {"name": name, "type": "code" if name == "region" else "number"} for name in ("debt", "age", "region")
    ],
    "outputs": ["p"],
}


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A door of a room above: registers by the effect, without lineage."""
    monkeypatch.setitem(ROLES, UPPER, frozenset({"model_developer"}))
    monkeypatch.setitem(POLICIES, UPPER, Policy(UPPER, lambda arguments: arguments["model"]))

    def body(act: Act, *, model: Model, format: Format | None, data: bytes, **rest: Any) -> Version:  # noqa: A002
        kept = vault.put(data) if data else ""
        return effects.register(
            act, model=model, format=format, artefact=kept, artefact_name="model", artefact_size=len(data),
            registered_by=act.person, origin="mlflow", run_reference="0f" * 16, **rest,
        )  # fmt: skip

    verb = Verb(UPPER, body)

    def register(actor: Actor, model: Model, kind: Format | None, data: bytes, **rest: Any) -> Version:
        made = verb(actor, model=model, format=kind, data=data, **rest)
        work(made.job)
        found: Version = Version.objects.with_facts().get(pk=made.pk)
        return found

    return register


def requirement(version: Version, key: str) -> str:
    return {item.key: item.state for item in gates.requirements(version, now=timezone.now())}[key]


@pytest.mark.slow
def test_a_candidate_takes_versions_from_clients_and_the_gate_says_what_they_lack(
    shop: Shop, door: Any
) -> None:
    model = shop.line.candidate("A client's model")
    version = door(shop.developer, model, Format.SCORECARD, scorecard())
    assert (version.number, version.stage, version.origin) == (1, Stage.DEV, "mlflow")
    assert version.admission == Admission.ADMITTED, version.found.detail
    assert version.found.features == ["debt", "age", "region"]
    assert version.found.report["rows"] == 0
    assert version.found.path == "one_row"
    assert version.snapshots == []
    assert version.test_data is None
    assert requirement(version, "safe_artefact") == requirement(version, "signature") == "met"
    assert requirement(version, "dataset_lineage") == "unmet"


@pytest.mark.slow
def test_stated_lineage_answers_and_the_version_is_inspected_on_its_rows(shop: Shop, door: Any) -> None:
    version = door(shop.developer, shop.model, Format.SCORECARD, scorecard(), signature=SIGNATURE)
    verbs.state_lineage(shop.developer, version=version, training_snapshot=shop.snapshot)
    verbs.state_lineage(shop.developer, version=version, test_snapshot=shop.snapshot, reason="The same file.")
    for stated in version.lineages.all():
        work(stated.job)
    version = Version.objects.with_facts().get(pk=version.pk)
    assert version.training_snapshot == version.test_snapshot == version.test_data == shop.snapshot
    assert version.snapshots == [shop.snapshot]
    assert version.found.number == 3
    assert version.found.report["rows"] == 240
    assert requirement(version, "dataset_lineage") == "met"
    (named,) = queries.that_use(shop.developer, shop.snapshot)
    assert named.url == version.get_absolute_url()


def test_what_is_named_once_stays(shop: Shop) -> None:
    version = shop.version()
    for facts, code in (({}, "lineage_missing"), ({"training_snapshot": shop.snapshot}, "lineage_named")):
        with pytest.raises((BadInput, RuleRefused)) as refused:
            verbs.state_lineage(shop.developer, version=version, **facts)
        assert refused.value.code == code
    with pytest.raises(Denied):
        verbs.state_lineage(shop.line.officer, version=version, scored_snapshot=shop.snapshot)
    assert not version.lineages.exists()


@pytest.mark.slow
def test_lineage_that_does_not_fit_refuses_the_version(shop: Shop, door: Any) -> None:
    card = json.loads(scorecard())
    card["variables"][0]["name"] = "wealth"
    version = door(shop.developer, shop.model, Format.SCORECARD, json.dumps(card).encode())
    assert version.admission == Admission.ADMITTED
    verbs.state_lineage(shop.developer, version=version, training_snapshot=shop.snapshot)
    work(version.lineages.get().job)
    version = Version.objects.with_facts().get(pk=version.pk)
    assert version.admission == Admission.REFUSED
    assert version.found.code == "model_columns_missing"
    assert not Version.objects.admitted().exists()


@pytest.mark.slow
def test_an_input_example_is_kept_and_tried(shop: Shop, door: Any) -> None:
    example = frame()[fitted.INPUTS].head(3).to_dict("records")
    version = door(shop.developer, shop.model, Format.SCORECARD, scorecard(), input_example=example)
    assert json.loads(vault.get(version.input_example))[0]["region"] == example[0]["region"]
    assert version.found.report["rows"] == 3
    odd = door(shop.developer, shop.model, Format.SCORECARD, scorecard(), input_example=[{"age": 3}])
    assert odd.found.code == "model_columns_missing"
    with pytest.raises(BadInput) as refused:
        shop.register(input_example=[{"age": 3}] * 101)
    assert refused.value.code == "example_too_long"


def test_an_artefact_held_elsewhere_is_not_admitted(shop: Shop, door: Any) -> None:
    version = door(shop.developer, shop.model, None, b"")
    assert version.found.code == "artefact_not_held"
    assert requirement(version, "safe_artefact") == "unmet"


def test_a_snapshot_that_is_not_released_is_no_lineage(shop: Shop, door: Any) -> None:
    version = door(shop.developer, shop.model, Format.SCORECARD, scorecard())
    fresh = upload(shop.developer, shop.dataset, rows(seed=9))
    with pytest.raises(RuleRefused) as refused:
        verbs.state_lineage(shop.developer, version=version, training_snapshot=fresh)
    assert refused.value.code == "snapshot_not_released"
