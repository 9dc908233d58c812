"""A figure that a twin is compared by."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isnan
from typing import Any


@dataclass(frozen=True)
class Statistic:
    """A figure of the real data and of a twin; without a tolerance it is for information only.

    ``twin`` is NaN where the data directory has nothing to take the figure from.
    """

    name: str
    real: float
    twin: float
    tolerance: float | None = None

    @property
    def is_within(self) -> bool | None:
        """Whether the twin is within the tolerance of the real figure; None where there is no tolerance."""
        return None if self.tolerance is None else abs(self.twin - self.real) <= self.tolerance

    def as_dict(self) -> dict[str, Any]:
        """The fields and the verdict, for JSON, which knows no NaN."""
        twin = None if isnan(self.twin) else self.twin
        return {**asdict(self), "twin": twin, "is_within": self.is_within}
