"""What is registered in the bank's other MLflow comes in as candidates: once, with its runs, through the same inspection."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from mrm.access.models import Entry, User
from mrm.access.rules import Role
from mrm.kernel.errors import RuleRefused, Unavailable
from registry.inventory.models import Model
from registry.inventory.rules import State
from registry.mlflow import taking
from registry.mlflow.models import ClientRun, Experiment, Imported, Metric, PollMark, StoredFile
from registry.versions.models import Version
from tests.mrm.policy.people import bank, person
from tests.registry.making import work
from tests.registry.mlflow.other import LIGHTGBM, RUN, SKLEARN, TREES, Other, run, serving


@pytest.fixture
def other(db: None, settings: LazySettings) -> Iterator[Other]:
    """The other server, named by the settings, with one model of one version that stands on a run."""
    with serving(Other()) as made:
        owner = person("Olga Owner", Role.MODEL_OWNER, on=bank().scope)
        settings.MRM_MLFLOW_IMPORT_URL, settings.MRM_MLFLOW_IMPORT_TOKEN = made.url, made.token
        settings.MRM_MLFLOW_IMPORT_ENTITY = bank().code
        settings.MRM_MLFLOW_IMPORT_RESPONSIBLE = User.objects.get(pk=owner.account_id).username
        made.runs[RUN] = run()
        made.model("arrears", 1_000_000, aliases=[{"alias": "live", "version": "4"}])
        made.version("arrears", 4, LIGHTGBM, RUN, model_lgb=TREES)
        yield made


def poll() -> dict[str, Any]:
    """One poll."""
    return taking.begin().everything(lambda done, total, text: None, lambda: False)


def test_model_version_and_run_come_in_once_with_their_origin(other: Other) -> None:
    host = other.url.partition("//")[2]
    assert poll() == {"models": 1, "versions": 1, "runs": 1, "origin": host, "refused": []}
    model = Model.objects.get()
    assert (model.name, model.state, model.responsible.name) == ("arrears", State.CANDIDATE, "Olga Owner")
    version = Version.objects.get()
    assert (version.number, version.format, version.mlflow.source) == (1, "lightgbm-txt", "models:/m-4")  # type: ignore[attr-defined]
    marked = Imported.objects.get(version=version)
    assert (marked.origin, marked.name, marked.number, marked.aliases) == (host, "arrears", "4", "live")
    kept = ClientRun.objects.get()
    assert (kept.origin, kept.origin_key, kept.status, kept.experiment.name) == (
        host,
        RUN,
        "FINISHED",
        "Arrears",
    )
    assert [(row.step, str(row.number)) for row in kept.metrics.order_by("step")] == [
        (0, "0.7"),
        (1, "nan"),
        (2, "0.75"),
    ]
    assert dict(kept.facts.values_list("key", "value")) == {"depth": "3", "mlflow.runName": "night"}
    acts = ["client_run.start", "client_run.finish", "model.import", "version.import", "experiment.create"]
    assert set(Entry.objects.filter(act__in=acts).values_list("act", "person__name")) == {
        (act, "importer") for act in acts
    }
    entries = Entry.objects.count()
    assert poll() == {"models": 0, "versions": 0, "runs": 0, "origin": host, "refused": []}
    assert (Entry.objects.count(), Metric.objects.count()) == (entries, 3)


def test_a_poll_reads_only_what_changed_since_and_goes_on_where_one_stopped(other: Other) -> None:
    poll()
    other.model("older", 500_000)
    other.model("newer", 2_000_000)
    other.version("newer", 1, LIGHTGBM, model_lgb=TREES)
    other.model("newest", 3_000_000)
    other.version("newest", 1, LIGHTGBM, model_lgb=TREES)
    other.broken = "newest-1/artifacts/model.lgb"
    with pytest.raises(Unavailable) as silent:
        poll()
    assert silent.value.code == "mlflow_unreachable"
    assert PollMark.objects.get().seen == 2_000_000
    assert "older" not in Model.objects.values_list("name", flat=True)
    other.broken = ""
    told = poll()
    assert (told["models"], told["versions"]) == (0, 1)
    other.model("arrears", 4_000_000)
    other.version("arrears", 6, LIGHTGBM, RUN, model_lgb=TREES)
    told = poll()
    assert (told["models"], told["versions"], told["runs"]) == (0, 1, 0)
    assert Version.objects.get(model__name="arrears", number=2).run == ClientRun.objects.get().pk


def test_a_pickle_is_named_and_never_taken_nor_is_a_lie_about_one(other: Other) -> None:
    other.model("arrears", 1_500_000)
    other.version("arrears", 5, SKLEARN, model_pkl=pickle.dumps({"a": 1}))
    other.version("arrears", 6, LIGHTGBM, model_lgb=pickle.dumps([1, 2, 3], protocol=4))
    assert poll()["versions"] == 3
    for number, word in ((2, "cloudpickle"), (3, "Python pickle")):
        version = Version.objects.get(number=number)
        assert (version.format, version.artefact) == ("", "")
        assert word in version.notes
        assert "skops" in version.notes
        work(version.job)
        assert Version.objects.get(pk=version.pk).admission == "refused"
    assert not [path for path in other.asked if path.endswith("model.pkl")], (
        "judged before its bytes were read"
    )
    assert set(StoredFile.objects.values_list("path", flat=True)) == {
        f"imported/{Model.objects.get().reference}/4/{name}" for name in ("MLmodel", "model.lgb")
    }


def test_names_that_are_taken_or_reserved_here_carry_their_origin(other: Other) -> None:
    host = other.url.partition("//")[2].replace(":", " ")
    for at, name in enumerate(("ARREARS", "champion", "a/b", "x" * 200)):
        other.model(name, 2_000_000 + at)
    assert poll()["refused"] == []
    names = set(Model.objects.values_list("name", flat=True))
    assert {"arrears", f"ARREARS (from {host})", f"champion (from {host})", f"a b (from {host})"} <= names
    assert all(len(name) <= 120 for name in names)


@pytest.mark.parametrize("path", ["../../etc/passwd", "a//b", "\x00", "c%2e%2e"])
def test_a_path_that_leaves_its_folder_is_refused(other: Other, path: str) -> None:
    other.files[f"1/models/arrears-4/artifacts/{path}"] = b"x"
    assert poll()["versions"] == 1
    assert Version.objects.get().artefact == ""


def test_a_server_that_refuses_us_or_talks_nonsense_writes_nothing(
    other: Other, settings: LazySettings
) -> None:
    settings.MRM_MLFLOW_IMPORT_TOKEN = "another"
    with pytest.raises(Unavailable):
        poll()
    settings.MRM_MLFLOW_IMPORT_TOKEN = other.token
    other.models[0]["last_updated_timestamp"] = {"a": 1}
    with pytest.raises(Exception, match="whole number"):
        poll()
    other.model("arrears", 1, description=["no text"])
    assert len(poll()["refused"]) == 1
    assert not Model.objects.exists()
    settings.MRM_MLFLOW_IMPORT_RESPONSIBLE = "nobody"
    with pytest.raises(RuleRefused) as unset:
        poll()
    assert unset.value.code == "import_not_set"


def test_pages_say_where_it_came_from(other: Other) -> None:
    poll()
    reader = Client()
    reader.force_login(
        User.objects.get(person__name="Olga Owner"), backend="django.contrib.auth.backends.ModelBackend"
    )
    host = other.url.partition("//")[2]
    version, experiment = Version.objects.get(), Experiment.objects.get()
    assert (
        f"{host}: arrears, version 4 there, by mia (live)"
        in reader.get(version.get_absolute_url()).content.decode()
    )
    for address in (version.model.get_absolute_url(), experiment.get_absolute_url(), "/experiments/"):
        page = reader.get(address).content.decode()
        assert host in page or address == experiment.get_absolute_url()
    assert host in reader.get(ClientRun.objects.get().get_absolute_url()).content.decode()
