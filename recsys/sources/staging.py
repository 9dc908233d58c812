"""Relations of the staging layer that are read by Python instead of SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from recsys.project.contract import Context
from recsys.sources.candidates import Candidates
from recsys.sources.submissions import read_submissions

SCORES = "scores.csv"


def submissions(
    inputs: Mapping[str, Any], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table]:
    """Read prior submissions and their published scores.

    Parameters
    ----------
    inputs : mapping
        ``candidates`` (user_id, track_id, position), and ``folder``, the path of the submissions, if any.
    settings : mapping
        Not used.
    context : Context
        Progress reports.

    Returns
    -------
    mapping of str to pyarrow.Table
        ``staging.submissions`` (file, user_id, track_id, score) and ``staging.submission_scores`` (file,
        score).

    Raises
    ------
    InputError
        A submission or the scores file breaks the format.
    """
    listed = inputs["candidates"].arrow().sort_by("position")
    candidates = Candidates(listed["user_id"].to_numpy(), listed["track_id"].to_numpy())
    folder = inputs.get("folder")
    if folder is None or not len(candidates):
        return _empty()
    context.report(0.0, "reading submissions")
    rows, scores = read_submissions(folder, folder / SCORES, candidates).tables()
    return {"staging.submissions": rows, "staging.submission_scores": scores}


def _empty() -> Mapping[str, pa.Table]:
    rows = {"file": pa.string(), "user_id": pa.int32(), "track_id": pa.int32(), "score": pa.float64()}
    scores = {"file": pa.string(), "score": pa.float64()}
    return {
        "staging.submissions": pa.schema(rows).empty_table(),
        "staging.submission_scores": pa.schema(scores).empty_table(),
    }
