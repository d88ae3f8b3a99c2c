"""The registry as MLflow clients see it: candidates, versions, tags, aliases, and the gate in the path."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
import yaml

from registry.inventory.models import Model
from registry.mlflow.models import Experiment, VersionFile
from registry.versions.models import Version
from tests.registry.making import scorecard, work
from tests.registry.mlflow.conftest import Door
from tests.registry.mlflow.test_artifacts import put
from tests.registry.mlflow.test_tracking import ABSENT, begun, experiment


def model(door: Door, name: str = "Churn", **facts: Any) -> dict[str, Any]:
    """A registered model."""
    made: dict[str, Any] = door.post("registered-models/create", name=name, **facts)["registered_model"]
    return made


def logged(door: Door, files: dict[str, bytes]) -> tuple[str, str]:
    """A run with files below `m`: its id and the source that a client would name."""
    home = experiment(door, f"home {Experiment.objects.count()}")
    run = begun(door, home)
    for path, data in files.items():
        assert put(door, f"{home}/{run}/artifacts/m/{path}", data)[0] == 200
    return run, f"mlflow-artifacts:/{home}/{run}/artifacts/m"


def version(door: Door, name: str = "Churn", **facts: Any) -> dict[str, Any]:
    """A version of a scorecard."""
    run, source = logged(door, {"card.json": scorecard()})
    made: dict[str, Any] = door.post("model-versions/create", name=name, source=source, run_id=run, **facts)[
        "model_version"
    ]
    return made


def inspect() -> None:
    """Let the inspections run that wait."""
    for row in Version.objects.all():
        if row.found is None:
            work(row.job)


def mlmodel(**flavours: Any) -> bytes:
    """An MLmodel file."""
    return yaml.safe_dump({"flavors": flavours}).encode()


def test_a_registered_model_is_a_candidate_with_what_it_lacks(dev: Door) -> None:
    made = model(dev, description="Who leaves.", tags=[{"key": "team", "value": "risk"}])
    assert made["tags"] == [{"key": "team", "value": "risk"}]
    row = Model.objects.get()
    assert (row.state, row.purpose, row.responsible) == ("candidate", "Who leaves.", row.developer)
    assert dev.ok("GET", "registered-models/get", name="CHURN ")["registered_model"]["name"] == "Churn"
    assert (
        dev.ok("GET", "registered-models/get", name=row.reference)["registered_model"]["name"]
        == row.reference
    )
    assert dev.error("POST", "registered-models/create", name="churn")[1] == "RESOURCE_ALREADY_EXISTS"
    dev.ok("PATCH", "registered-models/update", name="Churn", description="Another text")
    assert (
        dev.ok("GET", "registered-models/get", name="Churn")["registered_model"]["description"]
        == "Another text"
    )
    assert "ever deleted" in dev.error("DELETE", "registered-models/delete", name="Churn")[2]


def test_a_reserved_name_is_not_free_and_asking_is_throttled(dev: Door) -> None:
    for name in ("champion", "Challenger", "mrm.secret", "M-ABCDE"):
        assert "cannot be used here" in dev.error("POST", "registered-models/create", name=name)[2]
    for _ in range(20):
        code = dev.error("POST", "registered-models/create", name="champion")[1]
    assert code == "REQUEST_LIMIT_EXCEEDED"


def test_a_version_waits_is_inspected_and_keeps_its_files(dev: Door) -> None:
    model(dev)
    made = version(dev, tags=[{"key": "a", "value": "b"}], description="first")
    assert (made["version"], made["status"], made["current_stage"]) == ("1", "PENDING_REGISTRATION", "None")
    assert (made["description"], made["tags"]) == ("first", [{"key": "a", "value": "b"}])
    inspect()
    got = dev.ok("GET", "model-versions/get", name="Churn", version="1")["model_version"]
    assert (got["status"], got["status_message"]) == ("READY", "")
    uri = dev.ok("GET", "model-versions/get-download-uri", name="Churn", version="1")["artifact_uri"]
    assert uri == f"mlflow-artifacts:/versions/{Version.objects.get().pk.hex}"
    path = got["source"].removeprefix("mlflow-artifacts:/")
    put(dev, f"{path}/card.json", b"something else")
    kept = dev.client.get(
        f"/api/2.0/mlflow-artifacts/artifacts/{uri.partition(':/')[2]}/card.json",
        headers={"Authorization": f"Bearer {dev.token}"},
    )
    assert b"".join(kept.streaming_content) == scorecard()  # type: ignore[arg-type]
    assert VersionFile.objects.get().digest == Version.objects.get().artefact
    assert "never deleted" in dev.error("DELETE", "model-versions/delete", name="Churn", version="1")[2]
    assert "stands under a registered version" in dev.error("POST", "runs/delete", run_id=got["run_id"])[2]


def test_a_source_of_another_tracker_stays_as_it_is_and_is_not_admitted(dev: Door) -> None:
    model(dev)
    source = "models:/m-" + "0" * 32
    made = dev.post("model-versions/create", name="Churn", source=source, run_id="theirs")["model_version"]
    assert (made["source"], made["run_id"], made["status"]) == (source, "theirs", "READY")
    assert "another registry" in made["status_message"]
    uri = dev.ok("GET", "model-versions/get-download-uri", name="Churn", version="1")["artifact_uri"]
    assert uri == source
    inspect()
    assert Version.objects.get().admission == "refused"


PICKLE = b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x8c\x06system\x93."


@pytest.mark.parametrize(
    ("files", "word"),
    [
        ({"model.pkl": PICKLE, "MLmodel": mlmodel(sklearn={"pickled_model": "model.pkl", "serialization_format": "cloudpickle"})}, "skops"),
        ({"model.skops": PICKLE, "MLmodel": mlmodel(sklearn={"pickled_model": "model.skops", "serialization_format": "skops"})}, "pickle"),
        ({"model.lgb": PICKLE, "MLmodel": mlmodel(lightgbm={"data": "model.lgb"})}, "pickle"),
        ({"card.json": PICKLE}, "pickle"),
        ({"x": b"1", "MLmodel": mlmodel(sklearn={"pickled_model": "../../x", "serialization_format": "skops"})}, "path"),
        ({"x": b"1", "MLmodel": mlmodel(python_function={"loader_module": "os"})}, "flavours"),
        ({"x": b"1", "MLmodel": b"!!python/object/apply:os.system ['true']"}, "MLmodel"),
        ({"x": b"1", "MLmodel": b"- 1"}, "MLmodel"),
        ({"x": b"1", "y": b"2"}, "MLmodel"),
    ],
    ids=range(9),
)  # fmt: skip
def test_what_would_run_code_or_says_nothing_is_refused_and_nothing_is_written(
    dev: Door, files: dict[str, bytes], word: str
) -> None:
    model(dev)
    _, source = logged(dev, files)
    status, code, message = dev.error("POST", "model-versions/create", name="Churn", source=source)
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
    assert word in message
    assert Version.objects.count() == 0


def test_a_file_that_asks_for_trust_in_its_own_types_is_refused_by_our_list(dev: Door) -> None:
    import skops.io
    from sklearn.base import BaseEstimator

    class Rogue(BaseEstimator):  # type: ignore[misc]
        pass

    sink = io.BytesIO()
    skops.io.dump(Rogue(), sink)
    said = {
        "pickled_model": "model.skops",
        "serialization_format": "skops",
        "skops_trusted_types": ["everything"],
    }
    model(dev)
    _, source = logged(dev, {"model.skops": sink.getvalue(), "MLmodel": mlmodel(sklearn=said)})
    dev.post("model-versions/create", name="Churn", source=source)
    inspect()
    got = dev.ok("GET", "model-versions/get", name="Churn", version="1")["model_version"]
    assert got["status"] == "FAILED_REGISTRATION"
    assert "trusted" in got["status_message"]


def test_aliases_tags_and_searches(dev: Door) -> None:
    for name in ("Churn", "Credit"):
        model(dev, name)
        version(dev, name)
    dev.post("registered-models/alias", name="Churn", alias="Next", version="1")
    by = dev.ok("GET", "registered-models/alias", name="Churn", alias=" ｎｅｘｔ")["model_version"]
    assert (by["version"], by["aliases"]) == ("1", ["Next"])
    assert dev.ok("GET", "registered-models/get", name="Churn")["registered_model"]["aliases"] == [
        {"alias": "Next", "version": "1"}
    ]
    dev.ok("DELETE", "registered-models/alias", name="Churn", alias="next")
    assert dev.error("GET", "registered-models/alias", name="Churn", alias="next")[1] == ABSENT
    dev.post("model-versions/set-tag", name="Credit", version="1", key="k", value="v")
    dev.post("registered-models/set-tag", name="Credit", key="k", value="w")
    for path, key, text, wanted in (
        ("model-versions/search", "model_versions", "tags.k = 'v'", ["Credit"]),
        ("model-versions/search", "model_versions", "name = 'churn'", ["Churn"]),
        (
            "model-versions/search",
            "model_versions",
            "version_number >= 1 AND name ILIKE 'c%'",
            ["Credit", "Churn"],
        ),
        ("registered-models/search", "registered_models", "tags.k = 'w'", ["Credit"]),
        ("registered-models/search", "registered_models", "name LIKE 'Ch%'", ["Churn"]),
        ("registered-models/search", "registered_models", "", ["Churn", "Credit"]),
    ):
        assert [row["name"] for row in dev.ok("GET", path, filter=text)[key]] == wanted, text
    first = dev.ok("GET", "registered-models/search", max_results=1, order_by=["name DESC"])
    assert first["registered_models"][0]["name"] == "Credit"
    rest = dev.ok(
        "GET",
        "registered-models/search",
        max_results=1,
        order_by=["name DESC"],
        page_token=first["next_page_token"],
    )
    assert rest["registered_models"][0]["name"] == "Churn"
    assert "next_page_token" not in rest
    dev.ok("DELETE", "model-versions/delete-tag", name="Credit", version="1", key="k")
    dev.ok("DELETE", "registered-models/delete-tag", name="Credit", key="k")
    newest = dev.ok("GET", "registered-models/get-latest-versions", name="Credit", stages=["None"])
    assert [row["version"] for row in newest["model_versions"]] == ["1"]


def test_champion_and_stages_go_through_the_gate(dev: Door) -> None:
    model(dev)
    version(dev)
    inspect()
    for path, facts in (
        ("registered-models/alias", {"alias": "ＣＨＡＭＰＩＯＮ"}),
        ("model-versions/transition-stage", {"stage": "Production", "archive_existing_versions": True}),
    ):
        status, code, message = dev.error("POST", path, name="Churn", version="1", **facts)
        assert (status, code) == (403, "PERMISSION_DENIED")
        assert "Unmet at the gate" in message
    status, _, message = dev.error(
        "POST", "model-versions/transition-stage", name="Churn", version="1", stage="Staging"
    )
    assert status == 409
    assert "/models/M-" in message
    assert dev.error("POST", "registered-models/alias", name="Churn", alias="mrm.x", version="1")[0] == 409


def test_anothers_model_is_absent_in_the_same_words(dev: Door, stranger: Door) -> None:
    model(dev)
    version(dev)
    for method, path, facts in (
        ("GET", "registered-models/get", {}),
        ("GET", "model-versions/get", {"version": "1"}),
        ("POST", "registered-models/set-tag", {"key": "a", "value": "b"}),
        ("POST", "model-versions/create", {"source": "models:/m-1"}),
        ("GET", "model-versions/get-download-uri", {"version": "1"}),
        ("DELETE", "registered-models/delete", {}),
    ):
        held = stranger.error(method, path, name="Churn", **facts)
        absent = stranger.error(method, path, name="Nowhere", **facts)
        assert held[:2] == absent[:2] == (404, ABSENT)
        assert held[2].replace("Churn", "…") == absent[2].replace("Nowhere", "…")
    assert stranger.ok("GET", "model-versions/search")["model_versions"] == []
    assert stranger.ok("GET", "registered-models/search")["registered_models"] == []
    key = Version.objects.get().pk.hex
    answer = stranger.client.get(
        f"/api/2.0/mlflow-artifacts/artifacts/versions/{key}/card.json",
        headers={"Authorization": f"Bearer {stranger.token}"},
    )
    assert answer.status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_list(
    dev: Door, django_assert_max_num_queries: Any
) -> None:
    for number in range(3):
        model(dev, f"Model {number}")
        version(dev, f"Model {number}")
    with django_assert_max_num_queries(16):
        dev.ok("GET", "registered-models/search")
    with django_assert_max_num_queries(14):
        dev.ok("GET", "model-versions/search")


def test_every_call_asks_for_a_token() -> None:
    from django.test import Client

    from registry.mlflow import urls  # noqa: F401
    from registry.mlflow.protocol import CALLS

    for method, path in CALLS:
        answer = Client().generic(
            method, f"/api/2.0/mlflow/{path.replace('{', '').replace('}', '')}", json.dumps({})
        )
        assert answer.status_code == 401, path
