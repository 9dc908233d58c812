"""Blend submission files without ratings or a warehouse."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from recsys.errors import UsageError
from recsys.learners.ensembles.blend import METHODS, Blend, blend
from recsys.learners.ensembles.pool import Input, Pool, rounding_error
from recsys.learners.ensembles.within_user import Users
from recsys.outputs import check_output, replacing
from recsys.sources.candidates import Candidates, read_candidates
from recsys.sources.published_scores import read_scores
from recsys.sources.submissions import Submissions, read_submissions

HEADER = b"TrackID,Predictor\n"


@dataclass(frozen=True)
class WeightedInput:
    """Describe a submission of the blend.

    ``accuracy`` is published, ``foretold`` predicted from the other inputs. ``weight`` is None for a file
    with the same ranks as another one, which counts for both.
    """

    file: str
    weight: float | None
    accuracy: float
    accuracy_error: float
    foretold: float | None
    duplicate_of: str | None


@dataclass(frozen=True)
class BlendResult:
    """Report a blend of files: expected ``accuracy`` with its ``uncertainty``, and the inputs, best first.

    ``skipped`` pairs the files left out with the reasons.
    """

    method: str
    users: int
    candidates: int
    ridge: float | None
    accuracy: float
    uncertainty: float
    inputs: tuple[WeightedInput, ...]
    skipped: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON types."""
        return asdict(self)


def run(
    directory: Path,
    scores: Path,
    candidates: Path,
    out: Path,
    method: str = METHODS[0],
    skip_invalid: bool = False,
) -> BlendResult:
    """Blend the submissions of a folder by their published accuracies, and write the result.

    Equal scores are ranked by ascending track id.

    Parameters
    ----------
    directory : Path
        Folder of submissions.
    scores : Path
        File of published accuracies.
    candidates : Path
        Test file with the candidates.
    out : Path
        File to write.
    method : {'least-squares', 'vote', 'average'}
    skip_invalid : bool, default False
        Leave out submissions that cannot be read instead of failing.

    Returns
    -------
    BlendResult

    Raises
    ------
    InputError
        An input file is invalid; see `read_submissions`.
    UsageError
        There is nothing to blend, the method is unknown, or ``out`` cannot be written.
    """
    if not directory.is_dir():
        reason = "is a file; give a folder of submissions" if directory.exists() else "no such directory"
        raise UsageError(f"{directory}: {reason}")
    named = [directory / f"{name}{ending}" for name in read_scores(scores) for ending in ("", ".gz")]
    check_output(out, (scores, candidates, *named))
    test_file = read_candidates(candidates)
    submissions = read_submissions(directory, scores, test_file, skip_invalid, excluded=(candidates, out))
    if not submissions.files:
        raise UsageError(f"{directory}: has no valid submission")
    pool = pool_of(submissions)
    blended = blend(pool, method)
    write_submission(out, test_file, pool.users.halves(blended.score) > 0)
    return _result(submissions, pool, blended)


def pool_of(submissions: Submissions) -> Pool:
    """Pool the submissions with their published accuracies.

    Parameters
    ----------
    submissions : Submissions

    Returns
    -------
    Pool
    """
    error = rounding_error(submissions.accuracy)
    known = zip(submissions.files, submissions.accuracy.tolist(), strict=True)
    inputs = [Input(file, "submission", accuracy, error, "published") for file, accuracy in known]
    users = Users(submissions.candidates.user_id, submissions.candidates.track_id)
    return Pool.of(users, inputs, submissions.values.T)


def _result(submissions: Submissions, pool: Pool, blended: Blend) -> BlendResult:
    foretold = [None] * len(pool.inputs) if blended.foretold is None else blended.foretold.tolist()
    distinct = zip(pool.inputs, blended.weights.tolist(), foretold, strict=True)
    inputs = [_weighted_input(*each) for each in distinct]
    inputs += [_weighted_input(duplicate, None, None) for duplicate in pool.duplicates]
    return BlendResult(
        blended.method,
        pool.users.count,
        len(submissions.candidates),
        blended.ridge,
        blended.accuracy,
        blended.uncertainty,
        tuple(sorted(inputs, key=lambda each: (-each.accuracy, each.file))),
        submissions.skipped,
        submissions.warnings + pool.warnings,
    )


def _weighted_input(known: Input, weight: float | None, foretold: float | None) -> WeightedInput:
    return WeightedInput(
        known.name, weight, known.accuracy, known.standard_error, foretold, known.duplicate_of
    )


def write_submission(path: Path, candidates: Candidates, liked: NDArray[np.bool_]) -> None:
    """Write a submission, ``TrackID,Predictor``, atomically.

    Parameters
    ----------
    path : Path
    candidates : Candidates
        Rows, in their order.
    liked : ndarray of bool, shape (candidates,)
        Rows with 1 as predictor, else 0.

    Raises
    ------
    UsageError
        The file cannot be written.
    """
    rows = pa.table({"id": candidates.ids, "liked": liked.astype(np.uint8)})
    with replacing(path) as unfinished, unfinished.open("wb") as file:
        file.write(HEADER)
        csv.write_csv(rows, file, csv.WriteOptions(include_header=False, quoting_style="none"))
