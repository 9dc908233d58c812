"""Accept ids and numbers of other libraries: NumPy scalars and arrays, series of pandas and polars."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Mapping
from typing import Any

from recsys.errors import UsageError
from recsys.serving.ids import Id

LARGEST_K = 1_000_000


def one_id(given: Any, what: str = "id") -> Id:
    """Return a text as str, anything that counts (`operator.index`) as int; UsageError for anything else."""
    if isinstance(given, str):
        return str(given)
    try:
        return operator.index(given)
    except TypeError:
        raise UsageError(f"{what} {given!r}: expected a whole number or a text") from None


def many_ids(given: Any, what: str = "id") -> list[Id]:
    """Return one id or several as a list: of a list, an array, a series, a set or a generator.

    UsageError for what holds no ids, such as a data frame or a mapping.
    """
    if isinstance(given, str) or (hasattr(given, "__index__") and not hasattr(given, "__len__")):
        return [one_id(given, what)]
    has_columns = hasattr(given, "columns") or isinstance(given, (Mapping, bytes))
    if has_columns or (not isinstance(given, Iterable) and not hasattr(given, "__array__")):
        raise UsageError(f"{what}s: expected ids, a list or a series of them, found {type(given).__name__}")
    listed = given.tolist() if hasattr(given, "tolist") else given
    return [one_id(one, what) for one in (listed if isinstance(listed, Iterable) else [listed])]


def count_of(given: Any, name: str = "k") -> int:
    """Return a number of items; UsageError, which names it, outside 1..1,000,000."""
    expected = f"expected a whole number 1..{LARGEST_K:,}"
    try:
        count = operator.index(given)
    except TypeError:
        raise UsageError(f"{name} = {given!r}: {expected}") from None
    if not 1 <= count <= LARGEST_K:
        raise UsageError(f"{name} = {count}: {expected}")
    return count


def values_by_id(given: Any) -> dict[Id, float]:
    """Return values by item: of a mapping, or of a series with the items as its index."""
    if not hasattr(given, "items") or isinstance(given, type):
        raise UsageError(f"ratings: expected a mapping of items to ratings, found {type(given).__name__}")
    return {one_id(item, "item"): _real(value, item) for item, value in given.items()}


def _real(value: Any, item: Any) -> float:
    try:
        number = float("nan") if isinstance(value, (str, bytes)) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if math.isnan(number):
        raise UsageError(f"rating {value!r} of item {item!r}: expected a number")
    return number
