"""A synthetic stream of card payments whose true fraud model is known. Nothing in it is real, and it says so.

Real streams of this kind are not free to carry. This one serves what only a stream can show: features over time
windows, labels that arrive weeks after the event, records that arrive late. Because the probability of each event is
drawn from `TRUTH`, an estimate can be compared with what is true, which no real data allows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

SYNTHETIC = (
    "Synthetic: card payments from a seeded generator with known true parameters (mrm/demo/fraud.py); no real "
    "customer, merchant or payment."
)
START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = 86_400


@dataclass(frozen=True)
class Merchant:
    """A merchant category: its code as card schemes write it, its share of payments, and what it adds to the logit."""

    code: str
    share: float
    logit: float


MERCHANTS = (
    Merchant("5411", 0.34, -0.6),  # groceries
    Merchant("5812", 0.22, -0.3),  # restaurants
    Merchant("5541", 0.16, 0.0),  # petrol
    Merchant("5999", 0.14, 0.4),  # shops of all kinds
    Merchant("5732", 0.08, 1.0),  # electronics
    Merchant("4829", 0.06, 1.6),  # money transfer
)


@dataclass(frozen=True)
class Truth:
    """The model the frauds are drawn from: `logit = intercept + Σ coefficient · term + merchant`.

    Terms: `log_amount` = ln(amount / customer's usual amount) · `night` = between 0 and 6 o'clock UTC · `abroad` ·
    `recent` = the customer's payments in the 24 hours before, at most 10.
    """

    intercept: float = -4.8
    log_amount: float = 0.9
    night: float = 0.8
    abroad: float = 1.2
    recent: float = 0.25
    merchants: dict[str, float] = field(default_factory=lambda: {item.code: item.logit for item in MERCHANTS})
    label_days: float = 12.0  # median days until a fraud is reported
    cleared_days: int = 45  # days after which an unreported payment counts as good
    late_share: float = 0.03  # of events that reach the bank hours later
    late_hours: float = 9.0


TRUTH = Truth()


@dataclass(frozen=True)
class Stream:
    """What the bank sees (`events`, then `labels` when they are known) and what only the generator knows.

    `events`: event, customer, at (event time), received_at (when known), amount, merchant, abroad.
    `labels`: event, fraud, known_at. In the order of `events`: `terms`, the true terms of the model (`recent` is a
    feature a bank can build; `log_amount` rests on the customer's usual amount, which it can only estimate), and
    `probability`, the true one.
    """

    events: pd.DataFrame
    labels: pd.DataFrame
    terms: pd.DataFrame
    probability: npt.NDArray[np.float64]
    truth: Truth = TRUTH


def stream(
    *,
    customers: int = 400,
    days: int = 120,
    seed: int = 20260101,
    start: datetime = START,
    truth: Truth = TRUTH,
) -> Stream:
    """The same arguments give the same stream, bit for bit."""
    import numpy as np
    import pandas as pd

    draw = np.random.default_rng(seed)
    habits = draw.gamma(2.0, 0.25, customers) + 0.05  # payments a day
    usual = np.exp(draw.normal(3.4, 0.5, customers))  # a customer's usual amount
    counts = draw.poisson(habits * days)
    who = np.repeat(np.arange(customers), counts)
    seconds = np.floor(_times_of_day(draw, len(who)) + draw.integers(0, days, len(who)) * DAY)
    order = np.lexsort((who, seconds))
    who, seconds = who[order], seconds[order]
    amount = np.maximum(np.round(usual[who] * np.exp(draw.normal(0, 0.8, len(who))), 2), 0.5)
    merchant = draw.choice(len(MERCHANTS), len(who), p=[item.share for item in MERCHANTS])
    abroad = draw.random(len(who)) < 0.06
    terms = pd.DataFrame(
        {
            "log_amount": np.log(amount / usual[who]),
            "night": (seconds % DAY < 6 * 3600).astype("int64"),
            "abroad": abroad.astype("int64"),
            "recent": np.minimum(recent_counts(who, seconds), 10),
            "merchant": [MERCHANTS[place].code for place in merchant],
        }
    )
    chance = probability(truth, terms)
    fraud = draw.random(len(who)) < chance
    at = pd.Timestamp(start) + pd.to_timedelta(seconds, unit="s")
    event = [f"E{number:07d}" for number in range(1, len(who) + 1)]
    lateness = np.where(
        draw.random(len(who)) < truth.late_share, draw.exponential(truth.late_hours, len(who)), 0.0
    )
    reported = truth.label_days * np.exp(draw.normal(0, 0.6, len(who)))
    known_days = np.where(fraud, np.minimum(reported, truth.cleared_days), truth.cleared_days)
    events = pd.DataFrame(
        {
            "event": event,
            "customer": [f"C{number:05d}" for number in who + 1],
            "at": at,
            "received_at": at + pd.to_timedelta(np.round(lateness * 3600) + 1, unit="s"),
            "amount": amount,
            "merchant": terms["merchant"],
            "abroad": terms["abroad"],
        }
    )
    known_at = at + pd.to_timedelta(np.round(known_days * DAY), unit="s")
    labels = pd.DataFrame({"event": event, "fraud": fraud.astype("int64"), "known_at": known_at})
    return Stream(events, labels, terms, chance, truth)


def probability(truth: Truth, terms: pd.DataFrame) -> npt.NDArray[np.float64]:
    """The true probability of fraud of each payment."""
    import numpy as np

    logit = (
        truth.intercept
        + truth.log_amount * terms["log_amount"]
        + truth.night * terms["night"]
        + truth.abroad * terms["abroad"]
        + truth.recent * terms["recent"]
        + terms["merchant"].map(truth.merchants)
    ).to_numpy(dtype=float)
    chance: npt.NDArray[np.float64] = 1 / (1 + np.exp(-logit))
    return chance


def recent_counts(
    who: npt.NDArray[np.int64], seconds: npt.NDArray[np.float64], window: int = DAY
) -> npt.NDArray[np.int64]:
    """How many payments the same customer made in the `window` seconds before each; rows are in order of time."""
    import numpy as np

    counts = np.zeros(len(who), dtype=np.int64)
    order = np.argsort(who, kind="stable")
    for mine in np.split(order, np.flatnonzero(np.diff(who[order])) + 1):
        times = seconds[mine]
        first = np.searchsorted(times, times - window, side="left")
        before = np.searchsorted(times, times, side="left")  # a payment in the same second is not before
        counts[mine] = before - first
    return counts


def observed(stream: Stream, until: datetime) -> pd.DataFrame:
    """The events whose label was known by `until`, with it: what a bank could train on at that moment.

    Frauds are known sooner than good payments are cleared, so the last weeks of such a set hold too many frauds: a true
    trap of such data, not a fault of the generator. `observed(…)` up to `until` less `cleared_days` is free of it.
    """
    import pandas as pd

    known = stream.labels[stream.labels["known_at"] <= pd.Timestamp(until)]
    return stream.events.merge(known, on="event", how="inner", validate="one_to_one")


def _times_of_day(draw: np.random.Generator, size: int) -> npt.NDArray[np.float64]:
    """Most payments around 14:00, a few at night."""
    import numpy as np

    day = draw.normal(14, 4, size) * 3600
    night = draw.uniform(0, DAY, size)
    mixed: npt.NDArray[np.float64] = np.where(draw.random(size) < 0.15, night, day) % DAY
    return mixed
