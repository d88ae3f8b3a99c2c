"""Experiments, runs and what is logged to them, by MLflow's REST."""

from __future__ import annotations

import base64
import math

import pytest

from mrm.access.models import Entry
from registry.mlflow.models import ClientRun
from tests.registry.mlflow.conftest import Door, House

ABSENT = "RESOURCE_DOES_NOT_EXIST"


def experiment(door: Door, name: str = "churn") -> str:
    """A new experiment."""
    made: str = door.post("experiments/create", name=name, tags=[{"key": "team", "value": "a"}])[
        "experiment_id"
    ]
    return made


def begun(door: Door, home: str, **facts: object) -> str:
    """A new run."""
    run: str = door.post("runs/create", experiment_id=home, start_time=5, **facts)["run"]["info"]["run_id"]
    return run


def test_an_experiment_is_made_found_renamed_put_away_and_brought_back(dev: Door) -> None:
    key = experiment(dev)
    found = dev.ok("GET", "experiments/get", experiment_id=key)["experiment"]
    assert (found["name"], found["lifecycle_stage"]) == ("churn", "active")
    assert found["artifact_location"] == f"mlflow-artifacts:/{key}"
    assert found["tags"] == [{"key": "team", "value": "a"}]
    dev.post("experiments/update", experiment_id=key, new_name="churn 2")
    assert (
        dev.ok("GET", "experiments/get-by-name", experiment_name="churn 2")["experiment"]["experiment_id"]
        == key
    )
    dev.post("experiments/delete", experiment_id=key)
    assert dev.post("experiments/search", max_results=10)["experiments"] == []
    assert len(dev.post("experiments/search", max_results=10, view_type="DELETED_ONLY")["experiments"]) == 1
    dev.post("experiments/restore", experiment_id=key)
    assert dev.ok("GET", "experiments/get", experiment_id=key)["experiment"]["lifecycle_stage"] == "active"
    acts = list(
        Entry.objects.filter(act__startswith="experiment.").order_by("id").values_list("act", flat=True)
    )
    assert acts == [f"experiment.{what}" for what in ("create", "rename", "delete", "restore")]


def test_a_taken_name_is_said_in_the_clients_words(dev: Door) -> None:
    experiment(dev)
    status, code, message = dev.error("POST", "experiments/create", name="churn")
    assert (status, code) == (400, "RESOURCE_ALREADY_EXISTS")
    assert "already exists" in message


def test_a_run_without_an_experiment_goes_to_the_default_one(dev: Door) -> None:
    one, other = begun(dev, "0"), begun(dev, "0")
    homes = {dev.ok("GET", "runs/get", run_id=key)["run"]["info"]["experiment_id"] for key in (one, other)}
    assert len(homes) == 1
    assert dev.ok("GET", "experiments/get", experiment_id="0")["experiment"]["name"] == "Default"


def test_what_is_logged_is_read_back(dev: Door) -> None:
    key = begun(dev, experiment(dev), run_name="first", tags=[{"key": "a", "value": "b"}])
    dev.post("runs/log-parameter", run_id=key, key="lr", value="0.1")
    dev.post("runs/log-metric", run_id=key, key="auc", value=0.8, timestamp=1, step=1)
    dev.post("runs/log-metric", run_id=key, key="auc", value=0.7, timestamp=2, step=0)
    dev.post("runs/set-tag", run_id=key, key="note", value="fine")
    dev.post("runs/update", run_id=key, status="FINISHED", end_time=99)
    run = dev.ok("GET", "runs/get", run_id=key)["run"]
    assert run["info"]["status"] == "FINISHED"
    assert run["info"]["end_time"] == 99
    assert run["info"]["run_name"] == "first"
    assert run["data"]["metrics"] == [{"key": "auc", "value": 0.8, "timestamp": 1, "step": 1}]
    assert run["data"]["params"] == [{"key": "lr", "value": "0.1"}]
    assert {tag["key"]: tag["value"] for tag in run["data"]["tags"]} == {
        "a": "b",
        "mlflow.runName": "first",
        "note": "fine",
    }
    history = dev.ok("GET", "metrics/get-history", run_id=key, metric_key="auc")["metrics"]
    assert [item["value"] for item in history] == [0.8, 0.7]
    dev.post("runs/delete-tag", run_id=key, key="note")
    assert dev.error("POST", "runs/delete-tag", run_id=key, key="note")[1] == ABSENT


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_are_none_come_back_as_they_went(dev: Door, value: str) -> None:
    key = begun(dev, experiment(dev))
    metrics = [{"key": "loss", "value": value, "timestamp": 1, "step": 0}]
    dev.post("runs/log-batch", run_id=key, metrics=metrics)
    assert dev.ok("GET", "runs/get", run_id=key)["run"]["data"]["metrics"][0]["value"] == value
    stored = ClientRun.objects.get(pk=key).metrics.get().number
    assert math.isnan(stored) if value == "NaN" else math.isinf(stored)


