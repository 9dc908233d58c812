"""Read the training file in one pass: headers ``UserId|n``, each with its n lines ``ItemId<TAB>Rating``.

Arrow's CSV reader parses blocks of whole lines, in which a header is rewritten to look like a rating:
``7|12`` becomes ``7<TAB>-112``, a negative count. The leading 1 preserves zeros that should not be there.
Each block is checked against the format; `recsys.sources.lines` finds the line that breaks it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from recsys.project.contract import Context, Rows, proven
from recsys.sources.plain_text import LONGEST_LINE, blocks_of_text

Integers = NDArray[np.int32]
Lines = NDArray[np.int64]

SCHEMA = proven(
    pa.schema(
        [
            ("user_id", pa.int32()),
            ("item_id", pa.int32()),
            ("rating", pa.int16()),
            ("seq", pa.int64()),
            ("value", pa.float64()),
            ("is_like", pa.bool_()),
        ]
    ),
    ("user_id", "item_id"),
)
BLOCK = 1 << 21  # bytes: a parsed block fits in the processor's cache
POWERS = 10 ** np.arange(11)
UNREADABLE = (b"-", b"\r", b"x", b"X")  # Arrow reads these as parts of numbers or line ends
READ = csv.ReadOptions(use_threads=False, block_size=1 << 30, column_names=["first", "second"])
PARSE = csv.ParseOptions(delimiter="\t", quote_char=False, ignore_empty_lines=False)
CONVERT = csv.ConvertOptions(
    column_types={"first": pa.int32(), "second": pa.int32()}, null_values=[], check_utf8=False
)


class MalformedError(ValueError):
    """Report that the file breaks the format."""


def ratings(inputs: Mapping[str, Path], settings: Mapping[str, Any], context: Context) -> Mapping[str, Rows]:
    """Read the ratings of the training file as a stream.

    Parameters
    ----------
    inputs : mapping of str to Path
        ``train``.
    settings : mapping
        ``lowest`` and ``highest`` rating, and ``liked``, from which on a rating is a like.
    context : Context
        Not used.

    Returns
    -------
    mapping of str to rows
        ``staging.ratings`` (user_id, item_id, rating, seq, value, is_like), in the order of lines; ``seq`` is
        the line number, ``value`` the rating.

    Raises
    ------
    MalformedError
        While reading: a block breaks the format, or repeats a user or an item of a user.
    """
    blocks = History(settings["lowest"], settings["highest"], settings["liked"]).batches(inputs["train"])
    return {"staging.ratings": pa.RecordBatchReader.from_batches(SCHEMA, blocks)}


class History:
    """Parse blocks of lines; keep the current user and the number of lines still expected."""

    def __init__(self, lowest: int, highest: int, liked: int) -> None:
        self.lowest, self.highest, self.liked = lowest, highest, liked
        self.user, self.missing, self.line = -1, 0, 0
        self.open: Lines = np.empty(0, np.int64)  # user and item of the user's lines so far, sorted
        self.users: list[Integers] = []

    def batches(self, path: Path) -> Iterator[pa.RecordBatch]:
        """Yield the ratings of the file, one batch per block of text."""
        for block in _whole_lines(path):
            yield self.batch(block)
        _require(self.missing == 0, "the last header counts more lines than follow")
        users = np.sort(np.concatenate(self.users)) if self.users else np.empty(0, np.int32)
        _require(not (users[1:] == users[:-1]).any(), "a user has two headers")

    def batch(self, block: bytes) -> pa.RecordBatch:
        """Return the ratings of a block that continues the previous one."""
        first, second = _numbers(block)
        heads = np.flatnonzero(second < 0)
        users, counts = first[heads], _counts(second[heads])
        items, rated = np.delete(first, heads), np.delete(second, heads)
        length = _digits(first) + _digits(rated) + _digits(counts) + 2 * len(first)
        _require(length == len(block), "a line has more characters than its numbers")
        _require(
            not len(rated) or (rated.min() >= self.lowest and rated.max() <= self.highest),
            "a rating is off the scale",
        )
        owners = self._owners(heads, users, counts, len(first))
        self._refuse_repeated(owners, items)
        self.users.append(users)
        places = np.delete(np.arange(self.line + 1, self.line + 1 + len(first)), heads)
        self.line += len(first)
        columns = [
            owners,
            items,
            rated.astype(np.int16),
            places,
            rated.astype(np.float64),
            rated >= self.liked,
        ]
        return pa.record_batch(columns, schema=SCHEMA)

    def _owners(self, heads: Lines, users: Integers, counts: Lines, lines: int) -> Integers:
        """Return the user of each rating of a block; check that headers are where the counts say."""
        expected = np.append(self.missing, heads + 1 + counts)  # next header
        here = np.append(heads, lines)  # next header found, or end of block
        is_right = (expected[:-1] == heads).all() and expected[-1] >= lines
        _require(bool(is_right), "a header does not count the lines up to the next")
        owners = np.repeat(np.append(np.int32(self.user), users), np.diff(here, prepend=-1) - 1)
        self.user, self.missing = int(users[-1]) if len(users) else self.user, int(expected[-1] - lines)
        return owners

    def _refuse_repeated(self, owners: Integers, items: Integers) -> None:
        """Raise MalformedError for an item that a user rated twice, in this block or before."""
        keys = np.concatenate([self.open, (owners.astype(np.int64) << 32) | items])
        keys.sort()
        _require(not (keys[1:] == keys[:-1]).any(), "an item is there twice for a user")
        self.open = keys[np.searchsorted(keys, self.user << 32) :].copy()


def _whole_lines(path: Path) -> Iterator[bytes]:
    """Yield the text of a file in blocks of whole lines, each with its line feed."""
    held = b""
    for block in blocks_of_text(path, BLOCK):
        end = block.rfind(b"\n") + 1
        if end:
            yield held + block[:end]
            held = block[end:]
        else:
            held += block
        _require(len(held) < LONGEST_LINE, "a line is too long")
    if held:
        yield held + b"\n"


def _numbers(block: bytes) -> tuple[Integers, Integers]:
    """Return the two numbers of each line; a header's are the user and -1 followed by the count's digits."""
    _require(not any(mark in block for mark in UNREADABLE), "a character is not part of a number")
    text = pa.BufferReader(block.replace(b"|", b"\t-1"))
    table = csv.read_csv(text, READ, PARSE, CONVERT)
    return table["first"].to_numpy(), table["second"].to_numpy()


def _counts(marked: Integers) -> Lines:
    """Return the counts of headers, without the minus and the leading 1."""
    positive = -marked.astype(np.int64)
    digits = np.searchsorted(POWERS, positive, side="right") - 1
    _require(bool((digits > 0).all()), "a header without a count")
    return positive - POWERS[digits]


def _digits(numbers: NDArray[Any]) -> int:
    """Return the number of digits needed to write all of these numbers, which are not negative."""
    digits, power, largest = len(numbers), 10, int(numbers.max(initial=0))
    while power <= largest:
        digits, power = digits + int(np.count_nonzero(numbers >= power)), power * 10
    return digits


def _require(condition: bool, problem: str) -> None:
    if not condition:
        raise MalformedError(problem)
