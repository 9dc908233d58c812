"""Prior submissions: files that mark half of each user's candidates, with their published scores.

A submission has lines ``<user>_<track>,<prediction>`` in any order, with or without a header, or is a single
column of 0 and 1 in the order of the test file. The column reader parses a valid file in milliseconds; other
files go to the line-by-line reader, which parses them or names the invalid line.
"""

from __future__ import annotations

import csv
import io
import math
import re
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv as columns

from recsys.errors import InputError, UsageError
from recsys.sources.directory import BOM, opened
from recsys.sources.lines import Line, read_lines

Array = NDArray[np.float64]

ROW = "TrackID,Predictor with a TrackID <user>_<track>"
TRACK_ID = re.compile(r"[0-9]+_[0-9]+")
NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
NUMBER_WORDS = ("", "nan", "inf", "-inf", "infinity", "-infinity")
LONGEST_ROW, SLACK = 64, 1 << 20  # longest average row in bytes: larger files are not read at once


@dataclass(frozen=True)
class Candidates:
    """Hold the candidates in the order of the test file, a user's together, as int64 arrays (candidates)."""

    user_id: NDArray[np.int64]
    track_id: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of candidates."""
        return len(self.user_id)

    @cached_property
    def ids(self) -> pa.Array:
        """Return ``<user>_<track>`` of each candidate."""
        user, track = (pa.array(column).cast(pa.string()) for column in (self.user_id, self.track_id))
        return pc.binary_join_element_wise(user, track, "_")

    @cached_property
    def positions(self) -> dict[str, int]:
        """Return the position of each ``<user>_<track>``."""
        return {name: position for position, name in enumerate(self.ids.to_pylist())}

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Return the first position of each user."""
        return np.flatnonzero(np.diff(self.user_id, prepend=-1))


