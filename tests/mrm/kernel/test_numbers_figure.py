"""How a statistic is printed, on pages and papers alike."""

import pytest

from mrm.kernel import numbers


@pytest.mark.parametrize(
    ("value", "said"),
    [(51.0, "51"), (0.0, "0"), (0.7917, ".792"), (-0.0149, "−.015"), (8.9e-16, "below .001"), (143.27, "143.3"),
     (float("nan"), numbers.NOT_DEFINED), (None, numbers.NOT_DEFINED)],
)  # fmt: skip
def test_a_figure_is_printed_as_its_size_asks(value: object, said: str) -> None:
    assert numbers.figure(value) == said
