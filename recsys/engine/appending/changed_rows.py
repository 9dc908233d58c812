"""Write the rows that a warehouse lacks of its data directory as files, which models of staging can read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recsys.backends.duckdb.database import Writer
from recsys.identifiers import literal
from recsys.sources import parquet
from recsys.sources.source_file import SourceFile

RATINGS = "select user_id, item_id, rating, seq, value, time"
UNLEARNED = "select user_id, item_id, added_at as appended_at"
KEYS = {  # of sources that grow, and of their relations in staging
    "users": "user_id",
    "items": "item_id",
    "tracks": "track_id",
    "albums": "album_id",
    "artists": "artist_id",
    "genres": "genre_id",
    "item_attributes": "item_id",
}


def written(
    writer: Writer, data: Path, metadata: Mapping[str, Any], folder: Path, applied: int, learned: int
) -> dict[str, SourceFile]:
    """Write the rows that a warehouse lacks.

    Parameters
    ----------
    writer : Writer
        Of the private copy of the warehouse.
    data : Path
        Its data directory.
    metadata : mapping
        Content of ``dataset.json``.
    folder : Path
        Where to write.
    applied, learned : int
        The last append that the warehouse has, and the last one that its build learned from.

    Returns
    -------
    dict of str to SourceFile
        All files of the data directory by source name. Files that grew hold the missing rows alone;
        ``line_count`` is their number.
    """
    there = {name: data / parquet.file_of(metadata, name) for name in parquet.COLUMNS}
    found = {name: path for name, path in there.items() if path.exists()}
    appended = f"from read_parquet({literal(str(found.pop('appended')))}) where generation > {applied}"
    queries = {
        "ratings": f"{RATINGS} {appended}",
        "unlearned": f"{UNLEARNED} {appended} and added > {learned}",
        **{
            name: _missing(found[name], f"staging.{name}", key) for name, key in KEYS.items() if name in found
        },
    }
    counts = {}
    for name, sql in queries.items():
        found[name] = folder / f"{name}{parquet.SUFFIX}"
        counts[name] = writer.rows(f"copy ({sql}) to {literal(str(found[name]))} (format parquet)")[0][0]
    return {
        name: SourceFile(name, path, "", path.stat().st_size, counts.get(name, 0))
        for name, path in found.items()
    }


def _missing(path: Path, relation: str, key: str) -> str:
    """Return the query of the rows of a file that a relation lacks."""
    return f"from read_parquet({literal(str(path))}) where {key} not in (select {key} from {relation})"
