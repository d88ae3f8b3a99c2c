"""One thing changed between a run and its repetition: the repetition names the step at which they part, and by how much."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connection

from mrm import vault
from mrm.access import guard
from mrm.evidence.environment import environment
from mrm.ledger import triggers
from mrm.vault.folder import FolderStore
from mrm.vault.installed import store
from registry.training import comparing, repeating
from registry.training.comparing import Comparison, Kept
from registry.training.models import Run
from tests.registry.training.conftest import LOGISTIC, SCORECARD, Shop

TREES = "train: {use: lightgbm, parameters: {rounds: 8, num_leaves: 5}}"


@pytest.fixture
def run(shop: Shop) -> Run:
    """A run."""
    return shop.run()


def parted(run: Run, shop: Shop, train: str = SCORECARD, **changes: str) -> Comparison:
    """The run repeated by a recipe in which something is otherwise."""
    return repeating.repeat(run, shop.recipe(train, **changes))[0]


def test_nothing_changed(run: Run, shop: Shop) -> None:
    assert str(parted(run, shop)) == "identical"
    assert str(parted(run, shop, name="another name")) == "identical", "a name computes nothing"


@pytest.fixture
def other_library(tmp_path: Path) -> Iterator[None]:
    """The machine as it is, on which scikit-learn says that it is another version."""
    facts = tmp_path / "scikit_learn-99.1.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: scikit-learn\nVersion: 99.1\n")
    sys.path.insert(0, str(tmp_path))
    environment.cache_clear()
    yield
    sys.path.remove(str(tmp_path))
    environment.cache_clear()


def test_one_library_version(run: Run, request: pytest.FixtureRequest) -> None:
    before = environment()["libraries"]["scikit-learn"]
    request.getfixturevalue("other_library")
    found, _ = repeating.repeat(run, run.recipe)
    assert found.step == "environment"
    assert "libraries.scikit-learn" in found.detail
    assert before in found.detail
    assert "99.1" in found.detail
    assert found.detail.endswith("predictions: the same bits"), "how much it matters is said with it"


def vault_file(digest: str) -> Path:
    """Where the folder of the vault keeps bytes."""
    held = store()
    assert isinstance(held, FolderStore)
    return held.path(digest)


def test_one_byte_of_the_input(run: Run) -> None:
    file = vault_file(run.snapshot.content.parquet)
    whole = file.read_bytes()
    file.chmod(0o644)
    try:
        file.write_bytes(whole[:400] + bytes([whole[400] ^ 1]) + whole[401:])
        found, _ = repeating.repeat(run, run.recipe)
    finally:
        file.write_bytes(whole)
        file.chmod(0o444)
    assert found.step == "data"
    assert run.snapshot.content.parquet in found.detail
    assert repeating.repeat(run, run.recipe)[0].verdict == "identical"


def test_one_digit_of_the_input_with_every_digest_made_to_fit(run: Run, shop: Shop) -> None:
    """Whoever owns the database lets the snapshot point at other rows, stored under their right digest."""
    held = run.snapshot.content
    table = pq.read_table(io.BytesIO(vault.get(held.parquet)))
    debts = table["debt"].to_pylist()
    debts[17] += 0.01
    place = table.column_names.index("debt")
    other = table.set_column(
        place, table.schema.field("debt"), pa.array(debts, table.schema.field("debt").type)
    )
    sink = io.BytesIO()
    pq.write_table(other, sink)
    triggers.drop_all(connection)
    token = guard.opened()
    try:
        type(held).objects.filter(pk=held.pk).update(parquet=vault.put(sink.getvalue()))
    finally:
        guard.closed(token)
    again = Run.objects.with_facts().get(pk=run.pk)
    found, _ = repeating.repeat(again, again.recipe)
    assert found.step == "data"
    assert found.detail.startswith("digest:")


def test_the_draw_of_the_split(run: Run, shop: Shop) -> None:
    found = parted(run, shop, split="{kind: random, share: 0.7, seed: 8}")
    assert found.step == "split"
    assert found.detail.endswith("of 240 rows stand on the other side")
    assert 0 < int(found.detail.split()[0]) < 240


def test_a_step_of_preprocessing_and_one_parameter(shop: Shop) -> None:
    run = shop.run(LOGISTIC)
    found = parted(run, shop, LOGISTIC.replace("StandardScaler", "MinMaxScaler"))
    assert found.step == "preprocessing"
    assert found.detail.startswith("column group0__income: mean ")
    assert "(3 of 6 columns differ)" in found.detail
    found = parted(run, shop, LOGISTIC.replace("C: 0.5", "C: 0.6"))
    assert (found.step, found.detail) == ("parameters", "model__C: 0.5 before, 0.6 now")


def test_one_parameter_of_trees(shop: Shop) -> None:
    found = parted(shop.run(TREES), shop, TREES.replace("num_leaves: 5", "num_leaves: 6"))
    assert (found.step, found.detail) == ("parameters", "num_leaves: 5 before, 6 now")


def test_predictions_alone(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that somebody mended by hand: the same version and settings, other digits."""
    import lightgbm

    run = shop.run(TREES)
    train = lightgbm.train

    def mended(settings: dict[str, Any], data: Any, num_boost_round: int) -> Any:
        return train(settings, data, num_boost_round=num_boost_round + 1)

    monkeypatch.setattr(lightgbm, "train", mended)
    found, _ = repeating.repeat(run, run.recipe)
    assert found.step == "predictions"
    assert "of 72 differ, at most" in found.detail
    assert "ulp; row " in found.detail


