"""The steps of an import, in their order; the statements themselves are in ``sql/``."""

from __future__ import annotations

from recsys.sources.importing.detection import detect, like_threshold
from recsys.sources.importing.merging import merge
from recsys.sources.importing.numbering import number
from recsys.sources.importing.options import Result
from recsys.sources.importing.reading import describe, read_items, read_ratings
from recsys.sources.importing.state import Job
from recsys.sources.importing.writing import write_ratings


def run(job: Job) -> Result:
    """Run all steps and return the result."""
    state = describe(job)
    read_ratings(job, state)
    detect(job, state)
    read_items(job, state)
    number(job, state)
    merge(job, state)
    state.liked = like_threshold(job, state)
    return write_ratings(job, state)
