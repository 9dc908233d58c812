"""Reads the training file in one pass: headers ``UserId|n``, each with its n lines ``ItemId<TAB>Rating``.

Arrow's CSV reader parses blocks of whole lines, in which a header is made to look like a rating: ``7|12``
becomes ``7<TAB>-112``, a count below zero, and the leading 1 keeps zeros that should not be there. Each block
is held to the format; that it breaks it is all that is said here, and `recsys.sources.lines` finds where.
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
from recsys.sources.directory import LONGEST_LINE, blocks_of_text

Integers = NDArray[np.int32]
Lines = NDArray[np.int64]

SCHEMA = proven(
    pa.schema(
        [("user_id", pa.int32()), ("item_id", pa.int32()), ("rating", pa.int16()), ("seq", pa.int64())]
    ),
    ("user_id", "item_id"),
)
BLOCK = 1 << 21  # bytes: what is made of one stays near the processor
POWERS = 10 ** np.arange(11)
UNREADABLE = (b"-", b"\r", b"x", b"X")  # what Arrow would take for a part of a number, or for a line end
READ = csv.ReadOptions(use_threads=False, block_size=1 << 30, column_names=["first", "second"])
PARSE = csv.ParseOptions(delimiter="\t", quote_char=False, ignore_empty_lines=False)
CONVERT = csv.ConvertOptions(
    column_types={"first": pa.int32(), "second": pa.int32()}, null_values=[], check_utf8=False
)


class MalformedError(ValueError):
    """The file breaks the format."""


def ratings(inputs: Mapping[str, Path], settings: Mapping[str, Any], context: Context) -> Mapping[str, Rows]:
    """``staging.ratings`` of the file ``train``, in the order of its lines, read as it is asked for.

    ``settings`` are the ``lowest`` and ``highest`` rating; ``seq`` is the line's number. The reader raises
    MalformedError in the block that breaks the format, and for a user, or an item of a user, that is there
    twice.
    """
    blocks = History(settings["lowest"], settings["highest"]).batches(inputs["train"])
    return {"staging.ratings": pa.RecordBatchReader.from_batches(SCHEMA, blocks)}


class History:
    """What is known between two blocks: whose lines come next, and how many of them are still to come."""

    def __init__(self, lowest: int, highest: int) -> None:
        self.lowest, self.highest = lowest, highest
        self.user, self.missing, self.line = -1, 0, 0
        self.open: Lines = np.empty(0, np.int64)  # user and item of the user's lines so far, in order
        self.users: list[Integers] = []

    def batches(self, path: Path) -> Iterator[pa.RecordBatch]:
        """The ratings of the file, a batch for each block of its text."""
        for block in _whole_lines(path):
            yield self.batch(block)
        _require(self.missing == 0, "the last header counts more lines than there are")
        users = np.sort(np.concatenate(self.users)) if self.users else np.empty(0, np.int32)
        _require(not (users[1:] == users[:-1]).any(), "a user has two headers")

    def batch(self, block: bytes) -> pa.RecordBatch:
        """The ratings of some lines, which must go on from those before."""
        first, second = _numbers(block)
        heads = np.flatnonzero(second < 0)
        users, counts = first[heads], _counts(second[heads])
        items, rated = np.delete(first, heads), np.delete(second, heads)
        length = _digits(first) + _digits(rated) + _digits(counts) + 2 * len(first)
        _require(length == len(block), "more is written than it takes to write the numbers")
        _require(
            not len(rated) or (rated.min() >= self.lowest and rated.max() <= self.highest),
            "a rating is off the scale",
        )
        owners = self._owners(heads, users, counts, len(first))
        self._refuse_repeated(owners, items)
        self.users.append(users)
        places = np.delete(np.arange(self.line + 1, self.line + 1 + len(first)), heads)
        self.line += len(first)
        return pa.record_batch([owners, items, rated.astype(np.int16), places], schema=SCHEMA)

    def _owners(self, heads: Lines, users: Integers, counts: Lines, lines: int) -> Integers:
        """The user of each rating of a block, whose headers are where the one before says that they are."""
        expected = np.append(self.missing, heads + 1 + counts)  # of the next header
        here = np.append(heads, lines)  # where it is, or the block ends
        is_right = (expected[:-1] == heads).all() and expected[-1] >= lines
        _require(bool(is_right), "a header does not count the lines up to the next")
        owners = np.repeat(np.append(np.int32(self.user), users), np.diff(here, prepend=-1) - 1)
        self.user, self.missing = int(users[-1]) if len(users) else self.user, int(expected[-1] - lines)
        return owners

    def _refuse_repeated(self, owners: Integers, items: Integers) -> None:
        """MalformedError for an item that a user rated twice, in these lines or in the blocks before."""
        keys = np.concatenate([self.open, (owners.astype(np.int64) << 32) | items])
        keys.sort()
        _require(not (keys[1:] == keys[:-1]).any(), "an item is there twice for a user")
        self.open = keys[np.searchsorted(keys, self.user << 32) :].copy()


def _whole_lines(path: Path) -> Iterator[bytes]:
    """The text of a file in blocks of whole lines, each with its line feed."""
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
    """The two numbers of each line; of a header the user, and below zero a 1 with the count's digits."""
    _require(not any(mark in block for mark in UNREADABLE), "no text of numbers alone")
    text = pa.BufferReader(block.replace(b"|", b"\t-1"))
    table = csv.read_csv(text, READ, PARSE, CONVERT)
    return table["first"].to_numpy(), table["second"].to_numpy()


def _counts(marked: Integers) -> Lines:
    """The counts of headers, from which a minus and the leading 1 are taken away."""
    positive = -marked.astype(np.int64)
    digits = np.searchsorted(POWERS, positive, side="right") - 1
    _require(bool((digits > 0).all()), "a header without a count")
    return positive - POWERS[digits]


def _digits(numbers: NDArray[Any]) -> int:
    """How many digits it takes to write all of these numbers, none of which is below zero."""
    digits, power, largest = len(numbers), 10, int(numbers.max(initial=0))
    while power <= largest:
        digits, power = digits + int(np.count_nonzero(numbers >= power)), power * 10
    return digits


def _require(condition: bool, problem: str) -> None:
    if not condition:
        raise MalformedError(problem)
