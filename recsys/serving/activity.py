"""Classes of users by their number of ratings."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise


def activity_ranges(starts: Sequence[int]) -> dict[int, str]:
    """Return the range of ratings, such as '10 to 19' or '50+', of each class of users by its start."""
    ascending = sorted(starts)
    labels = [f"{low:,} to {high - 1:,}" for low, high in pairwise(ascending)]
    return dict(zip(ascending, [*labels, *(f"{last:,}+" for last in ascending[-1:])], strict=True))
