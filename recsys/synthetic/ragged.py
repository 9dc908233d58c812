"""Bookkeeping for records of arrays, and for lists of lists that lie end to end in one array."""

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


def taken(record: Record, rows: BoolArray | IntArray) -> Record:
    """The given rows of a record, by mask or by number."""
    return type(record)(*(column[rows] for column in _columns(record)))


def joined(records: Sequence[Record]) -> Record:
    """Records of one type, end to end."""
    return type(records[0])(*map(np.concatenate, zip(*map(_columns, records), strict=True)))


def _columns(record: Any) -> list[NDArray[Any]]:
    return [getattr(record, field.name) for field in fields(record)]


def starts_of(counts: IntArray) -> IntArray:
    """Where each owner's members start, and one entry more: where the last owner's end."""
    return np.concatenate([[0], np.cumsum(counts)])


def spread(counts: IntArray) -> tuple[IntArray, IntArray]:
    """The owner of each member and the member's position within it, for ``counts`` members an owner."""
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) - starts_of(counts)[owner]


def first_occurrences(keys: IntArray) -> IntArray:
    """Ascending indices of the first occurrence of each distinct key."""
    return np.sort(np.unique(keys, return_index=True)[1])


def shared_out(total: int, weights: FloatArray, rng: np.random.Generator) -> IntArray:
    """``total`` things shared out at random in proportion to ``weights``, at least one to each."""
    return 1 + rng.multinomial(total - len(weights), weights / weights.sum())


def drawn_within(starts: IntArray, weights: FloatArray, group: IntArray, uniform: FloatArray) -> IntArray:
    """A member of each ``group``, in proportion to its weight, picked by a uniform number in [0, 1)."""
    cumulative = np.concatenate([[0.0], np.cumsum(weights)])
    low, high = cumulative[starts[group]], cumulative[starts[group + 1]]
    member = np.searchsorted(cumulative, low + uniform * (high - low), side="right") - 1
    return np.clip(member, starts[group], starts[group + 1] - 1)