def kept(**changes: Any) -> Kept:
    """What a run left, small and by hand."""
    p = np.array([0.25, 0.5, 0.75])
    facts = {
        "environment": {"pins": {"OPENBLAS_CORETYPE": "Haswell"}},
        "data": {"digest": "d", "rows": 9},
        "split": {"digest": "s"},
        "preprocessing": {"x": {"digest": "x", "mean": 1.5}},
        "parameters": {"C": 0.5},
        "predictions": {"digest": "p"},
    }
    predictions = changes.pop("p", p)
    return Kept({**facts, **changes}, np.packbits(np.ones(9, dtype=bool)).tobytes(), predictions.tobytes())


def test_another_kernel_is_told_in_units_in_the_last_place() -> None:
    near = np.array([0.25, np.nextafter(np.nextafter(0.5, 1), 1), np.nextafter(0.75, 0)])
    other = kept(environment={"pins": {"OPENBLAS_CORETYPE": "SkylakeX"}}, p=near, predictions={"digest": "q"})
    found = comparing.compare(kept(), other)
    assert found.step == "environment"
    assert "OPENBLAS_CORETYPE" in found.detail
    assert "2 of 3 differ, at most 2 ulp" in found.detail


@pytest.mark.parametrize("step", comparing.STEPS)
def test_the_first_step_is_named_when_all_that_follow_differ_too(step: str) -> None:
    after = comparing.STEPS[comparing.STEPS.index(step) :]
    changes: dict[str, Any] = {
        "environment": {"pins": {}},
        "data": {"digest": "D", "rows": 9},
        "split": {"digest": "S"},
        "preprocessing": {"x": {"digest": "X", "mean": 2.5}},
        "parameters": {"C": 0.6},
        "predictions": {"digest": "P"},
    }
    found = comparing.compare(
        kept(), kept(**{name: changes[name] for name in after}, p=np.array([0.2, 0.5, 0.7]))
    )
    assert found.step == step
    assert found.detail


def test_a_column_that_came_or_went_is_named() -> None:
    more = kept(preprocessing={"x": {"digest": "x", "mean": 1.5}, "y": {"digest": "y", "mean": 0.0}})
    assert comparing.compare(kept(), more).detail == "column y is new"
    assert comparing.compare(more, kept()).detail == "column y is absent now"
