"""The candidates of a test file: users with their test items, as submissions refer to them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from recsys.errors import InputError
from recsys.sources.lines import Line, read_lines


@dataclass(frozen=True)
class Candidates:
    """Hold the candidates in the order of the test file, a user's together, as int64 arrays (candidates)."""

    user_id: NDArray[np.int64]
    track_id: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of candidates."""
        return len(self.user_id)

    @cached_property
    def ids(self) -> pa.Array:
        """Return ``<user>_<track>`` of each candidate."""
        user, track = (pa.array(column).cast(pa.string()) for column in (self.user_id, self.track_id))
        return pc.binary_join_element_wise(user, track, "_")

    @cached_property
    def positions(self) -> dict[str, int]:
        """Return the position of each ``<user>_<track>``."""
        return {name: position for position, name in enumerate(self.ids.to_pylist())}

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Return the first position of each user."""
        return np.flatnonzero(np.diff(self.user_id, prepend=-1))


def read_candidates(path: Path) -> Candidates:
    """Read the candidates of a test file: headers ``UserId|n``, each followed by n lines ``TrackId``.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Candidates

    Raises
    ------
    InputError
        A line breaks the format, or there are no candidates.
    """
    users: dict[int, dict[int, None]] = {}
    header, size, tracks = None, 0, dict[int, None]()
    for line in read_lines(path):
        if "|" in line.text:
            _check_complete(header, size, len(tracks))
            user, size = _header(line)
            if user in users:
                raise line.refused(f"one header per user (user {user} has one above)")
            header, tracks = line, users.setdefault(user, {})
        elif len(tracks) == size:
            raise line.refused("a header UserId|count")
        else:
            track = line.id(line.text, "a track id")
            if track in tracks:
                raise line.refused(f"each track once for user {user}")
            tracks[track] = None
    _check_complete(header, size, len(tracks))
    if not any(users.values()):
        raise InputError(path, None, None, "candidates, found none")
    sizes = [len(tracks) for tracks in users.values()]
    track_id = [track for tracks in users.values() for track in tracks]
    return Candidates(np.repeat(np.array([*users], np.int64), sizes), np.array(track_id, np.int64))


def _header(line: Line) -> tuple[int, int]:
    expected = "a header UserId|count with an even count of candidates"
    user, _, count = line.text.partition("|")
    size = line.id(count, expected)
    if size % 2:
        raise line.refused(expected)
    return line.id(user, expected), size


def _check_complete(header: Line | None, expected: int, found: int) -> None:
    if header is not None and found < expected:
        raise header.refused(f"as many lines as the header counts, found {found:,}")
