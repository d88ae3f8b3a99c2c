"""What a data scientist's notebook does, with the unmodified `mlflow` client; runs in its own environment (`make peers`).

    python notebook.py OUT.json        # MLFLOW_TRACKING_URI and MLFLOW_TRACKING_TOKEN are set, nothing else

Every step asserts what the client sees; what the caller needs to go on is written to OUT.json.
"""

import json
import math
import sys
import threading
from pathlib import Path

import lightgbm as lgb
import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

rng = np.random.default_rng(7)
X = pd.DataFrame(rng.normal(size=(200, 3)), columns=["income", "age", "debt"])
y = (X["income"] - X["debt"] + rng.normal(size=200) > 0).astype(int)


def refused(do, *words):
    """The call is refused with these words."""
    try:
        do()
    except MlflowException as error:
        said = str(error)
        missing = [word for word in words if word not in said]
        if missing:
            raise AssertionError(f"{missing} not in: {said}") from error
        return said
    raise AssertionError(f"not refused: {words}")


def tracking(client):
    """Experiments, runs, parameters, metrics, artifacts."""
    mlflow.set_experiment("notebook")
    with mlflow.start_run(run_name="first") as run:
        mlflow.log_params({"depth": 3, "rate": 0.1})
        mlflow.log_metric("auc", 0.71, step=0)
        mlflow.log_metric("auc", 0.75, step=1)
        mlflow.log_metrics({"odd": math.nan, "large": math.inf, "small": -math.inf})
        mlflow.set_tag("team", "risk")
        mlflow.log_text("hello", "notes/readme.txt")
        mlflow.log_dict({"a": 1}, "facts.json")
        mlflow.log_input(mlflow.data.from_pandas(X, name="applicants"), context="training")
    data = client.get_run(run.info.run_id).data
    assert data.params == {"depth": "3", "rate": "0.1"}
    assert data.metrics["auc"] == 0.75
    assert math.isnan(data.metrics["odd"])
    assert data.metrics["large"] == math.inf
    assert data.metrics["small"] == -math.inf
    assert [item.value for item in client.get_metric_history(run.info.run_id, "auc")] == [0.71, 0.75]
    assert [item.path for item in client.list_artifacts(run.info.run_id)] == ["facts.json", "notes"]
    assert mlflow.artifacts.load_text(f"{run.info.artifact_uri}/notes/readme.txt") == "hello"
    for number in range(5):
        with mlflow.start_run(run_name=f"more {number}"):
            mlflow.log_metric("auc", number / 10)
            mlflow.log_param("kind", "tree" if number % 2 else "linear")
    home = mlflow.get_experiment_by_name("notebook").experiment_id
    found = client.search_runs(
        [home], "metrics.auc >= 0.1 AND params.kind = 'tree'", order_by=["metrics.auc DESC"]
    )
    assert [item.info.run_name for item in found] == ["more 3", "more 1"]
    page = client.search_runs([home], max_results=4)
    assert len(page) == 4
    assert len(client.search_runs([home], max_results=4, page_token=page.token)) == 2
    refused(lambda: client.search_runs([home], "metrics.auc >"), "Invalid filter")
    return home


def sklearn_model(client):
    """A scikit-learn pipeline kept as skops: logged, registered, tagged, aliased, loaded back."""
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    with mlflow.start_run(run_name="skops") as run:
        logged = mlflow.sklearn.log_model(
            model,
            name="card",
            serialization_format="skops",
            input_example=X.head(5),
            registered_model_name="Notebook scorecard",
        )
    version = client.get_model_version("Notebook scorecard", "1")
    assert version.status == "READY", version.status_message
    assert version.run_id == run.info.run_id
    assert np.array_equal(
        mlflow.sklearn.load_model("models:/Notebook scorecard/1").predict_proba(X), model.predict_proba(X)
    )
    assert np.array_equal(mlflow.pyfunc.load_model(logged.model_uri).predict(X), model.predict(X))
    client.set_model_version_tag("Notebook scorecard", "1", "reviewed", "no")
    client.set_registered_model_tag("Notebook scorecard", "team", "risk")
    client.set_registered_model_alias("Notebook scorecard", "candidate", "1")
    assert client.get_model_version_by_alias("Notebook scorecard", "Candidate").version in {"1", 1}
    assert np.array_equal(
        mlflow.sklearn.load_model("models:/Notebook scorecard@candidate").predict(X), model.predict(X)
    )
    refused(lambda: client.delete_run(run.info.run_id), "stands under a registered version")
    refused(lambda: client.delete_model_version("Notebook scorecard", "1"), "never deleted")
    said = refused(lambda: client.set_registered_model_alias("Notebook scorecard", "champion", "1"))
    refused(lambda: client.transition_model_version_stage("Notebook scorecard", "1", "Production"))
    return said


