"""Damaged input files, and what an independent reader makes of them.

`damaged` draws a text file of the input format with up to three things wrong with it. `stated` reads such a
file in the plainest way there is; it shares no code with the program.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.conftest import SMALL

Rows = list[tuple[int | float | str | None, ...]]

SCORES = "submissions/scores.csv"
FILES = {
    **SMALL,
    "submissions/ids.csv": "TrackID,Predictor\n100_1,1\n100_3,0\n101_99,-2.5\n101_4,0\n100_5,1\n100_4,1e3\n",
    "submissions/bare.csv": "1\n0\n0\n1\n1\n0\n",
    SCORES: "file,score\nids.csv,0.75\nbare.csv,.5\n",
}

NUMBERS = (
    *("0", "00", "-1", "+1", "1.0", "1e1", "0x1", "", " 1", "1 ", "1_0", "100", "101", "255", "256"),
    *("2147483647", "2147483648", "4294967296", "9999999999", "99999999999999999999", "None", "none", "nan"),
    *("NULL", "\u0661", "\uff11", "10|20", "10\t20", "'1'", '"1"', "1;", "--", "{{ 1 }}", "$train"),
)
BYTES = b"|,_\t\n\r\x00 -+.,09eN'\"#\\\x01\x1a\x85\xa0\xff"
SEPARATORS = re.compile(rb"([^|,\t\n]+)")


def damaged(name: str) -> SearchStrategy[bytes]:
    """The file of that name with up to three damages, then in any of its encodings, some of them broken."""
    whole = st.just(FILES[name].encode())
    for _ in range(3):
        whole = whole.flatmap(lambda text: st.one_of(*(damage(text) for damage in DAMAGES)))
    return st.tuples(whole, st.sampled_from(ENCODINGS)).map(lambda drawn: drawn[1](drawn[0]))


def _left_alone(text: bytes) -> SearchStrategy[bytes]:
    return st.just(text)


def _one_byte(text: bytes) -> SearchStrategy[bytes]:
    """A byte replaced by none, one or two others."""
    place = st.integers(0, len(text))
    bytes_ = st.binary(max_size=2) | st.lists(st.sampled_from(BYTES), max_size=2).map(bytes)
    return st.tuples(place, bytes_).map(lambda drawn: text[: drawn[0]] + drawn[1] + text[drawn[0] + 1 :])


def _one_field(text: bytes) -> SearchStrategy[bytes]:
    """A field replaced by another: of the file, or a number that is none."""
    parts = SEPARATORS.split(text)
    fields = range(1, len(parts), 2)
    if not fields:
        return st.just(text)
    values = st.sampled_from([part.encode() for part in NUMBERS]) | st.sampled_from(
        [parts[i] for i in fields]
    )
    return st.tuples(st.sampled_from(fields), values).map(
        lambda drawn: b"".join([*parts[: drawn[0]], drawn[1], *parts[drawn[0] + 1 :]])
    )


def _lines(text: bytes) -> SearchStrategy[bytes]:
    """A line left out, repeated, or moved elsewhere."""
    lines = text.splitlines(keepends=True)
    if not lines:
        return st.just(text)
    place, kept = st.integers(0, len(lines) - 1), st.sampled_from((0, 1, 2))
    return st.tuples(place, place, kept).map(lambda drawn: _moved(lines, *drawn))


def _moved(lines: list[bytes], source: int, target: int, copies: int) -> bytes:
    others = lines[:source] + lines[source + 1 :]
    return b"".join([*others[:target], *([lines[source]] * copies), *others[target:]])


def _cut(text: bytes) -> SearchStrategy[bytes]:
    return st.integers(0, len(text)).map(lambda place: text[:place])


DAMAGES = (_left_alone, _one_byte, _one_field, _lines, _cut)


def _flipped(data: bytes) -> bytes:
    """A compressed file with a damaged byte in the middle."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0x10]) + data[middle + 1 :]


def _zipped(text: bytes) -> bytes:
    return gzip.compress(text, mtime=0)


ENCODINGS: tuple[Callable[[bytes], bytes], ...] = (
    *([bytes] * 8),
    lambda text: b"\xef\xbb\xbf" + text,
    lambda text: text.replace(b"\n", b"\r\n"),
    lambda text: text.replace(b"\n", b"\r", 1),
    lambda text: text.decode("latin-1").encode("utf-16"),
    lambda text: text.decode("latin-1").encode("utf-16-be"),
    _zipped,
    lambda text: _zipped(text[: len(text) // 2]) + _zipped(text[len(text) // 2 :]),
    lambda text: _zipped(text)[:-5],
    lambda text: _zipped(text) + b"tail",
    lambda text: _flipped(_zipped(text)),
)


def is_compressed(data: bytes) -> bool:
    """Whether the file is to be given a name that ends in .gz."""
    return data.startswith(b"\x1f\x8b")


def stated(name: str, data: bytes) -> Rows:
    """The rows that an intact file states, in no order; nothing is checked."""
    text = (gzip.decompress(data) if is_compressed(data) else data).decode("utf-8-sig")
    lines = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []
    return STATED[name](lines)


def _number(field: str) -> int | None:
    return None if field == "None" else int(field)


def _table(lines: list[str]) -> Rows:
    return [tuple(map(_number, line.split("|"))) for line in lines]


def _taxonomy(parents: int) -> Callable[[list[str]], Rows]:
    """The item and its parents of each line, then the distinct pairs of an item and a genre."""

    def read(lines: list[str]) -> Rows:
        rows = _table(lines)
        genres = {(row[0], genre) for row in rows for genre in row[1 + parents :]}
        return [*(row[: 1 + parents] for row in rows), *genres]

    return read


def _grouped(lines: list[str]) -> Rows:
    """User and fields of each line under a header."""
    rows: Rows = []
    user = 0
    for line in lines:
        if "|" in line:
            user = int(line.split("|")[0])
        else:
            rows.append((user, *map(int, line.split("\t"))))
    return rows


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _predictions_by_id(lines: list[str]) -> Rows:
    """User, track and prediction of each line that is not blank or a header."""
    rows = [line.partition(",") for line in lines if line.strip()]
    kept = [row for number, row in enumerate(rows) if number or _is_number(row[2])]
    return [(*map(int, name.split("_")), float(value)) for name, _, value in kept]


def _predictions_in_order(lines: list[str]) -> Rows:
    candidates = _grouped(SMALL["testItem2.txt"].splitlines())
    values = [line for line in lines if line.strip()]
    marks = [float(value) for number, value in enumerate(values) if number or _is_number(value)]
    return [(*pair, mark) for pair, mark in zip(candidates, marks, strict=True)]


def _scores(lines: list[str]) -> Rows:
    rows = [row for row in csv.reader(io.StringIO("\n".join(lines), newline="")) if row]
    kept = [row for number, row in enumerate(rows) if number or _is_number(row[-1])]
    return [(name.strip(), float(score)) for name, score in kept]


STATED: dict[str, Callable[[list[str]], Rows]] = {
    "trackData2.txt": _taxonomy(2),
    "albumData2.txt": _taxonomy(1),
    "artistData2.txt": _table,
    "genreData2.txt": _table,
    "trainItem2.txt": _grouped,
    "testItem2.txt": _grouped,
    "test2_new.txt": _table,
    "truth2.txt": _table,
    "submissions/ids.csv": _predictions_by_id,
    "submissions/bare.csv": _predictions_in_order,
    SCORES: _scores,
}
