"""A data directory of Parquet files, with what a warehouse has staged."""

from __future__ import annotations

from pathlib import Path

import duckdb

LISTED = (
    "coalesce((select list({0}_id order by {0}_id) from staging.{1}_{0}s as g where g.{1}_id = t.{1}_id), [])"
)
FILES = {
    "ratings": "select user_id, item_id, rating, seq from staging.ratings order by seq",
    "tracks": f"select track_id, album_id, artist_id, {LISTED.format('genre', 'track')} as genre_ids from staging.tracks as t order by all",
    "albums": f"select album_id, artist_id, {LISTED.format('genre', 'album')} as genre_ids from staging.albums as t order by all",
    "artists": "from staging.artists order by all",
    "genres": "from staging.genres order by all",
    "candidates": "from staging.candidates order by position",
    "labels": "from staging.labels order by all",
    "truth": "from staging.truth order by all",
}
OF_USERS = ("ratings", "candidates", "labels", "truth")


def converted(warehouse: Path, folder: Path, copies: int = 1) -> Path:
    """The directory; with ``copies``, all users so many times over, each copy under ids of its own."""
    folder.mkdir()
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for name, query in FILES.items():
            path = folder / f"{name}.parquet"
            if copies > 1 and name in OF_USERS:
                query = _copied(f"staging.{name}", copies)  # noqa: PLW2901
            connection.execute(f"copy ({query}) to '{path}'")
    return folder


def _copied(relation: str, copies: int) -> str:
    """All rows of a relation again for each copy, one copy after the other, in the order of the relation."""
    stride = "(select 1 + max(user_id) from staging.ratings)"
    moved = {"user_id": f"(user_id + {{copy}} * {stride})::integer"}
    for place in {"staging.ratings": ["seq"], "staging.candidates": ["position"]}.get(relation, []):
        moved[place] = f"{place} + {{copy}} * (select 1 + max({place}) from {relation})"
    replaced = ", ".join(f"{text} as {name}" for name, text in moved.items())
    order = [name for name in moved if name != "user_id"] or ["user_id", "track_id"]
    once = f"(select * replace ({replaced}) from {relation} order by {', '.join(order)})"
    return " union all ".join(once.format(copy=copy) for copy in range(copies))