def lightgbm_model(client):
    """A LightGBM booster, by its own text format."""
    booster = lgb.train({"objective": "binary", "verbose": -1, "num_leaves": 4}, lgb.Dataset(X, y), 5)
    with mlflow.start_run(run_name="lightgbm"):
        mlflow.lightgbm.log_model(booster, name="trees", registered_model_name="Notebook trees")
    version = client.get_model_version("Notebook trees", "1")
    assert version.status == "READY", version.status_message
    loaded = mlflow.lightgbm.load_model("models:/Notebook trees/1")
    assert np.array_equal(loaded.predict(X), booster.predict(X))


def pickles(client):
    """Refused, with the way out; the client's own loader never comes to it."""
    model = LogisticRegression().fit(X, y)
    with mlflow.start_run(run_name="pickle"):
        refused(
            lambda: mlflow.sklearn.log_model(
                model, name="bad", serialization_format="cloudpickle", registered_model_name="Notebook pickle"
            ),
            "pickle",
            "skops",
        )
    assert client.search_model_versions("name = 'Notebook pickle'") == []


def searching(client):
    """Models and versions by filter and in pages."""
    names = [item.name for item in client.search_registered_models("name LIKE 'Notebook%'")]
    assert {"Notebook scorecard", "Notebook trees"} <= set(names)
    assert [item.name for item in client.search_registered_models("tags.team = 'risk'")] == [
        "Notebook scorecard"
    ]
    page = client.search_registered_models(max_results=1)
    assert len(page) == 1
    assert page.token
    assert len(client.search_model_versions("tags.reviewed = 'no'")) == 1
    refused(lambda: client.search_model_versions("name ~ 'x'"), "Invalid filter")


def numbers(client):
    """Eight threads make version numbers without gap or double."""
    client.create_registered_model("Notebook race")
    source = client.get_model_version("Notebook trees", "1").source
    got = []

    def make():
        for _ in range(2):
            made = client.create_model_version("Notebook race", source, await_creation_for=None)
            got.append(int(made.version))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == list(range(1, 17)), sorted(got)


def apart(folder):
    """Tracking on another server (a folder stands for it), the registry here: the source stays as it is."""
    mlflow.set_registry_uri(mlflow.get_tracking_uri())
    mlflow.set_tracking_uri(f"sqlite:///{folder}/elsewhere.db")
    mlflow.set_experiment("far")
    client = MlflowClient()
    booster = lgb.train({"objective": "binary", "verbose": -1, "num_leaves": 3}, lgb.Dataset(X, y), 2)
    with mlflow.start_run():
        mlflow.lightgbm.log_model(booster, name="far", registered_model_name="Notebook far")
    version = client.get_model_version("Notebook far", "1")
    assert version.status == "READY"
    assert version.source.startswith("models:/m-")
    assert np.array_equal(mlflow.lightgbm.load_model("models:/Notebook far/1").predict(X), booster.predict(X))


if __name__ == "__main__":
    out = Path(sys.argv[1])
    client = MlflowClient()
    facts = {"experiment": tracking(client)}
    facts["champion"] = sklearn_model(client)
    lightgbm_model(client)
    pickles(client)
    searching(client)
    apart(out.parent)
    numbers(client)  # last: nobody waits for the inspection of these
    out.write_text(json.dumps(facts))
