"""Write the files of a data directory, formatting integers a block of lines at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recsys.synthetic.history import Ratings
from recsys.synthetic.protocol import TestSet
from recsys.synthetic.ragged import BoolArray, IntArray, starts_of
from recsys.synthetic.taxonomy import Catalogue

MISSING = -1  # written as None
BLOCK = 500_000  # lines formatted at once
ByteArray = NDArray[np.uint8]


def write_catalogue(directory: Path, catalogue: Catalogue) -> None:
    """Write the four files of the taxonomy, lines in ascending order of ids."""
    ids, known = catalogue.ids, catalogue.known
    _write_ids(directory / "artistData2.txt", ids.artists)
    _write_ids(directory / "genreData2.txt", ids.genres)
    artist = ids.artists[catalogue.album_artist]
    genres = np.where(catalogue.album_genres >= 0, ids.genres[catalogue.album_genres], MISSING)
    columns = [ids.albums, np.where(known.album_artist, artist, MISSING)]
    _write_lists(directory / "albumData2.txt", columns, genres)
    album = catalogue.track_album
    columns = [
        ids.tracks,
        np.where(known.track_album, ids.albums[album], MISSING),
        np.where(known.track_artist, artist[album], MISSING),
    ]
    listed = np.where(known.track_genres[:, None], genres[album], MISSING)
    _write_lists(directory / "trackData2.txt", columns, listed)


def write_names(directory: Path, ids: IntArray, names: list[str]) -> None:
    """Write a line ``id|name`` for each item."""
    lines = (f"{item}|{name}\n" for item, name in zip(ids.tolist(), names, strict=True))
    (directory / "itemNames.txt").write_text("".join(lines), encoding="utf-8", newline="\n")


def _write_ids(path: Path, ids: IntArray) -> None:
    path.write_bytes(b"".join(b"%d\n" % number for number in np.sort(ids).tolist()))


def _write_lists(path: Path, columns: list[IntArray], genres: IntArray) -> None:
    """Write lines of ``columns``, None where missing, followed by the genres."""
    order = np.argsort(columns[0])
    heads = np.stack(columns, axis=1)[order].tolist()
    with path.open("w", encoding="ascii", newline="\n") as file:
        for head, tail in zip(heads, genres[order].tolist(), strict=True):
            fields = ["None" if field == MISSING else str(field) for field in head]
            fields += [str(genre) for genre in tail if genre != MISSING]
            file.write("|".join(fields) + "\n")


def write_ratings(path: Path, ratings: Ratings, report: Callable[[float], None]) -> None:
    """Write the training file: for each user a header with the count, then the lines in the given order."""
    users, counts = np.unique(ratings.user, return_counts=True)
    headers = starts_of(counts)[:-1] + np.arange(len(users))
    is_header = np.zeros(len(ratings.user) + len(users), dtype=bool)
    is_header[headers] = True
    left, right = np.empty((2, len(is_header)), dtype=np.int64)
    left[is_header], right[is_header] = users, counts
    left[~is_header], right[~is_header] = ratings.item, ratings.value
    separator = np.where(is_header, ord("|"), ord("\t")).astype(np.uint8)
    with path.open("wb") as file:
        for start in range(0, len(left), BLOCK):
            block = slice(start, start + BLOCK)
            file.write(_lines([_digits(left[block]), separator[block, None], _digits(right[block])]))
            report(min(1.0, (start + BLOCK) / len(left)))


def write_test(directory: Path, test: TestSet, track_ids: IntArray) -> None:
    """Write the candidates, the published labels and the labels of all test users."""
    tracks = track_ids[test.tracks]
    with (directory / "testItem2.txt").open("w", encoding="ascii", newline="\n") as file:
        for user, row in zip(test.users.tolist(), tracks.tolist(), strict=True):
            file.write(f"{user}|{len(row)}\n" + "".join(f"{track}\n" for track in row))
    _write_labels(directory / "truth2.txt", test.users, tracks, test.labels)
    known = test.is_labelled
    _write_labels(directory / "test2_new.txt", test.users[known], tracks[known], test.labels[known])


def _write_labels(path: Path, users: IntArray, tracks: IntArray, labels: BoolArray) -> None:
    owner = np.repeat(users, tracks.shape[1])
    fields = zip(owner.tolist(), tracks.ravel().tolist(), labels.astype(int).ravel().tolist(), strict=True)
    path.write_text("".join(f"{user}|{track}|{label}\n" for user, track, label in fields), encoding="ascii")


def _digits(numbers: IntArray) -> ByteArray:
    """Return the digits of non-negative numbers, one row each, right-aligned and padded with zero bytes."""
    width = len(str(int(numbers.max())))
    powers = 10 ** np.arange(width - 1, -1, -1)
    digits = (numbers[:, None] // powers % 10 + ord("0")).astype(np.uint8)
    digits[:, :-1][numbers[:, None] < powers[:-1]] = 0
    return digits


def _lines(columns: list[ByteArray]) -> bytes:
    """Join rows of bytes without their padding, each row with a newline."""
    newline = np.full((len(columns[0]), 1), ord("\n"), dtype=np.uint8)
    table = np.hstack([*columns, newline]).ravel()
    return table[table != 0].tobytes()