def test_a_parameter_is_never_changed_and_a_batch_is_all_or_nothing(dev: Door) -> None:
    key = begun(dev, experiment(dev))
    dev.post("runs/log-batch", run_id=key, params=[{"key": "lr", "value": "1"}])
    dev.post("runs/log-batch", run_id=key, params=[{"key": "lr", "value": "1"}])
    message = dev.error(
        "POST",
        "runs/log-batch",
        run_id=key,
        params=[{"key": "lr", "value": "2"}],
        tags=[{"key": "x", "value": "y"}],
    )[2]
    assert "Changing param values is not allowed" in message
    assert "x" not in {tag["key"] for tag in dev.ok("GET", "runs/get", run_id=key)["run"]["data"]["tags"]}


def test_metrics_leave_no_entries_but_the_end_of_a_run_states_their_digest(dev: Door) -> None:
    key = begun(dev, experiment(dev))
    before = Entry.objects.count()
    for step in range(5):
        dev.post("runs/log-metric", run_id=key, key="loss", value=1 / (step + 1), timestamp=step, step=step)
    assert Entry.objects.count() == before
    dev.post("runs/update", run_id=key, status="FINISHED", end_time=9)
    entry = Entry.objects.latest("id")
    assert entry.act == "client_run.finish"
    assert b'"logged":"' in bytes(entry.leaf.bytes)


def test_the_filter_grammar_finds_runs(dev: Door) -> None:
    home = experiment(dev)
    keys = []
    for number in range(4):
        key = begun(dev, home, run_name=f"Run {number}")
        dev.post(
            "runs/log-batch",
            run_id=key,
            metrics=[
                {"key": "a b", "value": "NaN" if number == 3 else number / 10, "timestamp": 1, "step": 0}
            ],
            params=[{"key": "kind", "value": f"tree{number % 2}"}],
            tags=[{"key": "mlflow.source.name", "value": f"100%_{number}"}],
        )
        keys.append(key)
    dev.post("runs/update", run_id=keys[0], status="FAILED", end_time=7)
    cases = {
        'metrics."a b" >= 0.1': {1, 2},
        "metrics.`a b` < 0.2 AND params.kind = 'tree1'": {1},
        "params.kind != 'tree1'": {0, 2},
        "params.kind LIKE 'TREE%'": set(),
        "params.kind ILIKE 'TREE%'": {0, 1, 2, 3},
        "tags.mlflow.source.name LIKE '100_\\_1'": set(),
        "tags.mlflow.source.name LIKE '%_2'": {2},
        "attributes.status = 'FAILED'": {0},
        "status IN ('FAILED', 'KILLED')": {0},
        f"run_id IN ('{keys[1]}', '{keys[3]}')": {1, 3},
        f"attributes.run_id != '{keys[1]}'": {0, 2, 3},
        "run_name = 'Run 2'": {2},
        "attributes.`Run name` = 'Run 2'": {2},
        "end_time > 5": {0},
        "tags.absent IS NULL": {0, 1, 2, 3},
        "params.kind IS NOT NULL and start_time = 5": {0, 1, 2, 3},
        "": {0, 1, 2, 3},
    }
    for text, wanted in cases.items():
        rows = dev.post("runs/search", experiment_ids=[home], filter=text)["runs"]
        assert {keys.index(row["info"]["run_id"]) for row in rows} == wanted, text


def test_runs_are_ordered_and_paged(dev: Door) -> None:
    home = experiment(dev)
    for number in (2, 0, 1):
        key = begun(dev, home, run_name=str(number))
        dev.post("runs/log-metric", run_id=key, key="m", value=number, timestamp=1)
    begun(dev, home, run_name="none")
    seen, token = [], None
    while True:
        body = {"page_token": token} if token else {}
        answer = dev.post(
            "runs/search", experiment_ids=[home], order_by=["metrics.m DESC"], max_results=2, **body
        )
        seen += [row["info"]["run_name"] for row in answer["runs"]]
        token = answer.get("next_page_token")
        if not token:
            break
    assert seen == ["2", "1", "0", "none"]


@pytest.mark.parametrize(
    "text",
    [
        "metrics.auc >",
        "auc > 0.5",
        "metrics.auc > 'x'",
        "params.a = 1",
        "params.a = b",
        "params.a = 'x' OR params.b = 'y'",
        "params.a IN ()",
        "run_id IN 'a'",
        "nonsense.a = 'x'",
        "'",
        "metrics.a = 1 AND",
        "params.a LIKE '" + "%" * 30 + "'",
        "\x00",
    ],
)
def test_a_broken_filter_is_a_sentence(dev: Door, text: str) -> None:
    status, code, message = dev.error("POST", "runs/search", experiment_ids=[experiment(dev)], filter=text)
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
    assert len(message) > 20


