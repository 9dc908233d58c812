"""Data directories of Parquet files: their columns, their settings, and what is wrong with a schema.

The files have the content of the text format, with integer ids. `recsys import` writes them; other tools may
as well. ``sql/staging`` reads both formats.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from recsys.errors import InputError
from recsys.sources.interactions import verb

SUFFIX = ".parquet"
FORMAT_VERSIONS = (1, 2)  # of dataset.json
KEYS_OF_2 = ("feedback", "liked_rating", "noun", "split")
METADATA = "dataset.json"  # digests and settings of the import that wrote the files
LARGEST = 2**31 - 1

ID = (0, LARGEST)
TEXT = None
IDS = "ids"
# source -> column -> least and largest whole number, a text, or a list of ids (NULL for none)
COLUMNS: Mapping[str, Mapping[str, Any]] = {
    "ratings": {"user_id": ID, "item_id": ID, "rating": (0, 100), "seq": (0, 2**63 - 1)},
    "appended": {"user_id": ID, "item_id": ID, "rating": (0, 100), "seq": (0, 2**63 - 1)},
    "tracks": {"track_id": ID, "album_id": ID, "artist_id": ID, "genre_ids": IDS},
    "albums": {"album_id": ID, "artist_id": ID, "genre_ids": IDS},
    "artists": {"artist_id": ID},
    "genres": {"genre_id": ID},
    "candidates": {"user_id": ID, "track_id": ID, "position": (0, 2**63 - 1)},
    "labels": {"user_id": ID, "track_id": ID, "label": (0, 1)},
    "truth": {"user_id": ID, "track_id": ID, "label": (0, 1)},
    "users": {"user_id": ID, "original_id": TEXT, "name": TEXT},
    "items": {"item_id": ID, "original_id": TEXT, "name": TEXT},
    "item_attributes": {"item_id": ID},
    "held_out": {"user_id": ID, "item_id": ID},
}
VALUE = "value"  # of ratings, where an import of format version 2 wrote them
REQUIRED = ("ratings", "tracks", "albums", "artists", "genres")
NEVER_EMPTY = ("ratings", "candidates")
KEYS: Mapping[str, tuple[str, ...]] = {
    "ratings": ("user_id", "item_id"),
    "appended": ("user_id", "item_id"),
    "candidates": ("user_id", "track_id"),
    "labels": ("user_id", "track_id"),
    "truth": ("user_id", "track_id"),
    "users": ("user_id",),
    "items": ("item_id",),
    "item_attributes": ("item_id",),
    "held_out": ("user_id", "item_id"),
}
MAY_LACK = ("tracks.album_id", "tracks.artist_id", "albums.artist_id", "users.name", "items.name")
LISTS = ("tracks", "albums", "artists", "genres")  # their ids share one namespace


def is_there(directory: Path) -> bool:
    """Return whether a data directory holds Parquet files.

    Parameters
    ----------
    directory : Path

    Returns
    -------
    bool
    """
    if (directory / f"ratings{SUFFIX}").exists():
        return True
    return (directory / METADATA).exists() and (directory / file_of(metadata(directory), "ratings")).exists()


def file_of(metadata: Mapping[str, Any], name: str) -> str:
    """Return the name of the file that holds a source.

    Parameters
    ----------
    metadata : mapping
        Content of ``dataset.json``, which names the files that an append wrote anew.
    name : str
        Source name, such as 'tracks'.

    Returns
    -------
    str
    """
    return str(metadata.get("files", {}).get(name, f"{name}{SUFFIX}"))


def metadata(directory: Path) -> dict[str, Any]:
    """Return the content of ``dataset.json``, empty if no import wrote the directory.

    Parameters
    ----------
    directory : Path

    Returns
    -------
    dict

    Raises
    ------
    InputError
        The file is not one that an import wrote.
    """
    path = directory / METADATA
    if not path.exists():
        return {}
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InputError(path, None, None, f"JSON as an import writes it: {error}") from None
    return read_metadata(str(path), text)


def read_metadata(place: str, text: str) -> dict[str, Any]:
    """Parse the content of ``dataset.json``.

    Parameters
    ----------
    place : str
        Its name for messages.
    text : str

    Returns
    -------
    dict

    Raises
    ------
    InputError
        The text is not JSON of a known version.
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        raise InputError(place, None, None, f"JSON as an import writes it: {error}") from None
    if not isinstance(found, dict) or found.get("format_version") not in FORMAT_VERSIONS:
        raise InputError(place, None, None, f"format_version {' or '.join(map(str, FORMAT_VERSIONS))}")
    lacking = [key for key in KEYS_OF_2 if key not in found]
    if found["format_version"] == 2 and lacking:
        raise InputError(place, None, None, f"the keys {', '.join(lacking)}, as an import writes them")
    return found


