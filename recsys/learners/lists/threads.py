"""Threads over rows: each row is computed by one thread, so results do not depend on their number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from recsys.learners.common.blas import one_thread

Result = TypeVar("Result")
BLOCK_BYTES = 64 << 20  # scores of a block of users, for each thread
PIECES = 8  # pieces a thread, so that a thread with short rows takes more of them


def for_rows(function: Callable[[int, int], Result], rows: int, threads: int) -> list[Result]:
    """Return ``function(first, last)`` of consecutive pieces that cover ``rows``, in their order."""
    size = max(1, -(-rows // (threads * PIECES)))
    starts = range(0, rows, size)
    with one_thread(), ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda start: function(start, min(start + size, rows)), starts))


def tiles(size: int, tile: int) -> Iterator[slice]:
    """Yield slices of ``tile`` rows that cover ``size``; the last may be shorter."""
    return (slice(start, min(start + tile, size)) for start in range(0, size, tile))
