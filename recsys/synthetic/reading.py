"""A data directory as arrays, for measuring it; made to be quick, not to explain what is wrong with a file."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from recsys.errors import UsageError
from recsys.synthetic.ragged import IntArray, spread

MISSING = -1
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Taxonomy:
    """Ids of the catalogue after the fill from the album; ``MISSING`` where there is none.

    ``raw_artist`` is the artist as the track file has it. ``genre_track`` and ``genre`` are the pairs of
    a track's row number and a genre of it.
    """

    track: IntArray
    album: IntArray
    artist: IntArray
    raw_artist: IntArray
    genre_track: IntArray
    genre: IntArray
    albums: IntArray
    album_artist: IntArray
    artists: IntArray
    genres: IntArray


@dataclass(frozen=True)
class DataSet:
    """Ratings in file order, the catalogue, and the labelled candidates with their labels."""

    user: IntArray
    item: IntArray
    rating: IntArray
    taxonomy: Taxonomy
    candidate_user: IntArray
    candidate_track: IntArray
    label: NDArray[np.bool_]


def read(directory: Path) -> DataSet:
    """The ratings, catalogue and labels of a data directory; UsageError where a file is missing or malformed."""
    try:
        user, item, rating = _ratings(_content(directory, "trainItem2", "trainIdx2"))
        taxonomy = _taxonomy(directory)
        labels = _table(_content(directory, "truth2", "test2_new"), b"|", 3)
    except (ValueError, IndexError, EOFError, gzip.BadGzipFile) as error:
        raise UsageError(f"{directory} is not in the data format: {str(error).splitlines()[0]}") from error
    return DataSet(user, item, rating, taxonomy, labels[0], labels[1], labels[2] == 1)


def _content(directory: Path, *stems: str) -> bytes:
    """The bytes of the first of the named files that is there, unpacked and without a byte order mark."""
    for stem in stems:
        for path in (directory / f"{stem}.txt", directory / f"{stem}.txt.gz"):
            if path.is_file():
                content = path.read_bytes()
                content = gzip.decompress(content) if path.suffix == ".gz" else content
                return content.removeprefix(BYTE_ORDER_MARK)
    raise UsageError(f"{directory} holds neither {' nor '.join(f'{stem}.txt' for stem in stems)}")


def _table(content: bytes, separator: bytes, columns: int) -> list[IntArray]:
    """Integer columns of a file with the same number of fields a line."""
    names = [str(number) for number in range(columns)]
    if not content.strip():
        return [np.zeros(0, dtype=np.int64) for _ in names]
    table = pa_csv.read_csv(
        BytesIO(content),
        pa_csv.ReadOptions(column_names=names),
        pa_csv.ParseOptions(delimiter=separator.decode()),
        pa_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.int64())),
    )
    return [table[name].to_numpy() for name in names]


def _ratings(content: bytes) -> tuple[IntArray, IntArray, IntArray]:
    """Headers are told from ratings by counting: each says how many ratings follow it."""
    left, right = _table(content.translate(bytes.maketrans(b"|", b"\t")), b"\t", 2)
    headers, line = [], 0
    while line < len(left):
        headers.append(line)
        line += int(right[line]) + 1
    is_rating = np.ones(len(left), dtype=bool)
    is_rating[headers] = False
    owner = spread(right[headers])[0]
    return left[headers][owner], left[is_rating], right[is_rating]


def _rows(content: bytes) -> list[list[int]]:
    text = content.decode("ascii").replace("None", str(MISSING))
    return [[int(field) for field in line.split("|")] for line in text.splitlines()]


def _ids(directory: Path, stem: str) -> IntArray:
    return np.array([row[0] for row in _rows(_content(directory, stem))], dtype=np.int64)


def _column(rows: list[list[int]], place: int) -> IntArray:
    return np.array([row[place] for row in rows], dtype=np.int64)


def _taxonomy(directory: Path) -> Taxonomy:
    tracks = _rows(_content(directory, "trackData2"))
    albums = {row[0]: row for row in _rows(_content(directory, "albumData2"))}
    nothing = [MISSING, MISSING]
    filled_artist = [row[2] if row[2] != MISSING else albums.get(row[1], nothing)[1] for row in tracks]
    filled_genres = [sorted(set(row[3:] or albums.get(row[1], nothing)[2:])) for row in tracks]
    return Taxonomy(
        track=_column(tracks, 0),
        album=_column(tracks, 1),
        artist=np.array(filled_artist, dtype=np.int64),
        raw_artist=_column(tracks, 2),
        genre_track=np.repeat(np.arange(len(tracks)), [len(genres) for genres in filled_genres]),
        genre=np.array([genre for genres in filled_genres for genre in genres], dtype=np.int64),
        albums=np.array(list(albums), dtype=np.int64),
        album_artist=np.array([row[1] for row in albums.values()], dtype=np.int64),
        artists=_ids(directory, "artistData2"),
        genres=_ids(directory, "genreData2"),
    )
