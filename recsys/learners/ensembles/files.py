"""Blends submission files alone: no ratings, no warehouse."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from recsys.errors import UsageError
from recsys.outputs import check_output, replacing
from recsys.learners.ensembles.blend import METHODS, Blend, blend
from recsys.learners.ensembles.pool import Input, Pool, rounding_error
from recsys.learners.ensembles.within_user import Users
from recsys.sources.submissions import Candidates, Submissions, read_candidates, read_scores, read_submissions

HEADER = b"TrackID,Predictor\n"


@dataclass(frozen=True)
class Weighted:
    """A submission in the blend: ``accuracy`` is its published one, ``foretold`` what the others make it.

    ``weight`` is None for a file that has the same ranks as another one, which stands for both.
    """

    file: str
    weight: float | None
    accuracy: float
    accuracy_error: float
    foretold: float | None
    duplicate_of: str | None


@dataclass(frozen=True)
class Outcome:
    """What a blend of files came to; ``accuracy`` is to be expected give or take ``uncertainty``.

    ``inputs`` come best first. ``skipped`` pairs the files left out with the reasons.
    """

    method: str
    users: int
    candidates: int
    ridge: float | None
    accuracy: float
    uncertainty: float
    inputs: tuple[Weighted, ...]
    skipped: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def run(
    directory: Path,
    scores: Path,
    candidates: Path,
    out: Path,
    method: str = METHODS[0],
    skip_invalid: bool = False,
) -> Outcome:
    """Blend the submissions of ``directory`` by their published ``scores`` and write the result to ``out``.

    Without ratings there are no priors: equal scores are ranked by ascending track id. InputError for a
    refused input file (see `read_submissions`); UsageError where nothing is left to blend, for an unknown
    method, and where ``out`` cannot be written.
    """
    if not directory.is_dir():
        found = "a file" if directory.exists() else "nothing of that name"
        raise UsageError(f"{directory}: expected a folder of submissions, found {found}")
    named = [directory / f"{name}{ending}" for name in read_scores(scores) for ending in ("", ".gz")]
    check_output(out, (scores, candidates, *named))
    listed = read_candidates(candidates)
    submissions = read_submissions(directory, scores, listed, skip_invalid, aside=(candidates, out))
    if not submissions.files:
        raise UsageError(f"{directory}: expected at least one submission that can be read")
    pool = pool_of(submissions)
    blended = blend(pool, method)
    write_submission(out, listed, pool.users.halves(blended.score) > 0)
    return _outcome(submissions, pool, blended)


def pool_of(submissions: Submissions) -> Pool:
    """The submissions with their published accuracies as a pool."""
    error = rounding_error(submissions.accuracy)
    known = zip(submissions.files, submissions.accuracy.tolist(), strict=True)
    inputs = [Input(file, "submission", accuracy, error, "published") for file, accuracy in known]
    users = Users(submissions.candidates.user_id, submissions.candidates.track_id)
    return Pool.of(users, inputs, submissions.values.T)


def _outcome(submissions: Submissions, pool: Pool, blended: Blend) -> Outcome:
    foretold = [None] * len(pool.inputs) if blended.foretold is None else blended.foretold.tolist()
    distinct = zip(pool.inputs, blended.weights.tolist(), foretold, strict=True)
    inputs = [_weighted(*each) for each in distinct]
    inputs += [_weighted(duplicate, None, None) for duplicate in pool.duplicates]
    return Outcome(
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


def _weighted(known: Input, weight: float | None, foretold: float | None) -> Weighted:
    return Weighted(known.name, weight, known.accuracy, known.standard_error, foretold, known.duplicate_of)


def write_submission(path: Path, candidates: Candidates, liked: NDArray[np.bool_]) -> None:
    """Write rows ``TrackID,Predictor`` of the candidates in their order, 1 for the ``liked`` (candidates).

    The file appears whole or not at all. UsageError where it cannot be written.
    """
    rows = pa.table({"id": candidates.ids, "liked": liked.astype(np.uint8)})
    with replacing(path) as unfinished, unfinished.open("wb") as file:
        file.write(HEADER)
        csv.write_csv(rows, file, csv.WriteOptions(include_header=False, quoting_style="none"))
