"""A content says everything that it lacks before anybody signs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mrm.kernel.errors import RuleRefused
from mrm.papers.complete import gaps, refuse_gaps
from tests.mrm.papers import sample

CHARTS = set(sample.charts())


def test_the_sample_lacks_nothing() -> None:
    assert gaps(sample.said(), CHARTS) == []


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda c: c["sections"].pop(3), "missing: 4"),
        (lambda c: c["sections"][4].update(rating=None), "Section 5 ends without"),
        (lambda c: c["sections"][4].update(conclusion=" "), "Section 5 ends without"),
        (lambda c: c["sections"][10].update(blocks=[]), "Section 11 is empty"),
        (lambda c: c["evidence"].clear(), "which the content does not list"),
        (lambda c: c["findings"][0].update(evidence=["00" * 32]), "Finding f-01 cites ev:0000000000"),
    ],
)
def test_each_gap_is_said(spoil: Callable[[dict[str, Any]], Any], says: str) -> None:
    content = sample.said()
    spoil(content)
    assert any(says in gap for gap in gaps(content, CHARTS))
    with pytest.raises(RuleRefused) as refused:
        refuse_gaps(content, CHARTS)
    assert refused.value.code == "paper_content"


def test_figures_need_a_chart_and_words() -> None:
    content = sample.said()
    assert any("no chart" in gap for gap in gaps(content, CHARTS - {"roc"}))
    pair = next(block for block in content["sections"][6]["blocks"] if block["kind"] == "pair")
    pair["figures"][0]["alt"] = ""
    assert any("cannot see it" in gap for gap in gaps(content, CHARTS))
