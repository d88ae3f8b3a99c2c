"""Runs that were made elsewhere, runs that start by themselves, and retrains inside an envelope."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mrm import vault
from mrm.access.actors import robot
from mrm.access.intake import Upload
from mrm.access.rules import Robot
from mrm.kernel.errors import BadInput
from mrm.ledger.clock import now
from registry.training import due, providers, queries, verbs
from registry.training.models import Recipe
from registry.training.rules import Rhythm
from registry.versions import verbs as versions
from registry.versions.gates import Answer, Ask
from registry.versions.models import Version
from registry.versions.rules import Format
from tests.registry.making import released, rows, work
from tests.registry.training.conftest import Shop


def notebook(shop: Shop, artefact: bytes, kind: str) -> str:
    """An imported run, its job done."""
    run = verbs.import_run(
        shop.developer,
        model=shop.model,
        artefact=Upload.of("model", artefact),
        format=Format(kind),
        snapshot=shop.snapshot,
        test_snapshot=shop.snapshot,
        title="notebook",
        metrics={"auc": 0.8},
        code=Upload.of("train.ipynb", b"{}"),
    )
    work(run.job)
    return run.reference


TREES = "train: {use: lightgbm, parameters: {rounds: 12, num_leaves: 5, learning_rate: 0.2}}"


@pytest.mark.slow
def test_an_imported_run_is_reproduced_by_a_recipe_that_gives_the_same_bits(shop: Shop) -> None:
    # trees: a linear model fitted in this process, on another kernel, would rightly differ in its last bits
    made = shop.run(TREES).made
    imported = queries.run(notebook(shop, vault.get(made.artefact), "lightgbm-txt"))
    assert (imported.standing, imported.kind) == ("not reproduced", "imported")
    other = shop.repeat(imported, shop.recipe(TREES.replace("0.2", "0.1")))
    assert (other.verdict, other.step) == ("diverged", "predictions")
    assert "of 240 differ" in other.detail
    same = shop.repeat(imported, shop.recipe(TREES))
    assert (same.verdict, same.step, same.detail) == ("identical", "", "")
    assert queries.run(imported.reference).reproduced
    assert imported.made.version == made.version, "the same file is the same version"
    # the same rows given apart: nothing of the test snapshot trains, and all of the other does
    apart = shop.repeat(
        imported, shop.recipe(TREES, split=f"{{kind: given, snapshot: {shop.snapshot.reference}}}")
    )
    assert apart.trace["split"]["train"] == apart.trace["split"]["held_out"] == 240
    assert (apart.verdict, apart.step) == ("diverged", "predictions")


@pytest.mark.slow
def test_an_uploaded_file_has_its_lawful_way_through_the_gate(shop: Shop) -> None:
    made = shop.run(TREES).made
    shop.repeat(made.run)
    file = Upload.of("model.txt", vault.get(made.artefact))
    version = versions.register_version(
        shop.developer,
        model=shop.model,
        format=Format.LIGHTGBM,
        artefact=file,
        training_snapshot=shop.snapshot,
        test_snapshot=shop.snapshot,
    )
    assert asked(version).state == "met", "a recipe made the same file, and its run was repeated"
    version.artefact = "0" * 64
    assert asked(version).state == "unmet"
    assert asked(version).url == f"/models/{shop.model.reference}/runs/import/"
    assert "external" in asked(version).sentence


def asked(version: Version) -> Answer:
    """What the gate hears of the version's run."""
    return providers.run_reproduced(Ask(version, {}, now().date()))


def test_a_new_snapshot_starts_one_run(shop: Shop) -> None:
    recipe = newest(shop)
    schedule = verbs.set_schedule(shop.developer, recipe=recipe, rhythm=Rhythm.SNAPSHOT)
    assert due.start_due(now()) == 0
    second = released(shop.developer, shop.dataset, rows(seed=8))
    assert due.start_due(now()) == 1
    assert due.start_due(now()) == 0
    run = recipe.runs.get()
    assert (run.snapshot, run.started_by) == (second, shop.developer.person)
    assert run.trigger == f"at each new snapshot of the dataset: {second.reference}"
    verbs.stop_schedule(shop.developer, schedule=schedule)
    released(shop.developer, shop.dataset, rows(seed=9))
    assert due.start_due(now()) == 0


def test_a_rhythm_starts_one_run_in_its_period(shop: Shop) -> None:
    recipe = newest(shop)
    verbs.set_schedule(shop.developer, recipe=recipe, rhythm=Rhythm.DAILY)
    assert [due.start_due(now() + timedelta(days=day)) for day in (0, 0, 1)] == [1, 0, 1]


def test_a_recipe_on_one_snapshot_cannot_be_scheduled(shop: Shop) -> None:
    with pytest.raises(BadInput, match="same rows each time") as refused:
        verbs.set_schedule(shop.developer, recipe=shop.recipe(), rhythm=Rhythm.DAILY)
    assert refused.value.code == "schedule_wrong"


def test_only_the_scheduler_starts_what_is_due(shop: Shop) -> None:
    schedule = verbs.set_schedule(shop.developer, recipe=newest(shop), rhythm=Rhythm.DAILY)
    clock = robot(Robot.SCHEDULER, on_behalf_of=shop.developer.person)
    assert verbs.run_due(clock, schedule=schedule, key="a", snapshot=None, trigger="a") is not None
    assert verbs.run_due(clock, schedule=schedule, key="a", snapshot=None, trigger="a") is None


def newest(shop: Shop) -> Recipe:
    """A recipe on the newest snapshot of the dataset."""
    return shop.recipe(data=f"{{dataset: {shop.dataset.reference}, snapshot: newest}}")