@dataclass(frozen=True)
class Submissions:
    """Hold prior submissions.

    Attributes
    ----------
    candidates : Candidates
    files : tuple of str
    values : ndarray of float64, shape (candidates, files)
        Predictions, in the candidates' order.
    accuracy : ndarray of float64, shape (files,)
        Published scores.
    skipped : tuple of (str, str)
        Files left out, with the reasons.
    """

    candidates: Candidates
    files: tuple[str, ...]
    values: Array
    accuracy: Array
    skipped: tuple[tuple[str, str], ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return a warning for each 0/1 file that does not mark exactly half of every user's candidates."""
        starts = self.candidates.starts
        sizes = np.diff(starts, append=len(self.candidates))
        counts = [_uneven(column, starts, sizes) for column in self.values.T]
        return tuple(
            f"{name}: {count:,} of {len(sizes):,} users do not have exactly half of their candidates marked"
            for name, count in zip(self.files, counts, strict=True)
            if count
        )

    def tables(self) -> tuple[pa.Table, pa.Table]:
        """Return ``(file, user_id, track_id, score)`` and ``(file, score)``, as in the staging relations."""
        files, candidates = len(self.files), len(self.candidates)
        codes = pa.array(np.repeat(np.arange(files, dtype=np.int32), candidates))
        rows = {
            "file": pa.DictionaryArray.from_arrays(codes, pa.array(self.files, pa.string())),
            "user_id": np.tile(self.candidates.user_id.astype(np.int32), files),
            "track_id": np.tile(self.candidates.track_id.astype(np.int32), files),
            "score": self.values.ravel(order="F"),
        }
        scores = {"file": pa.array(self.files, pa.string()), "score": self.accuracy}
        return pa.table(rows), pa.table(scores)


def _uneven(values: Array, starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> int:
    """Return the number of users whose share of ones is not a half; 0 for anything but a 0/1 column."""
    if not np.isin(values, (0.0, 1.0)).all():
        return 0
    return int(np.count_nonzero(2 * np.add.reduceat(values, starts) != sizes))


def read_candidates(path: Path) -> Candidates:
    """Read the candidates of a test file: headers ``UserId|n``, each followed by n lines ``TrackId``.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Candidates

    Raises
    ------
    InputError
        A line breaks the format, or there are no candidates.
    """
    users: dict[int, dict[int, None]] = {}
    header, size, tracks = None, 0, dict[int, None]()
    for line in read_lines(path):
        if "|" in line.text:
            _check_complete(header, size, len(tracks))
            user, size = _header(line)
            if user in users:
                raise line.refused(f"one header per user (user {user} has one above)")
            header, tracks = line, users.setdefault(user, {})
        elif len(tracks) == size:
            raise line.refused("a header UserId|count")
        else:
            track = line.id(line.text, "a track id")
            if track in tracks:
                raise line.refused(f"each track once for user {user}")
            tracks[track] = None
    _check_complete(header, size, len(tracks))
    if not any(users.values()):
        raise InputError(path, None, None, "candidates, found none")
    sizes = [len(tracks) for tracks in users.values()]
    track_id = [track for tracks in users.values() for track in tracks]
    return Candidates(np.repeat(np.array([*users], np.int64), sizes), np.array(track_id, np.int64))


def _header(line: Line) -> tuple[int, int]:
    expected = "a header UserId|count with an even count of candidates"
    user, _, count = line.text.partition("|")
    size = line.id(count, expected)
    if size % 2:
        raise line.refused(expected)
    return line.id(user, expected), size


def _check_complete(header: Line | None, expected: int, found: int) -> None:
    if header is not None and found < expected:
        raise header.refused(f"as many lines as the header counts, found {found:,}")


def read_submission(path: Path, candidates: Candidates) -> Array:
    """Read the predictions of one file.

    Parameters
    ----------
    path : Path
    candidates : Candidates

    Returns
    -------
    ndarray of float64, shape (candidates,)
        In the candidates' order.

    Raises
    ------
    InputError
        A line breaks the format.
    """
    values = _by_columns(path, candidates)
    return _by_lines(path, candidates) if values is None else values


def _by_columns(path: Path, candidates: Candidates) -> Array | None:
    """Return the predictions of a valid file, None for one that needs the line-by-line reader."""
    try:
        with opened(path) as file:
            text = file.read(SLACK + LONGEST_ROW * len(candidates))
            is_whole = not file.read(1)
        text = text.removeprefix(BOM).replace(b"\r\n", b"\n")
        is_plain = is_whole and b"\r" not in text and text.isascii()
        return _aligned(_table(text), candidates) if is_plain else None
    except (OSError, EOFError, zlib.error, pa.ArrowInvalid):
        return None


def _table(text: bytes) -> pa.Table:
    """Parse a file's one or two columns; raise ArrowInvalid for anything else."""
    first = text[:LONGEST_ROW].split(b"\n")[0].decode("latin-1")
    names = ["id", "score"] if "," in first else ["score"]
    return columns.read_csv(
        pa.BufferReader(text),
        read_options=columns.ReadOptions(column_names=names, skip_rows=int(_is_header(first))),
        parse_options=columns.ParseOptions(ignore_empty_lines=False),
        convert_options=columns.ConvertOptions(
            column_types={"id": pa.string(), "score": pa.float64()}, null_values=[]
        ),
    )


def _aligned(table: pa.Table, candidates: Candidates) -> Array | None:
    """Return the scores in the candidates' order, None unless there is one finite score for each."""
    values = table["score"].to_numpy()
    if len(values) != len(candidates) or not np.isfinite(values).all():
        return None
    if "id" not in table.column_names:
        return values if np.isin(values, (0.0, 1.0)).all() else None
    ids = table["id"].combine_chunks()
    if ids.equals(candidates.ids):
        return values
    positions = pc.index_in(ids, value_set=candidates.ids)
    if positions.null_count or len(positions.unique()) < len(candidates):
        return None
    placed = np.empty_like(values)
    placed[positions.to_numpy()] = values
    return placed


def _by_lines(path: Path, candidates: Candidates) -> Array:
    values = np.full(len(candidates), np.nan)
    form = _numbered
    for count, line in enumerate(_rows(path)):
        if count == 0:
            form = _named if "," in line.text else _numbered
        position, value = form(line, count, candidates)
        if not np.isnan(values[position]):
            raise line.refused("each candidate once")
        values[position] = value
    missing = np.flatnonzero(np.isnan(values))
    if len(missing):
        expected = f"a row for each of {len(values):,} candidates, found {len(missing):,} without"
        raise InputError(path, None, candidates.ids[int(missing[0])].as_py(), expected)
    return values


def _rows(path: Path) -> Iterator[Line]:
    """Yield the lines without the header; blank lines are valid only at the end of the file."""
    blank = None
    for line in read_lines(path):
        if not line.text.strip():
            blank = blank or line
        elif blank is not None:
            raise blank.refused(ROW)
        elif line.number > 1 or not _is_header(line.text):
            yield line


def _is_header(text: str) -> bool:
    """Return whether a first line names columns: no digit, and its last word is no word for a number."""
    last = text.rpartition(",")[2].strip().strip('"').lower()
    return last not in NUMBER_WORDS and not any(character.isdigit() for character in text)


def _named(line: Line, count: int, candidates: Candidates) -> tuple[int, float]:
    """Return position and prediction of a row ``<user>_<track>,<prediction>``."""
    name, comma, text = line.text.partition(",")
    name = _unquoted(name)
    if not comma or not TRACK_ID.fullmatch(name):
        raise line.refused(ROW)
    if name not in candidates.positions:
        raise line.refused("a user and track of the test file")
    return candidates.positions[name], _number(line, text)


def _unquoted(text: str) -> str:
    """Return a field without the quotes that R's write.csv puts around texts."""
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] == '"' else text


def _numbered(line: Line, count: int, candidates: Candidates) -> tuple[int, float]:
    """Return position and prediction of a row that is only a 0 or a 1."""
    if count >= len(candidates):
        raise line.refused(f"{len(candidates):,} rows, one for each candidate")
    value = _number(line, line.text)
    if value not in (0.0, 1.0):
        raise line.refused(f"0 or 1, or {ROW}")
    return count, value


def _number(line: Line, text: str) -> float:
    text = _unquoted(text.strip(" \t"))
    if not NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        raise line.refused("a prediction that is a finite number")
    return float(text)


def read_scores(path: Path) -> dict[str, tuple[float, int]]:
    """Read published scores from lines ``file,score``, with or without a header.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict of str to (float, int)
        Accuracy and line number, by file.

    Raises
    ------
    InputError
        A line breaks the format.
    """
    scores: dict[str, tuple[float, int]] = {}
    rows = csv.reader(io.StringIO(_decoded(path), newline=""))
    try:
        for row in rows:
            number = rows.line_num
            if row and not (number == 1 and _is_header(",".join(row))):
                name, accuracy = _score(path, number, row)
                if name in scores:
                    raise InputError(path, number, name, "each file once")
                scores[name] = accuracy, number
    except csv.Error as error:
        raise InputError(path, rows.line_num, None, f"file,score lines: {error}") from None
    return scores


def _decoded(path: Path) -> str:
    """Return the text of a whole UTF-8 file."""
    text = b""
    try:
        with opened(path) as file:
            text = file.read()
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(path, text.count(b"\n", 0, error.start) + 1, None, "UTF-8 text") from None
    except (EOFError, OSError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(path, None, None, f"a readable file: {reason}") from None


def _score(path: Path, number: int, row: list[str]) -> tuple[str, float]:
    text = row[-1].strip()
    if len(row) != 2 or not NUMBER.fullmatch(text) or not 0 <= float(text) <= 1:
        raise InputError(path, number, ",".join(row), "file,score with a score from 0 to 1")
    return row[0].strip(), float(text)


def read_submissions(
    directory: Path,
    scores: Path,
    candidates: Candidates,
    skip_invalid: bool = False,
    excluded: Collection[Path] = (),
) -> Submissions:
    """Read the submissions of a folder; subfolders and hidden files are ignored.

    Parameters
    ----------
    directory : Path
    scores : Path
        File of published scores.
    candidates : Candidates
    skip_invalid : bool, default False
        Leave out and list invalid files instead of failing.
    excluded : collection of Path
        Files of the folder that are not submissions.

    Returns
    -------
    Submissions

    Raises
    ------
    InputError
        A file is invalid, missing or without a score, or the scores file is invalid.
    UsageError
        The folder does not exist.
    """
    published = read_scores(scores)
    paths = _files(directory, published, {path.resolve() for path in (scores, *excluded)})
    read: dict[str, Array] = {}
    skipped = []
    for name in sorted(paths.keys() | published.keys()):
        try:
            if name not in paths:
                raise InputError(scores, published[name][1], name, f"a file of this name in {directory}")
            if name not in published:
                raise InputError(paths[name], None, None, f"a score for {name} in {scores}")
            read[name] = read_submission(paths[name], candidates)
        except InputError as error:
            if not skip_invalid:
                raise
            skipped.append((name, str(error)))
    values = np.array([*read.values()]).reshape(len(read), len(candidates)).T
    accuracy = np.array([published[name][0] for name in read])
    return Submissions(candidates, tuple(read), values, accuracy, tuple(skipped))


def _files(directory: Path, published: Collection[str], excluded: Collection[Path]) -> dict[str, Path]:
    """Return the folder's files by their name in the scores file, which may lack ``.gz``."""
    if not directory.is_dir():
        reason = "is a file; give a folder of submissions" if directory.exists() else "no such directory"
        raise UsageError(f"{directory}: {reason}")
    files: dict[str, Path] = {}
    for path in sorted(directory.iterdir()):
        name = path.name if path.name in published else path.name.removesuffix(".gz")
        is_other = name not in published and path.resolve() in excluded
        if path.is_dir() or is_other or name.startswith("."):
            continue
        if name in files:
            raise UsageError(f"{directory}: has both {files[name].name} and {path.name}; remove one")
        files[name] = path
    return files
