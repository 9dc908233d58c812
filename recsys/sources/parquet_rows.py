"""Rows of Parquet files that break the format: the first one, with its file, number and values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recsys.errors import InputError
from recsys.sources.parquet import COLUMNS, ID, IDS, KEYS, LARGEST, LISTS, MAY_LACK, TEXT, complete

SORTED_ROWS = 1 << 24  # unsorted ratings in memory at a time, about


def explain_refusal(paths: Mapping[str, Path]) -> None:
    """Raise InputError for the first row that breaks the format.

    Parameters
    ----------
    paths : mapping of str to Path
        Files by source name.

    Raises
    ------
    InputError
        A row breaks the format.
    """
    listed = np.empty(0, np.int64)
    for name in [*LISTS, *(other for other in COLUMNS if other not in LISTS)]:
        if name in paths:
            _check_values(name, paths[name])
        if name in LISTS and name in paths:
            ids = _column(paths[name], next(iter(COLUMNS[name])))
            _refuse_repeated(paths[name], np.concatenate([listed, ids]), len(listed), "an id listed once")
            listed = np.concatenate([listed, ids])
    for name, key in KEYS.items():
        if name in paths:
            keys = [_column(paths[name], column) for column in key]
            combined = keys[0] << 32 | keys[1] if len(keys) == 2 else keys[0]
            _refuse_repeated(paths[name], combined, 0, f"one row for each {' and '.join(key)}")
    _check_candidates(paths)


def _check_values(name: str, path: Path) -> None:
    for column, kind in COLUMNS[name].items():
        may_lack = f"{name}.{column}" in MAY_LACK
        for start, values in _batches(path, column):
            wrong = _wrong(values, kind, may_lack)
            if wrong is not None:
                value = values[wrong].as_py()
                raise InputError(
                    path, start + wrong + 1, str(value), f"{expected_of(kind)} in the column {column}"
                )


def _wrong(values: pa.Array, kind: Any, may_lack: bool) -> int | None:
    """Return the position of the first invalid value, None without one."""
    if kind == IDS:
        nested = pc.fill_null(values.flatten(), -1)
        places = range(0) if _all_within(nested, ID) else range(len(values))
        return next((place for place in places if not _is_list(values[place].as_py())), None)
    missing = pc.is_null(values).to_numpy(zero_copy_only=False)
    bad_values = missing & (not may_lack)
    if kind is not TEXT:
        numbers = pc.fill_null(values.cast(pa.int64(), safe=False), kind[0]).to_numpy(zero_copy_only=False)
        bad_values |= (numbers < kind[0]) | (numbers > kind[1])
    return int(np.argmax(bad_values)) if bad_values.any() else None


def _all_within(values: pa.Array, bounds: tuple[int, int]) -> bool:
    numbers = values.to_numpy(zero_copy_only=False)
    return bool(((numbers >= bounds[0]) & (numbers <= bounds[1])).all())


def _is_list(ids: Any) -> bool:
    return ids is None or all(one is not None and 0 <= one <= LARGEST for one in ids)


def expected_of(kind: Any) -> str:
    """Describe a valid value of a kind of `COLUMNS`.

    Parameters
    ----------
    kind : object
        A value of `COLUMNS`.

    Returns
    -------
    str
    """
    if kind in (IDS, TEXT):
        return {IDS: f"a list of ids 0..{LARGEST}", TEXT: "a text"}[kind]
    return f"a whole number {kind[0]}..{kind[1]}"


def _refuse_repeated(path: Path, keys: np.ndarray, before: int, expected: str) -> None:
    """Raise InputError for the first repeated key; the first ``before`` keys are of other files."""
    order = np.argsort(keys, kind="stable")
    repeated = order[1:][keys[order[1:]] == keys[order[:-1]]]
    if len(repeated):
        row = int(repeated.min()) - before
        raise InputError(path, row + 1, _row(path, row), expected)


def refuse_repeated_order(path: Path) -> None:
    """Check that no two ratings of a user have the same ``seq``, which orders them.

    Ratings in the order of seq, as an import writes them, are checked in a stream.

    Parameters
    ----------
    path : Path

    Raises
    ------
    InputError
        Two ratings of a user have the same ``seq``.
    """
    if _is_ascending(path):
        return
    with complete(path) as file:
        blocks = 1 + file.metadata.num_rows // SORTED_ROWS
    repeated = [row for block in range(blocks) for row in _repeated_orders(path, block, blocks)]
    if repeated:
        row = min(repeated)
        raise InputError(path, row + 1, _row(path, row), "one rating for each user_id and seq")


def _repeated_orders(path: Path, block: int, blocks: int) -> Iterator[int]:
    """Yield the first row that repeats a user's ``seq``, in one of ``blocks`` blocks of users."""
    kept: list[tuple[np.ndarray, ...]] = [(np.empty(0, np.int64),) * 3]
    for start, batch in _row_batches(path, ["user_id", "seq"]):
        users, order = (pc.fill_null(values.cast(pa.int64()), -1).to_numpy() for values in batch.columns)
        rows = np.flatnonzero(users % blocks == block)
        kept.append((users[rows], order[rows], rows + start))
    users, order, rows = map(np.concatenate, zip(*kept, strict=True))
    place = np.lexsort((rows, order, users))
    users, order, rows = users[place], order[place], rows[place]
    repeated = rows[1:][(users[1:] == users[:-1]) & (order[1:] == order[:-1])]
    if len(repeated):
        yield int(repeated.min())


