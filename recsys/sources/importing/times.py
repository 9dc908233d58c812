"""Detect the format of times, so that all files are read the same way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE")
INSTANTS = ("DATE", "TIMESTAMP")
# In addition to ISO 8601: tried in this order, so that a date that fits two of them is read by the first.
FORMATS = (
    *("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y"),
    *("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%m/%d/%Y"),
    *("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y"),
    *("%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%B %d, %Y", "%m %d, %Y"),
    *("%a %b %d %H:%M:%S %Y", "%a, %d %b %Y %H:%M:%S", "%d %b %Y, %H:%M"),
)
SHORTEST = 1e-3  # microseconds of the shortest unit, ns
LATEST = 9.2e18  # microseconds since 1970 of the last time that fits 64 bits
UNITS = ((1e11, 1e6), (1e14, 1e3), (1e17, 1.0))  # largest number of a unit -> microseconds of one: s, ms, µs


@dataclass(frozen=True)
class Style:
    """Hold a format of times: ``number`` (Unix), ``instant`` (a type), ``iso`` or ``format``."""

    name: str
    format: str | None = None


def of_type(kind: str) -> Style | None:
    """Return the style of a column of a type that is no text; None where no time is of that type."""
    if kind.startswith((*NUMBERS, "DECIMAL", "UINT", "UBIGINT", "USMALLINT", "UTINYINT", "UHUGEINT")):
        return Style("number")
    return Style("instant") if kind.startswith(INSTANTS) else None


def best(fits: Mapping[str, int]) -> tuple[Style, int]:
    """Return the style that fits most rows of a sample, and how many; ``fits`` counts them by style."""
    styles = {"number": Style("number"), "iso": Style("iso")}
    styles |= {f"f{place}": Style("format", text) for place, text in enumerate(FORMATS)}
    name = max(styles, key=lambda one: fits.get(one, 0))
    return styles[name], fits.get(name, 0)


def unit(largest: float) -> float:
    """Return the microseconds in 1 of a column of Unix times: of seconds, milli-, micro- or nanoseconds."""
    return next((factor for bound, factor in UNITS if largest < bound), SHORTEST)
