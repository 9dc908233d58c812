"""Data directories of Parquet files: their columns, and which row of which file breaks the format.

The files have the content of the text format with integer ids: `recsys import` writes them, and whoever has
such tables already may. ``sql/staging`` reads both.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from recsys.errors import InputError

SUFFIX = ".parquet"
METADATA = "dataset.json"  # what an import says of the files that it wrote
LARGEST = 2**31 - 1
SORTED_ROWS = 1 << 24  # of ratings in no order: about so many are in memory at a time

ID = (0, LARGEST)
TEXT = None
IDS = "ids"
# source -> column -> least and largest whole number, a text, or a list of ids (none: NULL)
COLUMNS: Mapping[str, Mapping[str, Any]] = {
    "ratings": {"user_id": ID, "item_id": ID, "rating": (0, 100), "seq": (0, 2**63 - 1)},
    "tracks": {"track_id": ID, "album_id": ID, "artist_id": ID, "genre_ids": IDS},
    "albums": {"album_id": ID, "artist_id": ID, "genre_ids": IDS},
    "artists": {"artist_id": ID},
    "genres": {"genre_id": ID},
    "candidates": {"user_id": ID, "track_id": ID, "position": (0, 2**63 - 1)},
    "labels": {"user_id": ID, "track_id": ID, "label": (0, 1)},
    "truth": {"user_id": ID, "track_id": ID, "label": (0, 1)},
    "users": {"user_id": ID, "original_id": TEXT, "name": TEXT},
    "items": {"item_id": ID, "original_id": TEXT, "name": TEXT},
}
REQUIRED = ("ratings", "tracks", "albums", "artists", "genres")
NEVER_EMPTY = ("ratings", "candidates")
KEYS: Mapping[str, tuple[str, ...]] = {
    "ratings": ("user_id", "item_id"),
    "candidates": ("user_id", "track_id"),
    "labels": ("user_id", "track_id"),
    "truth": ("user_id", "track_id"),
    "users": ("user_id",),
    "items": ("item_id",),
}
MAY_LACK = ("tracks.album_id", "tracks.artist_id", "albums.artist_id", "users.name", "items.name")
LISTS = ("tracks", "albums", "artists", "genres")  # their ids share one namespace


def is_there(directory: Path) -> bool:
    """Whether a data directory is one of Parquet files."""
    return (directory / f"ratings{SUFFIX}").exists()


def metadata(directory: Path) -> dict[str, Any]:
    """What an import says of a directory; nothing of one that somebody else made."""
    path = directory / METADATA
    if not path.exists():
        return {}
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InputError(path, None, None, f"JSON as an import writes it: {error}") from None
    return read_metadata(str(path), text)


def read_metadata(place: str, text: str) -> dict[str, Any]:
    """What an import wrote; InputError for what is nothing of the kind."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise InputError(place, None, None, f"JSON as an import writes it: {error}") from None
    if not isinstance(found, dict) or found.get("format_version") != 1:
        raise InputError(place, None, None, "format_version 1")
    return found