def parameters(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that an import chose for its data, by dotted name.

    Parameters
    ----------
    metadata : mapping
        Content of ``dataset.json``.

    Returns
    -------
    dict
    """
    if metadata.get("format_version") == 1:
        chosen = {"liked.rating": metadata["liked"]} if "liked" in metadata else {}
        return {**chosen, "data.order": "user" if _has_times(metadata) else "none"}
    if not metadata:
        return {}
    scale = metadata.get("scale") or (0.0, 100.0)
    liked = metadata.get("liked")
    return {
        "liked.rating": metadata["liked_rating"],
        "dataset.values": "value",
        "dataset.feedback": metadata["feedback"],
        "dataset.scale_low": float(scale[0]),
        "dataset.scale_high": float(scale[1]),
        "dataset.liked": 0.0 if liked is None else float(liked),
        "dataset.top_count": float(metadata.get("top_count") or 0.0),
        "dataset.noun": metadata["noun"],
        "dataset.verb": verb(metadata["noun"]),
        "dataset.split": metadata["split"],
        "validation.split": metadata["split"],
        "data.order": "time" if _has_times(metadata) else "none",
    }


def _has_times(metadata: Mapping[str, Any]) -> bool:
    """Return whether an import found a column of times."""
    return bool((metadata.get("columns") or {}).get("time"))


def row_count(name: str, path: Path) -> int:
    """Count the rows of a file after checking its columns.

    Parameters
    ----------
    name : str
        Source name, such as 'tracks'.
    path : Path

    Returns
    -------
    int

    Raises
    ------
    InputError
        The file lacks columns or rows, or cannot be read.
    """
    with complete(path) as file:
        schema, rows = file.schema_arrow, file.metadata.num_rows
    refuse_columns(name, str(path), schema, rows)
    return rows


def refuse_columns(name: str, place: str, schema: pa.Schema, rows: int) -> None:
    """Check the columns of a source against `COLUMNS`.

    Parameters
    ----------
    name : str
        Source name, such as 'tracks'.
    place : str
        The file's name for messages.
    schema : pyarrow.Schema
    rows : int

    Raises
    ------
    InputError
        A column is missing or of another type, or there are no rows.
    """
    for column, kind in COLUMNS[name].items():
        if column not in schema.names:
            raise InputError(place, None, None, f"a column {column}, found {', '.join(schema.names)}")
        found = schema.field(column).type
        if not _fits(found, kind):
            raise InputError(place, None, None, f"{_words(kind)} in the column {column}, found {found}")
    if name in NEVER_EMPTY and not rows:
        raise InputError(place, None, None, "rows, found a file without any")


def complete(path: Path) -> pq.ParquetFile:
    """Open a file; raise InputError for one that is cut off or no Parquet file."""
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(path, None, None, f"a complete Parquet file: {reason}") from None


def _fits(found: pa.DataType, kind: Any) -> bool:
    if kind == IDS:
        return bool(pa.types.is_list(found) or pa.types.is_large_list(found)) and _fits(found.value_type, ID)
    if kind is TEXT:
        return bool(pa.types.is_string(found) or pa.types.is_large_string(found) or pa.types.is_null(found))
    return bool(pa.types.is_integer(found))


def _words(kind: Any) -> str:
    return {IDS: "lists of whole numbers", TEXT: "texts"}.get(kind, "whole numbers")
