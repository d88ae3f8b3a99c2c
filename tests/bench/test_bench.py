"""The benchmarks are run at tiny sizes so that they do not rot. Nothing here looks at a clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from mrm.config.management.commands.bench import found, lines, measured
from tests.bench.kit.figures import Asked, Cost, Figure

TINY = 0.001


def figure(ours: float, theirs: float | None, asked: Asked) -> Figure:
    """A figure of two walls."""
    return Figure("work", Cost(ours, ours), "a peer", None if theirs is None else Cost(theirs, theirs), asked)


def test_a_ratio_is_judged_by_what_is_asked() -> None:
    faster = Asked("times faster", 5, 10)
    assert [figure(1, theirs, faster).verdict for theirs in (4, 5, 10, None)] == [
        *("MISSED", "met", "aim met", "")
    ]
    floor = Asked("at most times", 4, 2.5)
    assert [figure(ours, 1, floor).verdict for ours in (2, 3, 5)] == ["aim met", "met", "MISSED"]
    seconds = Asked("at most seconds", 15)
    assert [figure(ours, None, seconds).verdict for ours in (15, 16)] == ["met", "MISSED"]


def test_bounds_are_not_judged_on_small_data() -> None:
    said = figure(1, 4, Asked("times faster", 5)).to_json()
    assert any("MISSED" in line for line in lines(said, judged=True))
    assert not any("MISSED" in line for line in lines(said, judged=False))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where homes are made, and the migrated one that benchmarks copy."""
    return tmp_path_factory.mktemp("bench")


@pytest.mark.slow
@pytest.mark.parametrize("name", found())
def test_a_benchmark_agrees_with_its_peer(name: str, folder: Path) -> None:
    answer = measured(name, TINY, folder)
    assert isinstance(answer, dict), answer
    assert [text for figure in answer["figures"] for text in lines(figure, judged=False)]
