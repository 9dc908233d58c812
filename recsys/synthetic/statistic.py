"""A statistic of the real data and of the demo data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isnan
from typing import Any


@dataclass(frozen=True)
class Statistic:
    """Compare a statistic of the real data with that of the demo data; without a tolerance it is informative.

    ``twin`` is the demo data's value, NaN where it cannot be computed.
    """

    name: str
    real: float
    twin: float
    tolerance: float | None = None

    @property
    def is_within(self) -> bool | None:
        """Return whether the demo data are within the tolerance, None without one."""
        return None if self.tolerance is None else abs(self.twin - self.real) <= self.tolerance

    def as_dict(self) -> dict[str, Any]:
        """Return the fields and the result as JSON types; NaN becomes None."""
        twin = None if isnan(self.twin) else self.twin
        return {**asdict(self), "twin": twin, "is_within": self.is_within}