def parameters(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The constants that an import has chosen for its data, by their dotted names."""
    return {"liked.rating": metadata["liked"]} if "liked" in metadata else {}


def row_count(name: str, path: Path) -> int:
    """The rows of a file, whose columns must be there and of the right kind; InputError if they are not."""
    with _opened(path) as file:
        schema, rows = file.schema_arrow, file.metadata.num_rows
    refuse_columns(name, str(path), schema, rows)
    return rows


def refuse_columns(name: str, place: str, schema: pa.Schema, rows: int) -> None:
    """InputError where the columns of a source are not there or of another kind, or all its rows missing."""
    for column, kind in COLUMNS[name].items():
        if column not in schema.names:
            raise InputError(place, None, None, f"a column {column}, found {', '.join(schema.names)}")
        found = schema.field(column).type
        if not _fits(found, kind):
            raise InputError(place, None, None, f"{_words(kind)} in the column {column}, found {found}")
    if name in NEVER_EMPTY and not rows:
        raise InputError(place, None, None, "rows, found a file without any")


def _opened(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(path, None, None, f"a complete Parquet file: {reason}") from None


def _fits(found: pa.DataType, kind: Any) -> bool:
    if kind == IDS:
        return bool(pa.types.is_list(found) or pa.types.is_large_list(found)) and _fits(found.value_type, ID)
    if kind is TEXT:
        return bool(pa.types.is_string(found) or pa.types.is_large_string(found) or pa.types.is_null(found))
    return bool(pa.types.is_integer(found))


def _words(kind: Any) -> str:
    return {IDS: "lists of whole numbers", TEXT: "texts"}.get(kind, "whole numbers")


def explain_refusal(paths: Mapping[str, Path]) -> None:
    """Raise InputError for the first row that breaks the format, the slow way."""
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
    """The place of the first value that must not be there."""
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
    """What a value of `COLUMNS` must be, in words."""
    if kind in (IDS, TEXT):
        return {IDS: f"a list of ids 0..{LARGEST}", TEXT: "a text"}[kind]
    return f"a whole number {kind[0]}..{kind[1]}"


def _refuse_repeated(path: Path, keys: np.ndarray, before: int, expected: str) -> None:
    """InputError for the first key that one before it has; the first ``before`` are of other files."""
    order = np.argsort(keys, kind="stable")
    repeated = order[1:][keys[order[1:]] == keys[order[:-1]]]
    if len(repeated):
        row = int(repeated.min()) - before
        raise InputError(path, row + 1, _row(path, row), expected)


def refuse_repeated_order(path: Path) -> None:
    """InputError for the first rating of a user that has the ``seq`` of another: which was first is not said.

    Ratings in the order of seq, as an import writes them, are looked at in a stream.
    """
    if _is_ascending(path):
        return
    with _opened(path) as file:
        parts = 1 + file.metadata.num_rows // SORTED_ROWS
    repeated = [row for part in range(parts) for row in _repeated_orders(path, part, parts)]
    if repeated:
        row = min(repeated)
        raise InputError(path, row + 1, _row(path, row), "one rating for each user_id and seq")


def _repeated_orders(path: Path, part: int, parts: int) -> Iterator[int]:
    """The first row whose ``seq`` another row of its user has, of one in so many ``parts`` of the users."""
    kept: list[tuple[np.ndarray, ...]] = [(np.empty(0, np.int64),) * 3]
    for start, batch in _pieces(path, ["user_id", "seq"]):
        users, order = (pc.fill_null(values.cast(pa.int64()), -1).to_numpy() for values in batch.columns)
        rows = np.flatnonzero(users % parts == part)
        kept.append((users[rows], order[rows], rows + start))
    users, order, rows = map(np.concatenate, zip(*kept, strict=True))
    place = np.lexsort((rows, order, users))
    users, order, rows = users[place], order[place], rows[place]
    repeated = rows[1:][(users[1:] == users[:-1]) & (order[1:] == order[:-1])]
    if len(repeated):
        yield int(repeated.min())


def _is_ascending(path: Path) -> bool:
    """Whether seq ascends from row to row, all over the file; also true where one is missing."""
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
    """Pieces of a column, each with the number of the rows before it."""
    return ((start, batch.column(0)) for start, batch in _pieces(path, [column]))


def _pieces(path: Path, columns: Sequence[str] | None = None) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Pieces of a file, each with the number of the rows before it."""
    start = 0
    with _opened(path) as file:
        try:
            for batch in file.iter_batches(columns=columns):
                yield start, batch
                start += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            reason = str(error).splitlines()[0]
            raise InputError(path, start + 1, None, f"readable rows: {reason}") from None


def _column(path: Path, column: str) -> np.ndarray:
    pieces = [piece.cast(pa.int64()).to_numpy(zero_copy_only=False) for _, piece in _batches(path, column)]
    return np.concatenate(pieces) if pieces else np.empty(0, np.int64)


def _row(path: Path, row: int) -> str:
    pieces = ((start, batch) for start, batch in _pieces(path) if start <= row < start + batch.num_rows)
    start, batch = next(pieces)
    values = batch.slice(row - start, 1).to_pylist()[0]
    return ", ".join(f"{name} = {value}" for name, value in values.items())
