"""What the staging layer reads through Python instead of SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from recsys.project.contract import Context
from recsys.sources.submissions import Candidates, read_submissions

SCORES = "scores.csv"


def submissions(
    inputs: Mapping[str, Any], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table]:
    """Prior submissions and their published scores, from the folder that ``inputs`` name, if they do.

    InputError names the file and the line that cannot be used.
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
