"""Read a data directory into arrays, quickly and without explaining errors in the files."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from recsys.errors import UsageError
from recsys.synthetic.ragged import BoolArray, IntArray, members

MISSING = -1
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Taxonomy:
    """Hold the catalogue, with artists filled in from albums; ``MISSING`` without an album or artist.

    ``track``, ``album``, ``artist`` and ``listed_artist`` (before filling in) have one entry per track and a
    last one, all MISSING, for no track. ``genre_track`` and ``genre`` are pairs of a row of these and a
    genre. ``albums`` and ``album_artist`` have one entry per album.
    """

    track: IntArray
    album: IntArray
    artist: IntArray
    listed_artist: IntArray
    genre_track: IntArray
    genre: IntArray
    albums: IntArray
    album_artist: IntArray
    artists: IntArray
    genres: IntArray


@dataclass(frozen=True)
class DataSet:
    """Hold ratings in file order, the catalogue, and the labelled candidates with their labels.

    Item ids are below ``item_span`` - 1: arrays of this length can be indexed by any id and by MISSING.
    """

    user: IntArray
    item: IntArray
    rating: IntArray
    taxonomy: Taxonomy
    candidate_user: IntArray
    candidate_track: IntArray
    label: BoolArray
    item_span: int


def read(directory: Path) -> DataSet:
    """Read the ratings, the catalogue and the labels: all of them, else the published ones.

    Raise UsageError where a file is missing or malformed, or there are no ratings or no labels.
    """
    try:
        user, item, rating = _ratings(_content(directory, "trainItem2", "trainIdx2"))
        taxonomy = _taxonomy(directory)
        labels = _table(_content(directory, "truth2", "test2_new"), "|", 3)
    except (ValueError, IndexError, EOFError, gzip.BadGzipFile) as error:
        raise UsageError(
            f"{directory}: not in the Cup's data format ({str(error).splitlines()[0]})"
        ) from error
    if len(item) == 0 or len(labels[0]) == 0:
        raise UsageError(f"{directory}: has no {'labels' if len(item) else 'ratings'}; nothing to compare")
    ids = (item, labels[1], *(getattr(taxonomy, kind) for kind in ("track", "album", "artist", "genre")))
    span = 2 + max(int(column.max(initial=0)) for column in (*ids, taxonomy.albums, taxonomy.artists))
    return DataSet(user, item, rating, taxonomy, labels[0], labels[1], labels[2] == 1, span)


def _content(directory: Path, *stems: str) -> bytes:
    """Return the bytes of the first named file that exists, decompressed, without a byte order mark."""
    for stem in stems:
        for path in (directory / f"{stem}.txt", directory / f"{stem}.txt.gz"):
            if path.is_file():
                content = path.read_bytes()
                content = gzip.decompress(content) if path.suffix == ".gz" else content
                return content.removeprefix(BYTE_ORDER_MARK)
    raise UsageError(f"{directory}: has no file {' or '.join(f'{stem}.txt' for stem in stems)}")


def _table(content: bytes, separator: str, columns: int) -> list[IntArray]:
    """Parse integer columns of a file with the same number of fields per line."""
    names = [str(number) for number in range(columns)]
    if not content.strip():
        return [np.zeros(0, dtype=np.int64) for _ in names]
    table = pa_csv.read_csv(
        BytesIO(content),
        pa_csv.ReadOptions(column_names=names),
        pa_csv.ParseOptions(delimiter=separator),
        pa_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.int64())),
    )
    return [table[name].to_numpy() for name in names]


def _ratings(content: bytes) -> tuple[IntArray, IntArray, IntArray]:
    """Parse headers and ratings; each header counts the ratings that follow it."""
    left, right = _table(content.translate(bytes.maketrans(b"|", b"\t")), "\t", 2)
    headers, line = [], 0
    while line < len(left):
        headers.append(line)
        line += int(right[line]) + 1
    is_rating = np.ones(len(left), dtype=bool)
    is_rating[headers] = False
    owner, _ = members(right[headers])
    return left[headers][owner], left[is_rating], right[is_rating]


def _rows(content: bytes) -> list[list[int]]:
    text = content.decode("ascii").replace("None", str(MISSING))
    return [[int(field) for field in line.split("|")] for line in text.splitlines()]


def _ids(directory: Path, stem: str) -> IntArray:
    return _column([row[0] for row in _rows(_content(directory, stem))])


def _column(values: list[int]) -> IntArray:
    return np.array(values, dtype=np.int64)


def _taxonomy(directory: Path) -> Taxonomy:
    tracks = [*_rows(_content(directory, "trackData2")), [MISSING, MISSING, MISSING]]
    albums = {row[0]: row for row in _rows(_content(directory, "albumData2"))}
    nothing = [MISSING, MISSING]
    genres = [sorted(set(row[3:] or albums.get(row[1], nothing)[2:])) for row in tracks]
    return Taxonomy(
        track=_column([row[0] for row in tracks]),
        album=_column([row[1] for row in tracks]),
        artist=_column([row[2] if row[2] != MISSING else albums.get(row[1], nothing)[1] for row in tracks]),
        listed_artist=_column([row[2] for row in tracks]),
        genre_track=np.repeat(np.arange(len(tracks)), [len(listed) for listed in genres]),
        genre=_column([genre for listed in genres for genre in listed]),
        albums=_column(list(albums)),
        album_artist=_column([row[1] for row in albums.values()]),
        artists=_ids(directory, "artistData2"),
        genres=_ids(directory, "genreData2"),
    )
