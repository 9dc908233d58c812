"""Numbers as the explorer writes them."""

from __future__ import annotations

import pytest

from recsys.ui.charts import figure, signed


@pytest.mark.parametrize("noise", [0.0, 1.4e-15, -1.4e-15, 3e-10])
def test_rounding_errors_are_written_as_zero(noise: float) -> None:
    assert figure(noise) == signed(noise) == "0"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.96421, "+0.9642"), (-3.2, "\u22123.2"), (1819.4, "+1,819"), (2e-6, "+2.000e\u221206")],
)
def test_figures_keep_their_significant_digits(value: float, text: str) -> None:
    assert signed(value) == text