def _is_ascending(path: Path) -> bool:
    """Return whether seq ascends over the whole file; also true where one is missing."""
    last = np.empty(0, np.int64)
    for _, values in _batches(path, "seq"):
        if values.null_count:
            return True
        order = np.concatenate([last, values.cast(pa.int64()).to_numpy()])
        if (order[1:] <= order[:-1]).any():
            return False
        last = order[-1:]
    return True


def _check_candidates(paths: Mapping[str, Path]) -> None:
    if "candidates" not in paths:
        return
    users, tracks = (_column(paths["candidates"], column) for column in ("user_id", "track_id"))
    found, counts = np.unique(users, return_counts=True)
    odd = found[counts % 2 == 1]
    if len(odd):
        row = int(np.argmax(users == odd[0]))
        expected = "an even number of candidates of each user"
        raise InputError(paths["candidates"], row + 1, _row(paths["candidates"], row), expected)
    for name in ("labels", "truth"):
        if name in paths:
            pairs = _column(paths[name], "user_id") << 32 | _column(paths[name], "track_id")
            unknown = ~np.isin(pairs, users << 32 | tracks)
            if unknown.any():
                row = int(np.argmax(unknown))
                raise InputError(paths[name], row + 1, _row(paths[name], row), "a pair that is a candidate")


def _batches(path: Path, column: str) -> Iterator[tuple[int, pa.Array]]:
    """Yield batches of a column, each with the number of rows before it."""
    return ((start, batch.column(0)) for start, batch in _row_batches(path, [column]))


def _row_batches(path: Path, columns: Sequence[str] | None = None) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield batches of rows, each with the number of rows before it."""
    start = 0
    with complete(path) as file:
        try:
            for batch in file.iter_batches(columns=columns):
                yield start, batch
                start += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            reason = str(error).splitlines()[0]
            raise InputError(path, start + 1, None, f"readable rows: {reason}") from None


def _column(path: Path, column: str) -> np.ndarray:
    arrays = [values.cast(pa.int64()).to_numpy(zero_copy_only=False) for _, values in _batches(path, column)]
    return np.concatenate(arrays) if arrays else np.empty(0, np.int64)


def _row(path: Path, row: int) -> str:
    batches = ((start, batch) for start, batch in _row_batches(path) if start <= row < start + batch.num_rows)
    start, batch = next(batches)
    values = batch.slice(row - start, 1).to_pylist()[0]
    return ", ".join(f"{name} = {value}" for name, value in values.items())
