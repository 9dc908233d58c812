"""Records of arrays of equal length, and lists of lists stored end to end in one array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Record = TypeVar("Record")  # a dataclass of arrays of one length


def take(record: Record, rows: BoolArray | IntArray) -> Record:
    """Return the given rows of a record, by mask or by number."""
    return type(record)(*(column[rows] for column in _columns(record)))


def concatenate(records: Sequence[Record]) -> Record:
    """Concatenate records of one type."""
    return type(records[0])(*map(np.concatenate, zip(*map(_columns, records), strict=True)))


def _columns(record: Any) -> list[NDArray[Any]]:
    return [getattr(record, field.name) for field in fields(record)]


def starts_of(counts: IntArray) -> IntArray:
    """Return where each owner's members start, and at the end where the last owner's end."""
    return np.concatenate([[0], np.cumsum(counts)])


def members(counts: IntArray) -> tuple[IntArray, IntArray]:
    """Return the owner of each member and its position there, for ``counts`` members per owner."""
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) - starts_of(counts)[owner]


def first_occurrences(keys: IntArray) -> IntArray:
    """Return ascending indices of the first occurrence of each distinct key."""
    return np.sort(np.unique(keys, return_index=True)[1])


def allocate(total: int, weights: FloatArray, rng: np.random.Generator) -> IntArray:
    """Divide ``total`` at random in proportion to ``weights``, at least one each."""
    return 1 + rng.multinomial(total - len(weights), weights / weights.sum())


def sample_within(starts: IntArray, weights: FloatArray, group: IntArray, uniform: FloatArray) -> IntArray:
    """Sample a member of each ``group`` in proportion to its weight, by a uniform number in [0, 1)."""
    cumulative = np.concatenate([[0.0], np.cumsum(weights)])
    low, high = cumulative[starts[group]], cumulative[starts[group + 1]]
    member = np.searchsorted(cumulative, low + uniform * (high - low), side="right") - 1
    return np.clip(member, starts[group], starts[group + 1] - 1)
