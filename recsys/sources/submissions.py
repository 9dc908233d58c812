"""Prior submissions: files that mark half of each user's candidates, with their published scores."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from recsys.errors import InputError, UsageError
from recsys.sources.candidates import Candidates
from recsys.sources.published_scores import read_scores
from recsys.sources.submission_file import read_submission

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Submissions:
    """Hold prior submissions.

    Attributes
    ----------
    candidates : Candidates
    files : tuple of str
    values : ndarray of float64, shape (candidates, files)
        Predictions, in the candidates' order.
    accuracy : ndarray of float64, shape (files,)
        Published scores.
    skipped : tuple of (str, str)
        Files left out, with the reasons.
    """

    candidates: Candidates
    files: tuple[str, ...]
    values: Array
    accuracy: Array
    skipped: tuple[tuple[str, str], ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return a warning for each 0/1 file that does not mark exactly half of every user's candidates."""
        starts = self.candidates.starts
        sizes = np.diff(starts, append=len(self.candidates))
        counts = [_uneven(column, starts, sizes) for column in self.values.T]
        return tuple(
            f"{name}: {count:,} of {len(sizes):,} users do not have exactly half of their candidates marked"
            for name, count in zip(self.files, counts, strict=True)
            if count
        )

    def tables(self) -> tuple[pa.Table, pa.Table]:
        """Return ``(file, user_id, track_id, score)`` and ``(file, score)``, as in the staging relations."""
        files, candidates = len(self.files), len(self.candidates)
        codes = pa.array(np.repeat(np.arange(files, dtype=np.int32), candidates))
        rows = {
            "file": pa.DictionaryArray.from_arrays(codes, pa.array(self.files, pa.string())),
            "user_id": np.tile(self.candidates.user_id.astype(np.int32), files),
            "track_id": np.tile(self.candidates.track_id.astype(np.int32), files),
            "score": self.values.ravel(order="F"),
        }
        scores = {"file": pa.array(self.files, pa.string()), "score": self.accuracy}
        return pa.table(rows), pa.table(scores)


def _uneven(values: Array, starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> int:
    """Return the number of users whose share of ones is not a half; 0 for anything but a 0/1 column."""
    if not np.isin(values, (0.0, 1.0)).all():
        return 0
    return int(np.count_nonzero(2 * np.add.reduceat(values, starts) != sizes))


def read_submissions(
    directory: Path,
    scores: Path,
    candidates: Candidates,
    skip_invalid: bool = False,
    excluded: Collection[Path] = (),
) -> Submissions:
    """Read the submissions of a folder; subfolders and hidden files are ignored.

    Parameters
    ----------
    directory : Path
    scores : Path
        File of published scores.
    candidates : Candidates
    skip_invalid : bool, default False
        Leave out and list invalid files instead of failing.
    excluded : collection of Path
        Files of the folder that are not submissions.

    Returns
    -------
    Submissions

    Raises
    ------
    InputError
        A file is invalid, missing or without a score, or the scores file is invalid.
    UsageError
        The folder does not exist.
    """
    published = read_scores(scores)
    paths = _files(directory, published, {path.resolve() for path in (scores, *excluded)})
    read: dict[str, Array] = {}
    skipped = []
    for name in sorted(paths.keys() | published.keys()):
        try:
            if name not in paths:
                raise InputError(scores, published[name][1], name, f"a file of this name in {directory}")
            if name not in published:
                raise InputError(paths[name], None, None, f"a score for {name} in {scores}")
            read[name] = read_submission(paths[name], candidates)
        except InputError as error:
            if not skip_invalid:
                raise
            skipped.append((name, str(error)))
    values = np.array([*read.values()]).reshape(len(read), len(candidates)).T
    accuracy = np.array([published[name][0] for name in read])
    return Submissions(candidates, tuple(read), values, accuracy, tuple(skipped))


def _files(directory: Path, published: Collection[str], excluded: Collection[Path]) -> dict[str, Path]:
    """Return the folder's files by their name in the scores file, which may lack ``.gz``."""
    if not directory.is_dir():
        reason = "is a file; give a folder of submissions" if directory.exists() else "no such directory"
        raise UsageError(f"{directory}: {reason}")
    files: dict[str, Path] = {}
    for path in sorted(directory.iterdir()):
        name = path.name if path.name in published else path.name.removesuffix(".gz")
        is_other = name not in published and path.resolve() in excluded
        if path.is_dir() or is_other or name.startswith("."):
            continue
        if name in files:
            raise UsageError(f"{directory}: has both {files[name].name} and {path.name}; remove one")
        files[name] = path
    return files
