"""A small catalogue and the warehouse that is built from it, with stand-ins for what is learned."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from recsys.backends.duckdb.connection import reading
from tests.given import build_sql
from tests.hierarchies import write
from tests.reference import Album, Dataset, Track

SQL = Path(__file__).parents[2] / "sql"

TRACKS, ALBUMS, ARTISTS, GENRES = range(100, 140), range(200, 210), range(300, 305), range(400, 406)
USERS = range(8)
NEWCOMER = 8  # has candidates and no rating
UNLISTED = 199  # a candidate that no file lists

AUTOENCODER = """-- grain: one candidate
-- key: user_id, track_id
-- units: prediction 0..100
-- nulls: none
select user_id, track_id, 12.5 as prediction, 'album' as source from {{ ref('staging.candidates') }}
"""
ALS = """-- grain: one candidate
-- key: user_id, track_id
-- units: *_score 0..100
-- nulls: none
select
    user_id,
    track_id
    {%- for level in ['track', 'album', 'artist', 'genre'] %},
    {{ loop.index }}.5 as {{ level }}_score,
    'als' as {{ level }}_source
    {%- endfor %}
from {{ ref('staging.candidates') }}
"""


def catalogue(draw: random.Random) -> dict[int, Track]:
    """Tracks; some lack an album, an artist or genres."""
    return {
        track: Track(
            album=draw.choice([None, *ALBUMS, *ALBUMS]),
            artist=draw.choice([None, *ARTISTS]),
            genres=tuple(draw.sample(GENRES, draw.randrange(4))),
        )
        for track in TRACKS
    }


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    draw = random.Random(6)
    items = [*TRACKS, *ALBUMS[:-1], *ARTISTS, *GENRES[:-1]]
    ratings = {
        (user, item): draw.choice([0, 30, 50, 70, 90, 100])
        for user in USERS
        for item in sorted(draw.sample(items, draw.randrange(1, 24)))
    }
    candidates = [(user, track) for user in (*USERS, NEWCOMER) for track in draw.sample(TRACKS, 3)]
    return Dataset(
        tracks=catalogue(draw),
        albums={album: Album(draw.choice([None, *ARTISTS]), (GENRES[0],)) for album in ALBUMS},
        artists=ARTISTS,
        genres=GENRES,
        ratings=ratings,
        candidates=sorted([*candidates, *((user, UNLISTED) for user in (*USERS, NEWCOMER))]),
    )


@pytest.fixture(scope="session")
def data(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("catalogue") / "data"
    write(directory, dataset)
    return directory


@pytest.fixture(scope="session")
def warehouse(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The SQL half: nothing learned is in it."""
    path = tmp_path_factory.mktemp("plain") / "w.duckdb"
    build_sql(data, path)
    with reading(path, guarded=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def learned_file(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with constants in the place of what the autoencoder and the ALS models predict."""
    folder = tmp_path_factory.mktemp("learned")
    sql = shutil.copytree(SQL, folder / "sql")
    (sql / "features" / "autoencoder" / "autoencoder.sql").write_text(AUTOENCODER)
    (sql / "features" / "als" / "als.sql").write_text(ALS)
    build_sql(data, folder / "w.duckdb", sql=sql)
    return folder / "w.duckdb"


@pytest.fixture(scope="session")
def learned(learned_file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with reading(learned_file, guarded=True) as connection:
        yield connection
