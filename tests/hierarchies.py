"""Random small data sets for property tests, and the writer of the text format.

The catalogue is so small that everything odd in real data turns up within a few draws: tracks without album,
artist or genre, albums without artist, albums, candidates and rated items that no file lists, genres listed
twice, unrated items, one sibling or several, users without ratings, ties.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.reference import Album, Dataset, Track

# One flat namespace of item ids, as in the files, 0 among them; no file lists the last of each kind,
# and the last user has rated nothing.
TRACKS = tuple(range(8))
ALBUMS = tuple(range(200, 203))
ARTISTS = tuple(range(300, 303))
GENRES = tuple(range(400, 404))
USERS = tuple(range(4))
ITEMS = TRACKS + ALBUMS + ARTISTS + GENRES
POPULAR_RATINGS = (0, 50, 90, 100)

V = TypeVar("V")


@dataclass(frozen=True)
class Form:
    """How a data directory spells its content; every form means the same."""

    compressed: bool = False
    byte_order_mark: bool = False
    carriage_returns: bool = False
    index_names: bool = False
    final_newline: bool = True


def some_of(keys: Sequence[int], values: SearchStrategy[V]) -> SearchStrategy[dict[int, V]]:
    """A value for about half of the keys, in any order."""
    drawn = st.lists(st.none() | values, min_size=len(keys), max_size=len(keys))
    pairs = st.tuples(st.permutations(keys), drawn).map(lambda columns: zip(*columns, strict=True))
    return pairs.map(lambda rows: {key: value for key, value in rows if value is not None})


def genre_lists() -> SearchStrategy[tuple[int, ...]]:
    """The genres of a line: none, one, several, the same one twice."""
    return st.lists(st.sampled_from(GENRES), max_size=4).map(tuple)


def albums() -> SearchStrategy[dict[int, Album]]:
    """An album file, without one of the albums that tracks may name."""
    lines = st.builds(Album, artist=st.none() | st.sampled_from(ARTISTS), genres=genre_lists())
    return st.fixed_dictionaries(dict.fromkeys(ALBUMS[:-1], lines))


def tracks() -> SearchStrategy[dict[int, Track]]:
    """A track file, without one of the tracks that candidates and ratings may name."""
    lines = st.builds(
        Track,
        album=st.none() | st.sampled_from(ALBUMS),
        artist=st.none() | st.sampled_from(ARTISTS),
        genres=genre_lists(),
    )
    return st.fixed_dictionaries(dict.fromkeys(TRACKS[:-1], lines))


@st.composite
def ratings(draw: st.DrawFn) -> dict[tuple[int, int], int]:
    """A history: mostly the values of the star widget, so that means tie; the rows of a user side by side."""
    values = st.sampled_from(POPULAR_RATINGS) | st.integers(0, 100)
    histories = draw(st.fixed_dictionaries(dict.fromkeys(USERS[:-1], some_of(ITEMS, values))))
    return {(user, item): rating for user, history in histories.items() for item, rating in history.items()}


@st.composite
def candidate_lists(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Candidates of at least one user, an even number of distinct tracks each."""
    users = draw(st.lists(st.sampled_from(USERS), min_size=1, unique=True))
    found: list[tuple[int, int]] = []
    for user in users:
        chosen = draw(st.permutations(TRACKS))[: 2 * draw(st.integers(1, 3))]
        found.extend((user, track) for track in chosen)
    return found


@st.composite
def truths(draw: st.DrawFn, candidates: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """A label for every candidate, 1 for half of a user's."""
    found: dict[tuple[int, int], int] = {}
    for _, group in groupby(candidates, key=lambda row: row[0]):
        rows = list(group)
        halves = draw(st.permutations([0, 1] * (len(rows) // 2)))
        found.update(zip(rows, halves, strict=True))
    return found


@st.composite
def datasets(draw: st.DrawFn) -> Dataset:
    """A whole data set, the labelled users a part of those with candidates."""
    candidates = draw(candidate_lists())
    truth = draw(truths(candidates))
    labelled = draw(st.sets(st.sampled_from(candidates).map(lambda row: row[0])))
    return Dataset(
        tracks=draw(tracks()),
        albums=draw(albums()),
        artists=ARTISTS[:-1],
        genres=GENRES[:-1],
        ratings=draw(ratings().filter(bool)),  # a file of ratings with none is refused
        candidates=candidates,
        labels={row: label for row, label in truth.items() if row[0] in labelled},
        truth=truth,
    )


def forms() -> SearchStrategy[Form]:
    """Every spelling of the files."""
    flag = st.booleans()
    return st.builds(Form, flag, flag, flag, flag, flag)


def write(directory: Path, dataset: Dataset, form: Form = Form()) -> None:
    """Writes the text files of a data set; the label files only where there are labels."""
    files = dict(_files(dataset))
    if form.index_names:
        files = {name.replace("Item2", "Idx2"): lines for name, lines in files.items()}
    directory.mkdir(parents=True, exist_ok=True)
    for name, lines in files.items():
        _write_lines(directory / name, lines, form)


def _files(dataset: Dataset) -> Iterator[tuple[str, list[str]]]:
    """The name and the lines of each file."""
    tracks, albums = dataset.tracks.items(), dataset.albums.items()
    yield "trackData2.txt", [_line(track, *_named(row[:2]), *row.genres) for track, row in tracks]
    yield "albumData2.txt", [_line(album, *_named(row[:1]), *row.genres) for album, row in albums]
    yield "artistData2.txt", [str(artist) for artist in dataset.artists]
    yield "genreData2.txt", [str(genre) for genre in dataset.genres]
    yield "trainItem2.txt", _grouped((user, f"{item}\t{r}") for (user, item), r in dataset.ratings.items())
    yield "testItem2.txt", _grouped((user, str(track)) for user, track in dataset.candidates)
    for name, labels in (("test2_new.txt", dataset.labels), ("truth2.txt", dataset.truth)):
        if labels:
            yield name, [_line(user, track, label) for (user, track), label in labels.items()]


def _line(*fields: object) -> str:
    return "|".join(map(str, fields))


def _named(ids: Iterable[object]) -> list[object]:
    """Ids as the files spell them."""
    return ["None" if item is None else item for item in ids]


def _grouped(rows: Iterable[tuple[int, str]]) -> list[str]:
    """A header ``UserId|n`` before the n lines of each user."""
    lines: list[str] = []
    for user, group in groupby(rows, key=lambda row: row[0]):
        texts = [text for _, text in group]
        lines += [_line(user, len(texts)), *texts]
    return lines


def _write_lines(path: Path, lines: Sequence[str], form: Form) -> None:
    """A file in the given form; Form.final_newline False leaves the last line open."""
    ending = "\r\n" if form.carriage_returns else "\n"
    text = ending.join(lines) + (ending if form.final_newline and lines else "")
    content = text.encode("utf-8-sig" if form.byte_order_mark else "utf-8")
    if form.compressed:
        path, content = path.with_name(path.name + ".gz"), gzip.compress(content, mtime=0)
    path.write_bytes(content)
