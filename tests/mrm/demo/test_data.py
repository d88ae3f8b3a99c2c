"""The data that the demonstration carries: the published files as they are, and the synthetic stream as its truth says."""

from __future__ import annotations

import csv
import hashlib
from datetime import timedelta

import numpy as np
import pytest

from mrm.demo import fraud, loanapp


@pytest.fixture(scope="module")
def stream() -> fraud.Stream:
    return fraud.stream()


def test_loanapp_is_the_published_file() -> None:
    data = loanapp.published()
    assert hashlib.sha256(data).hexdigest() == loanapp.SHA256
    rows = list(csv.DictReader(data.decode().splitlines()))
    assert (len(rows), len(rows[0])) == (1989, 59)
    assert set(loanapp.DECISION_ONLY) < set(rows[0])
    assert {row["approve"] for row in rows if row["action"] in {"1", "2"}} == {"1"}


def test_the_same_seed_gives_the_same_stream(stream: fraud.Stream) -> None:
    again = fraud.stream()
    assert stream.events.equals(again.events)
    assert stream.labels.equals(again.labels)
    assert not fraud.stream(seed=2, customers=40).events.equals(fraud.stream(seed=3, customers=40).events)


def test_frauds_come_as_often_as_the_truth_says(stream: fraud.Stream) -> None:
    expected, spread = (
        stream.probability.sum(),
        np.sqrt((stream.probability * (1 - stream.probability)).sum()),
    )
    assert abs(stream.labels["fraud"].sum() - expected) < 3 * spread


def test_a_fit_on_the_true_terms_finds_the_true_parameters(stream: fraud.Stream) -> None:
    import statsmodels.api as sm

    known = stream.terms[["log_amount", "night", "abroad", "recent"]].astype(float)
    offset = stream.terms["merchant"].map(stream.truth.merchants)
    fit = sm.GLM(
        stream.labels["fraud"], sm.add_constant(known), offset=offset, family=sm.families.Binomial()
    ).fit()
    true = [getattr(stream.truth, name) for name in ("intercept", *known.columns)]
    assert np.all(np.abs((fit.params.to_numpy() - true) / fit.bse.to_numpy()) < 3.5)


def test_recent_counts_what_came_before_within_a_day(stream: fraud.Stream) -> None:
    some = stream.events[stream.events["customer"] == stream.events["customer"].mode()[0]]
    for place in some.index[5:40]:
        at = stream.events.loc[place, "at"]
        window = some[(some["at"] < at) & (some["at"] >= at - timedelta(days=1))]
        assert stream.terms.loc[place, "recent"] == min(len(window), 10)


def test_nothing_is_known_before_it_happened_and_labels_come_later(stream: fraud.Stream) -> None:
    assert (stream.events["received_at"] > stream.events["at"]).all()
    assert stream.events["at"].is_monotonic_increasing
    until = fraud.START + timedelta(days=60)
    seen = fraud.observed(stream, until)
    assert 0 < len(seen) < len(stream.events)
    assert (seen["known_at"] <= until).all()
