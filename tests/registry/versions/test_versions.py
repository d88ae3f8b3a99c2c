"""Registering, inspecting, admitting: gapless numbers, refusals with a remedy, and nothing half-written."""

from __future__ import annotations

import io
import json
import pickle
import zipfile

import pytest

from mrm.access.actors import actor_of, robot
from mrm.access.acts import can
from mrm.access.models import Entry, User
from mrm.access.rules import Robot, Role
from mrm.access.verbs import give_role
from mrm.jobs.models import Job
from mrm.kernel.errors import BadInput, Denied, NotFound, RuleRefused
from registry.data import verbs as data
from registry.inventory.verbs import override_tier
from registry.versions import jobs, sandbox, scoring, verbs
from registry.versions.models import Version
from registry.versions.rules import Admission, Stage
from registry.versions.sandbox import Limits
from tests.mrm.policy.people import person
from tests.registry.making import ROLES, frame, rows, scorecard, upload
from tests.registry.versions import fitted
from tests.registry.versions.conftest import Shop

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _every_artefact_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here the process itself is under test."""
    monkeypatch.setattr(jobs, "ask", sandbox.ask)
    monkeypatch.setattr(scoring, "ask", sandbox.ask)


def test_a_scorecard_is_admitted_with_signature_structure_and_stage(shop: Shop) -> None:
    version = shop.version()
    assert version.admission == Admission.ADMITTED, version.found.detail
    assert version.stage == Stage.DEV
    assert version.found.features == ["debt", "age", "region"]
    assert version.found.signature["outputs"] == ["p", "score", "grade"]
    assert (version.found.structure, version.found.path) == ("points", "fast")
    assert version.found.report["unequal"] == {}
    assert Job.objects.get(pk=version.job).state == "succeeded"


@pytest.mark.parametrize(
    ("kind", "structure", "path"),
    [
        ("skops", "linear", None),
        ("lightgbm-txt", "trees", "fast"),
    ],
)
def test_fitted_models_are_admitted(shop: Shop, kind: str, structure: str, path: str | None) -> None:
    artefact = fitted.logistic() if kind == "skops" else fitted.booster()
    version = shop.version(artefact, kind)
    assert version.admission == Admission.ADMITTED, version.found.detail
    assert version.found.structure == structure
    assert path in {None, version.found.path}
    scored = scoring.score(version)
    assert scored.roles["p"] == "p"
    assert scored.inputs["artefact"] == version.artefact
    alone = scoring.model(version).one_by_one(scoring.model(version).prepare(scored.frame.iloc[:40]))
    assert (scored.frame["p"].iloc[:40].to_numpy() == alone).all()


def test_numbers_run_without_gaps_also_over_refused_ones(shop: Shop) -> None:
    with pytest.raises(BadInput):
        shop.register(pickle.dumps({"a": 1}), "skops")
    numbers = [shop.register().number for _ in range(3)]
    assert numbers == [1, 2, 3]


def zipped(name: str, content: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr(name, content)
    return sink.getvalue()


@pytest.mark.parametrize(
    "artefact",
    [
        pickle.dumps({"weights": [1, 2, 3]}),
        pickle.dumps({"weights": [1, 2, 3]}, protocol=0),
        zipped("model.pkl", pickle.dumps([1])),
        zipped("data.bin", pickle.dumps([1])),
        b"\x1f\x8b\x08\x00 anything that is gzip",
        b"\x78\x9c anything that is zlib",
    ],
)
def test_a_pickle_is_refused_at_the_door_whatever_it_is_called(shop: Shop, artefact: bytes) -> None:
    before = Entry.objects.count()
    with pytest.raises(BadInput) as refused:
        shop.register(artefact, "skops")
    assert refused.value.code == "pickle_refused"
    assert "skops.io.dump" in refused.value.remedy
    assert not Version.objects.exists()
    assert Entry.objects.count() == before


@pytest.mark.parametrize(
    ("kind", "artefact", "code"),
    [
        ("skops", b"not a zip", "artefact_unreadable"),
        ("skops", zipped("schema.json", b"{}"), "artefact_unreadable"),
        ("lightgbm-txt", b"not a model", "artefact_unreadable"),
        ("scorecard-json", b"{", "artefact_unreadable"),
        ("scorecard-json", b"{}", "scorecard_wrong"),
        ("scorecard-json", scorecard(offset="high"), "scorecard_wrong"),
        ("scorecard-json", scorecard(grades={"edges": [5, 4], "names": ["a", "b", "c"]}), "scorecard_wrong"),
    ],
)
def test_what_is_no_such_file_is_refused_by_the_inspection(
    shop: Shop, kind: str, artefact: bytes, code: str
) -> None:
    version = shop.version(artefact, kind)
    assert version.admission == Admission.REFUSED
    assert version.found.code == code
    assert version.found.detail
    assert version.found.remedy
    with pytest.raises(RuleRefused) as refused:
        scoring.score(version)
    assert refused.value.code == "version_not_admitted"


def test_a_type_that_is_not_on_our_list_is_refused_by_name(shop: Shop) -> None:
    version = shop.version(fitted.with_foreign_type(), "skops")
    assert version.found.code == "type_not_trusted"
    assert "os.getcwd" in version.found.detail or "posix.getcwd" in version.found.detail


def test_wrong_columns_are_named(shop: Shop) -> None:
    card = json.loads(scorecard())
    card["variables"][0]["name"] = "wealth"
    version = shop.version(json.dumps(card).encode())
    assert version.found.code == "model_columns_missing"
    assert "wealth" in version.found.detail


def test_a_code_the_model_was_not_built_with_is_named(shop: Shop) -> None:
    card = json.loads(scorecard())
    card["variables"][2]["bins"] = [{"codes": ["north", "south"], "points": 10}]
    version = shop.version(json.dumps(card).encode())
    assert version.found.code == "code_unknown"
    assert "west" in version.found.detail


def test_a_constant_score_is_refused(shop: Shop) -> None:
    card = json.loads(scorecard())
    for variable in card["variables"]:
        if variable["type"] == "number":
            variable["points"] = [1] * len(variable["points"])
        else:
            variable["bins"] = [{"codes": ["north", "south", "west"], "points": 1}]
    version = shop.version(json.dumps(card).encode())
    assert version.found.code == "score_constant"


def test_a_model_that_hangs_is_stopped_and_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "INSPECTION", Limits(seconds=12))
    version = shop.version(fitted.endless_booster(), "lightgbm-txt")
    assert version.found.code == "artefact_hung"
    assert version.found.remedy


def test_a_model_that_crashes_its_process_is_refused(shop: Shop) -> None:
    version = shop.version(fitted.broken_booster(), "lightgbm-txt")
    assert version.found.code == "artefact_crashed"
    assert version.found.remedy
    assert shop.version().admission == Admission.ADMITTED


def test_a_model_that_wants_too_much_memory_is_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "INSPECTION", Limits(memory_mb=20))
    version = shop.version(fitted.booster(), "lightgbm-txt")
    assert version.found.code in {"artefact_memory", "artefact_crashed"}


def test_external_versions_are_judged_on_their_scored_sample(shop: Shop) -> None:
    table = frame()
    table["pd"] = 1 / (1 + (-(table["debt"] - 25) / 10).map(lambda x: 2.718281828**x))
    sample = upload(shop.developer, shop.dataset, table.to_csv(index=False))
    with pytest.raises(RuleRefused):
        shop.register(kind="external", scored_snapshot=sample)
    data.assign_roles(shop.developer, snapshot=sample, columns={**ROLES, "pd": "p"}, event="1")
    version = shop.version(kind="external", scored_snapshot=sample)
    assert version.admission == Admission.ADMITTED
    assert version.found.path == "recorded"
    scored = scoring.score(version)
    assert scored.frame["pd"].tolist() == table["pd"].tolist()
    assert scored.roles["pd"] == "p"
    with pytest.raises(BadInput) as refused:
        shop.register(kind="external")
    assert refused.value.code == "scored_sample_missing"


def test_from_our_own_doors_a_version_names_its_lineage(shop: Shop) -> None:
    with pytest.raises(BadInput) as refused:
        shop.register(test_snapshot=None)
    assert refused.value.code == "lineage_missing"
    fresh = upload(shop.developer, shop.dataset, rows(seed=9))
    with pytest.raises(RuleRefused) as unready:
        shop.register(training_snapshot=fresh)
    assert unready.value.code == "snapshot_not_released"


def test_who_may_register(shop: Shop) -> None:
    other = person("Vera Validator", Role.VALIDATOR, on=shop.line.entity.scope)
    with pytest.raises(Denied):
        verbs.register_version(other, model=shop.model, format="external", scored_snapshot=shop.snapshot)
    stranger = person("Sam Stranger", Role.MODEL_DEVELOPER)
    with pytest.raises(NotFound):
        verbs.register_version(stranger, model=shop.model, format="external", scored_snapshot=shop.snapshot)
    # a grant on the model is not one on the data
    half = person("Hal Half", Role.MODEL_DEVELOPER, on=shop.model.scope)
    with pytest.raises(Denied) as denied:
        verbs.register_version(half, model=shop.model, format="external", scored_snapshot=shop.snapshot)
    assert "dataset" in denied.value.detail
    assert not Version.objects.exists()


def test_who_has_judged_the_model_builds_nothing_for_it(shop: Shop) -> None:
    judge = person("Jo Judge", Role.RISK_OFFICER, on=shop.line.entity.scope)
    give_role(robot(Robot.MIGRATOR), account=User.objects.get(pk=judge.account_id), role=Role.MODEL_DEVELOPER)
    judge = actor_of(User.objects.get(pk=judge.account_id))
    asked = {"model": shop.model, "format": "external", "scored_snapshot": shop.snapshot}
    assert can(judge, "version.register", **asked) is None
    override_tier(judge, model=shop.model, tier=2, reason="The exposure is shared.")
    assert "has judged this model" in str(can(judge, "version.register", **asked))
    with pytest.raises(Denied):
        verbs.register_version(judge, **asked)
