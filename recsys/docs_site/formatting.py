"""Format figures of the catalogue; None is a dash."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

NOTHING = "\u2013"
SECOND = 1.0
MINUTE = 60.0


def counted(value: float | None) -> str:
    """Format a whole number with commas."""
    return NOTHING if value is None else f"{value:,.0f}"


def seconds(value: float | None) -> str:
    """Format a duration in milliseconds, seconds or minutes."""
    if value is None:
        return NOTHING
    if value < SECOND:
        return f"{1000 * value:,.0f} ms"
    return f"{value:,.1f} s" if value < MINUTE else f"{value / MINUTE:,.1f} min"


def mebibytes(value: float | None) -> str:
    """Format bytes as MiB."""
    return NOTHING if value is None else f"{value / 2**20:,.0f} MiB"


FILTERS: Mapping[str, Callable[..., Any]] = {"counted": counted, "seconds": seconds, "mebibytes": mebibytes}
