"""Ensemble of the project's models and prior submissions, weighted by their known accuracies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from recsys.errors import UsageError
from recsys.learners.common.settings import parse
from recsys.learners.ensembles.blend import METHODS, Blend, blend
from recsys.learners.ensembles.columns import NO_FOLD, CandidateIndex, Name
from recsys.learners.ensembles.pool import Input, Pool, rounding_error
from recsys.learners.ensembles.weights import combine, rounded
from recsys.learners.ensembles.within_user import Array
from recsys.project.contract import Context, Relation

PUBLISHED, ASSUMED, UNKNOWN = "published", "assumed", "unknown"

_WEIGHTS = pa.schema(
    {
        "name": pa.string(),
        "kind": pa.string(),
        "weight": pa.float64(),
        "accuracy": pa.float64(),
        "standard_error": pa.float64(),
        "origin": pa.string(),
        "duplicate_of": pa.string(),
    }
)
_ESTIMATE = pa.schema(
    {"method": pa.string(), "ridge": pa.float64(), "accuracy": pa.float64(), "uncertainty": pa.float64()}
)


@dataclass(frozen=True)
class EnsembleSettings:
    """Settings: ``method`` is 'least-squares', 'vote' or 'average'."""

    method: str

    def __post_init__(self) -> None:
        """Check the method."""
        if self.method not in METHODS:
            raise UsageError(f"ensemble.method {self.method!r}: expected one of {', '.join(METHODS)}")


def fit_predict(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table]:
    """Blend models and submissions by weights from their known accuracies.

    An input of unknown accuracy gets no weight; if no accuracy is known, all inputs get the same. Estimated
    accuracies come from labels, so a user in a fold is scored with weights from estimates without that fold.
    All other users, and the reported weights, use fold -1.

    Parameters
    ----------
    inputs : mapping of str to Relation
        ``predictions`` (model, user_id, track_id, score), ``submissions`` (file, user_id, track_id, score),
        ``candidates`` (user_id, track_id, position), ``folds`` (user_id, fold), and ``known`` (name, kind,
        held_out_fold, accuracy, standard_error, origin): kind 'model' or 'submission', origin 'published' or
        'estimated'. The standard error of published accuracies is NULL: that of rounding is used.
    settings : mapping
        Keys of `EnsembleSettings`.
    context : Context

    Returns
    -------
    mapping of str to pyarrow.Table
        ``scores.ensemble``. ``features.ensemble_weights``: one row per input; the weight is NULL where
        ``duplicate_of`` names another input with the same ranks; origin is 'unknown' for an input left out,
        'assumed' if no accuracy is known. ``features.ensemble_estimate``: one row with the expected accuracy,
        NULL if none is known.

    Raises
    ------
    UnavailableError
        There is neither a model nor a submission.
    """
    method = parse(EnsembleSettings, settings).method
    candidates = CandidateIndex(inputs["candidates"].arrow())
    context.report(0.0, "ranking the inputs within the user")
    columns = candidates.inputs(inputs["predictions"], inputs["submissions"])
    stated = [
        row
        for row in inputs["known"].arrow().to_pylist()
        if row["accuracy"] is not None and (row["kind"], row["name"]) in columns
    ]
    known = _known(stated, NO_FOLD)
    if not known:
        return _assumed(candidates, columns)
    pool, blended = _blended(candidates, columns, known, method)
    score = blended.score.copy()
    fold = candidates.folds(inputs["folds"].arrow())
    is_estimated = any(row["origin"] != PUBLISHED for row in stated)
    turns = np.unique(fold[fold != NO_FOLD]).tolist() if is_estimated else []
    for done, held_out in enumerate(turns):
        context.report(0.5 + 0.5 * done / len(turns), f"weights without fold {held_out}")
        others = _known(stated, held_out)
        unseen = (
            _blended(candidates, columns, others, method)[1].score
            if others
            else _average(candidates, columns)
        )
        score[fold == held_out] = unseen[fold == held_out]
    table = _rows(pool, blended, columns.keys() - {(each.kind, each.name) for each in known})
    return _tables(candidates, score, table, blended)


def _blended(
    candidates: CandidateIndex, columns: Mapping[Name, Array], known: Sequence[Input], method: str
) -> tuple[Pool, Blend]:
    pool = Pool.of(candidates.users, known, (columns[each.kind, each.name] for each in known))
    return pool, blend(pool, method)


def _known(rows: Sequence[Mapping[str, Any]], held_out_fold: int) -> list[Input]:
    """Return the inputs of known accuracy without a fold, by kind and name."""
    stated = [row for row in rows if row["held_out_fold"] == held_out_fold]
    rounding = rounding_error(row["accuracy"] for row in stated if row["origin"] == PUBLISHED)
    inputs = [
        Input(
            row["name"],
            row["kind"],
            row["accuracy"],
            rounding if row["standard_error"] is None else row["standard_error"],
            row["origin"],
        )
        for row in stated
    ]
    return sorted(inputs, key=lambda known: (known.kind, known.name))


def _assumed(candidates: CandidateIndex, columns: Mapping[Name, Array]) -> Mapping[str, pa.Table]:
    """Weight all inputs the same, where no accuracy is known."""
    weight = rounded(np.array([1 / len(columns)])).item()
    rows = [{"name": name, "kind": kind, "weight": weight, "origin": ASSUMED} for kind, name in columns]
    return _tables(candidates, _average(candidates, columns), rows, None)


def _average(candidates: CandidateIndex, columns: Mapping[Name, Array]) -> Array:
    levels = np.array([candidates.users.levels(scores) for scores in columns.values()]).T
    return combine(candidates.users, levels, rounded(np.full(len(columns), 1 / len(columns))))


def _rows(pool: Pool, blended: Blend, unknown: set[Name]) -> list[dict[str, Any]]:
    weighted = [*zip(pool.inputs, blended.weights.tolist(), strict=True)]
    rows = [{**vars(each), "weight": weight} for each, weight in weighted]
    rows += [vars(duplicate) for duplicate in pool.duplicates]
    rows += [{"name": name, "kind": kind, "weight": 0.0, "origin": UNKNOWN} for kind, name in unknown]
    return sorted(rows, key=lambda row: (row["kind"], row["name"]))


def _tables(
    candidates: CandidateIndex, score: Array, rows: Sequence[Mapping[str, Any]], blended: Blend | None
) -> Mapping[str, pa.Table]:
    estimate = vars(blended) if blended else {"method": "average"}
    return {
        "scores.ensemble": candidates.scored(score),
        "features.ensemble_weights": pa.Table.from_pylist([*rows], _WEIGHTS),
        "features.ensemble_estimate": pa.Table.from_pylist([estimate], _ESTIMATE),
    }
