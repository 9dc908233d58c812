"""A statistic of the real data and of the demo data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isnan
from typing import Any


@dataclass(frozen=True)
class Statistic:
    """Compare a statistic of the real data with that of the demo data; without a tolerance it is informative.

    ``value`` is that of the data set, NaN where it cannot be computed.
    """

    name: str
    real: float
    value: float
    tolerance: float | None = None

    @property
    def is_within(self) -> bool | None:
        """Return whether the demo data are within the tolerance, None without one."""
        return None if self.tolerance is None else abs(self.value - self.real) <= self.tolerance

    def as_dict(self) -> dict[str, Any]:
        """Return the fields and the result as JSON types; NaN becomes None."""
        value = None if isnan(self.value) else self.value
        return {**asdict(self), "value": value, "is_within": self.is_within}
