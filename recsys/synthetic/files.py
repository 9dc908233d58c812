"""Writing the data directory: integers to lines, a block at a time, without a Python object a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recsys.synthetic.history import Ratings
from recsys.synthetic.protocol import Test
from recsys.synthetic.ragged import IntArray
from recsys.synthetic.taxonomy import Catalogue

MISSING = -1  # written as None
BLOCK = 500_000  # lines formatted at once
ByteArray = NDArray[np.uint8]


def write_catalogue(directory: Path, catalogue: Catalogue) -> None:
    """The four files of the taxonomy; lines in ascending ids, so that their order says nothing."""
    _write_ids(directory / "artistData2.txt", catalogue.artist_ids)
    _write_ids(directory / "genreData2.txt", catalogue.genre_ids)
    artist = np.where(catalogue.album_artist_known, catalogue.artist_ids[catalogue.album_artist], MISSING)
    genres = _genre_columns(catalogue)
    _write_lists(directory / "albumData2.txt", [catalogue.album_ids, artist], genres)
    album = catalogue.track_album
    columns = [
        catalogue.track_ids,
        np.where(catalogue.track_album_known, catalogue.album_ids[album], MISSING),
        np.where(catalogue.track_artist_known, catalogue.artist_ids[catalogue.album_artist[album]], MISSING),
    ]
    listed = np.where(catalogue.track_genres_known[:, None], genres[album], MISSING)
    _write_lists(directory / "trackData2.txt", columns, listed)


def _genre_columns(catalogue: Catalogue) -> IntArray:
    return np.where(catalogue.genre_lists >= 0, catalogue.genre_ids[catalogue.genre_lists], MISSING)


def _write_ids(path: Path, ids: IntArray) -> None:
    path.write_bytes(b"".join(b"%d\n" % number for number in np.sort(ids).tolist()))


def _write_lists(path: Path, columns: list[IntArray], genres: IntArray) -> None:
    """Lines of ``columns`` (None where missing), then the genres that are there."""
    order = np.argsort(columns[0])
    heads = np.stack(columns, axis=1)[order].tolist()
    with path.open("w", encoding="ascii", newline="\n") as file:
        for head, tail in zip(heads, genres[order].tolist(), strict=True):
            fields = ["None" if field == MISSING else str(field) for field in head]
            fields += [str(genre) for genre in tail if genre != MISSING]
            file.write("|".join(fields) + "\n")


def write_ratings(path: Path, ratings: Ratings, report: Callable[[float], None]) -> None:
    """The training file: a header with its count, then the lines of each user, in the order given."""
    users, starts, counts = np.unique(ratings.user, return_index=True, return_counts=True)
    rows = np.arange(len(ratings.user)) + np.searchsorted(starts, np.arange(len(ratings.user)), side="right")
    headers = starts + np.arange(len(users))
    left, right = np.empty((2, len(ratings.user) + len(users)), dtype=np.int64)
    is_header = np.zeros(len(left), dtype=bool)
    is_header[headers] = True
    left[headers], right[headers] = users, counts
    left[rows], right[rows] = ratings.item, ratings.value
    separator = np.where(is_header, ord("|"), ord("\t")).astype(np.uint8)
    with path.open("wb") as file:
        for start in range(0, len(left), BLOCK):
            block = slice(start, start + BLOCK)
            file.write(_lines([_digits(left[block]), separator[block, None], _digits(right[block])]))
            report(min(1.0, (start + BLOCK) / len(left)))


def write_test(directory: Path, test: Test, track_ids: IntArray) -> None:
    """The candidates, the published labels and the labels of all test users."""
    tracks = track_ids[test.tracks]
    with (directory / "testItem2.txt").open("w", encoding="ascii", newline="\n") as file:
        for user, row in zip(test.users.tolist(), tracks.tolist(), strict=True):
            file.write(f"{user}|{len(row)}\n" + "".join(f"{track}\n" for track in row))
    _write_labels(directory / "truth2.txt", test.users, tracks, test.labels)
    known = test.is_labelled
    _write_labels(directory / "test2_new.txt", test.users[known], tracks[known], test.labels[known])


def _write_labels(path: Path, users: IntArray, tracks: IntArray, labels: NDArray[np.bool_]) -> None:
    owner = np.repeat(users, tracks.shape[1])
    fields = zip(owner.tolist(), tracks.ravel().tolist(), labels.astype(int).ravel().tolist(), strict=True)
    path.write_text("".join(f"{user}|{track}|{label}\n" for user, track, label in fields), encoding="ascii")


def _digits(numbers: IntArray) -> ByteArray:
    """Decimal digits of non-negative numbers, one row each, right-aligned and padded with zero bytes."""
    width = len(str(int(numbers.max())))
    powers = 10 ** np.arange(width - 1, -1, -1)
    digits = (numbers[:, None] // powers % 10 + ord("0")).astype(np.uint8)
    digits[:, :-1][numbers[:, None] < powers[:-1]] = 0
    return digits


def _lines(columns: Iterable[ByteArray]) -> bytes:
    """Rows of bytes side by side, their padding squeezed out, each row ended by a newline."""
    parts = list(columns)
    parts.append(np.full((len(parts[0]), 1), ord("\n"), dtype=np.uint8))
    table = np.hstack(parts).ravel()
    return table[table != 0].tobytes()
