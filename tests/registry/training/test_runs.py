"""A run by recipe, from rows to a registered version, and its repetition."""

from __future__ import annotations

from mrm import vault
from mrm.evidence.reproduce import compare
from mrm.kernel import numbers
from registry.training.models import Run
from registry.versions.models import Version
from registry.versions.rules import VersionOrigin
from tests.registry.making import work
from tests.registry.test_pages import client
from tests.registry.training.conftest import LOGISTIC, Shop


def test_a_run_registers_a_version_with_its_whole_lineage(shop: Shop) -> None:
    run = shop.run()
    assert run.state == "succeeded"
    assert not run.reproduced
    version = run.made.version
    assert version.origin == VersionOrigin.TRAINING
    assert (version.run, version.run_reference) == (run.pk, run.reference)
    assert version.registered_by == shop.developer.person
    assert version.training_snapshot == version.test_snapshot == shop.snapshot
    assert version.split["how"] == "at random: 168 train, 72 held out"
    assert vault.get(version.artefact)
    work(version.job)
    assert Version.objects.get(pk=version.pk).admitted().features == ["income", "debt", "region", "age"][:4]


def test_its_evaluation_is_evidence_that_is_computed_again_from_the_vault(shop: Shop) -> None:
    run = shop.run()
    evidence = run.made.evidence.get().evidence
    assert (evidence.kind, evidence.test_id) == ("training", "disc.auc")
    assert str(compare(evidence)) == "identical"
    assert run.made.metrics["disc.auc"]["statistic"] == run.made.auc


def test_a_second_run_with_the_same_bits_marks_the_run_as_reproduced(shop: Shop) -> None:
    run = shop.run(LOGISTIC)
    repetition = shop.repeat(run)
    assert (repetition.verdict, repetition.detail) == ("identical", "")
    assert Run.objects.with_facts().get(pk=run.pk).reproduced


def test_figures_of_runs_side_by_side_open_their_evidence(shop: Shop) -> None:
    runs = shop.run(), shop.run(LOGISTIC)
    asked = "&".join(f"run={run.reference}" for run in runs)
    page = client(shop.developer).get(f"/runs/compare/?{asked}").content.decode()
    for run in runs:
        evidence = run.made.evidence.get().evidence
        assert evidence.get_absolute_url() in page
        assert numbers.figure(evidence.headline["statistic"]) in page
    assert "disc.auc" not in page
