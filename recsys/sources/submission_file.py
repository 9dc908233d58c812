"""Read the predictions of one submission.

A submission has lines ``<user>_<track>,<prediction>`` in any order, with or without a header, or is a single
column of 0 and 1 in the order of the test file. The column reader parses a valid file in milliseconds; other
files go to the line-by-line reader, which parses them or names the invalid line.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv as columns

from recsys.errors import InputError
from recsys.sources.candidates import Candidates
from recsys.sources.lines import Line, read_lines
from recsys.sources.plain_text import BOM, opened

Array = NDArray[np.float64]

ROW = "TrackID,Predictor with a TrackID <user>_<track>"
TRACK_ID = re.compile(r"[0-9]+_[0-9]+")
NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
NUMBER_WORDS = ("", "nan", "inf", "-inf", "infinity", "-infinity")
LONGEST_ROW, SLACK = 64, 1 << 20  # longest average row in bytes: larger files are not read at once


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
        read_options=columns.ReadOptions(column_names=names, skip_rows=int(is_header(first))),
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
        elif line.number > 1 or not is_header(line.text):
            yield line


def is_header(text: str) -> bool:
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