def test_logged_models_are_kept_tagged_found_and_put_away(dev: Door) -> None:
    home = experiment(dev)
    run = begun(dev, home)
    made = dev.post(
        "logged-models",
        experiment_id=home,
        name="card",
        source_run_id=run,
        params=[{"key": "depth", "value": "3"}],
        tags=[{"key": "t", "value": "1"}],
    )["model"]
    key = made["info"]["model_id"]
    assert key.startswith("m-")
    assert made["info"]["status"] == "LOGGED_MODEL_PENDING"
    assert made["info"]["artifact_uri"] == f"mlflow-artifacts:/{home}/models/{key}/artifacts"
    dev.post("runs/log-metric", run_id=run, key="auc", value=0.9, timestamp=1, model_id=key, dataset_name="d")
    dev.ok("PATCH", f"logged-models/{key}", status="LOGGED_MODEL_READY")
    dev.ok("PATCH", f"logged-models/{key}/tags", tags=[{"key": "t", "value": "2"}])
    dev.post(f"logged-models/{key}/params", params=[{"key": "more", "value": "x"}])
    model = dev.ok("GET", f"logged-models/{key}")["model"]
    assert model["info"]["status"] == "LOGGED_MODEL_READY"
    assert model["info"]["tags"] == [{"key": "t", "value": "2"}]
    assert [item["key"] for item in model["data"]["params"]] == ["depth", "more"]
    assert model["data"]["metrics"][0]["dataset_name"] == "d"
    for text in ("name = 'card' AND metrics.auc > 0.5", "tags.t = '2'", f"source_run_id = '{run}'"):
        found = dev.post("logged-models/search", experiment_ids=[home], filter=text)["models"]
        assert [item["info"]["model_id"] for item in found] == [key]
    dev.ok("DELETE", f"logged-models/{key}/tags/t")
    dev.ok("DELETE", f"logged-models/{key}")
    assert dev.error("GET", f"logged-models/{key}")[1] == ABSENT


def test_inputs_and_outputs_of_a_run_are_kept_and_searched(dev: Door) -> None:
    home = experiment(dev)
    run = begun(dev, home)
    dataset = {"name": "german", "digest": "abc", "source_type": "local", "source": "{}"}
    tags = [{"key": "mlflow.data.context", "value": "training"}]
    dev.post("runs/log-inputs", run_id=run, datasets=[{"dataset": dataset, "tags": tags}])
    dev.post("runs/outputs", run_id=run, models=[{"model_id": "m-1", "step": 2}])
    got = dev.ok("GET", "runs/get", run_id=run)["run"]
    assert got["inputs"]["dataset_inputs"] == [{"dataset": dataset, "tags": tags}]
    assert got["outputs"]["model_outputs"] == [{"model_id": "m-1", "step": 2}]
    for text in ("datasets.name = 'german'", "dataset.context = 'training'", "datasets.digest IN ('abc')"):
        assert len(dev.post("runs/search", experiment_ids=[home], filter=text)["runs"]) == 1, text


def test_what_is_anothers_is_absent_in_the_same_words(dev: Door, stranger: Door) -> None:
    home = experiment(dev)
    run = begun(dev, home)
    nothing = "0" * 32
    for path, name, held, absent in (
        ("runs/get", "run_id", run, nothing),
        ("experiments/get", "experiment_id", home, "E-ZZZZZ"),
    ):
        one = stranger.error("GET", path, **{name: held})
        other = stranger.error("GET", path, **{name: absent})
        assert one[:2] == (404, ABSENT)
        assert one[2].replace(held, "…") == other[2].replace(absent, "…")
    assert stranger.error("POST", "runs/log-metric", run_id=run, key="a", value=1, timestamp=1)[1] == ABSENT
    assert stranger.error("POST", "runs/delete", run_id=run)[1] == ABSENT
    assert stranger.post("runs/search", experiment_ids=[home])["runs"] == []
    assert stranger.post("experiments/search", max_results=5)["experiments"] == []


def test_a_deleted_run_takes_nothing_more(dev: Door) -> None:
    run = begun(dev, experiment(dev))
    dev.post("runs/delete", run_id=run)
    assert dev.error("POST", "runs/set-tag", run_id=run, key="a", value="b")[:2] == (409, "RESOURCE_CONFLICT")
    dev.post("runs/restore", run_id=run)
    dev.post("runs/set-tag", run_id=run, key="a", value="b")


def test_a_token_is_needed_and_basic_takes_it_as_the_password(house: House) -> None:
    door = house.door("dev")
    wrong = Door("cs_nothing", door.client)
    assert wrong.error("POST", "experiments/search")[:2] == (401, "UNAUTHENTICATED")
    basic = base64.b64encode(f"dev:{door.token}".encode()).decode()
    answer = door.client.get(
        "/api/2.0/mlflow/experiments/search", {"max_results": 5}, headers={"Authorization": f"Basic {basic}"}
    )
    assert answer.status_code == 200


def test_an_unknown_call_is_said_to_be_unknown(dev: Door) -> None:
    assert dev.error("POST", "experiments/explode")[1] == "ENDPOINT_NOT_FOUND"
    assert dev.error("DELETE", "runs/create")[1] == "ENDPOINT_NOT_FOUND"
