"""Import ratings from a program or a notebook: `recsys.import_ratings`."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from recsys.errors import UsageError
from recsys.sources.importing.frames import is_path
from recsys.sources.importing.options import Options, Result
from recsys.sources.importing.recipe import run
from recsys.sources.importing.summary import sentences

logger = logging.getLogger("recsys")

RATING_COLUMNS = ("user", "item", "rating", "time")
ITEM_COLUMNS = ("name", "genres", "album", "artist", "kind")


def import_ratings(
    ratings: Any,
    out: str | os.PathLike[str],
    *,
    items: Any = None,
    user: str | None = None,
    item: str | None = None,
    rating: str | None = None,
    time: str | None = None,
    name: str | None = None,
    genres: str | None = None,
    album: str | None = None,
    artist: str | None = None,
    kind: str | None = None,
    without: Iterable[str] = (),
    feedback: str = "auto",
    scale: tuple[float, float] | None = None,
    liked: float | None = None,
    duplicates: str | None = None,
    separator: str | None = None,
    noun: str = "item",
    delimiter: str | None = None,
    header: bool | None = None,
    columns: Sequence[str] = (),
    encoding: str | None = None,
    holdout: int = 0,
    split: str | None = None,
    seed: int = 1,
    force: bool = False,
    threads: int | None = None,
    memory: str = "4GB",
) -> Result:
    """Make a data directory of ratings, plays, purchases or events, as ``recsys import`` does.

    Parameters
    ----------
    ratings : str, path, data frame or list of these
        Files, patterns, data frames of pandas or polars, Arrow tables or DuckDB relations.
    out : str or path
        Data directory to write.
    items : str, path or data frame, optional
        Items: their ids, names, genres and any further columns.
    user, item, rating, time : str, optional
        Columns of the ratings. Default: those with usual names.
    name, genres, album, artist, kind : str, optional
        Columns of the items. Default: those with usual names.
    without : iterable of str
        Columns that must not be guessed, such as ``"kind"``.
    feedback : str, default "auto"
        ``"ratings"``, ``"likes"``, ``"counts"`` or ``"events"``.
    scale : (float, float), optional
        Lowest and highest rating. Default: as the data show.
    liked : float, optional
        Value from which on a row is a like. Default: four fifths of the scale, or every row.
    duplicates : str, optional
        ``"refuse"``, ``"last"``, ``"first"``, ``"mean"``, ``"max"`` or ``"sum"``.
    separator : str, optional
        Text between genres. Default: ``|``.
    noun : str, default "item"
        What an item is called.
    delimiter, header, columns, encoding
        Layout of text files. Default: as found. ``header=False`` with ``columns`` for files without names.
    holdout : int, default 0
        Likes of a user to hold out as test candidates.
    split : str, optional
        ``"random"`` or ``"time"``: which likes to hold out. Default: the last ones where there are times.
    seed : int, default 1
        Random seed of the holdout, 0..2,147,483,647.
    force : bool, default False
        Replace imported data that are in ``out``.
    threads : int, optional
        Threads to use. Default: all cores.
    memory : str, default "4GB"
        Memory of DuckDB before it spills to disk.

    Returns
    -------
    Result
        What was found and written; `recsys.build` takes it as its data. The logger ``recsys`` gets the
        sentences that the command prints.

    Raises
    ------
    UsageError
        An argument is wrong, or the columns cannot be found.
    InputError
        A row cannot be used; the message names file, line and text. Nothing is written.
    """
    given = {"user": user, "item": item, "rating": rating, "time": time}
    item_columns = {"name": name, "genres": genres, "album": album, "artist": artist, "kind": kind}
    options = Options(
        files=_listed(ratings),
        out=_path(out),
        columns={role: column for role, column in given.items() if column is not None},
        items=items,
        item_columns={role: column for role, column in item_columns.items() if column is not None},
        refused=frozenset([without] if isinstance(without, str) else without),
        feedback=feedback,
        separator=separator,
        scale=_pair(scale),
        liked=liked,
        holdout=holdout,
        split=split,
        seed=seed,
        duplicates=duplicates,
        noun=noun,
        delimiter=delimiter,
        header=header,
        names=tuple(columns),
        encoding=encoding,
        force=force,
        threads=threads or os.cpu_count() or 1,
        memory=memory,
    )
    result = run(options)
    for sentence in sentences(options, result):
        logger.info("%s", sentence)
    return result


def _listed(ratings: Any) -> Sequence[Any]:
    """Return the ratings as a list; UsageError for an empty one."""
    listed = [*ratings] if isinstance(ratings, (list, tuple)) else [ratings]
    if not listed:
        raise UsageError("ratings: expected a file or a data frame, found an empty list")
    return listed


def _path(out: Any) -> Path:
    if not is_path(out):
        raise UsageError(f"out = {out!r}: expected the path of a data directory to write")
    return Path(out)


def _pair(scale: Any) -> tuple[float, float] | None:
    if scale is None:
        return None
    try:
        low, high = map(float, scale)
    except (TypeError, ValueError):
        raise UsageError(f"scale = {scale!r}: expected the lowest and the highest rating") from None
    return low, high
