"""The ensemble of the project's own models and prior submissions, weighted by their known accuracies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from recsys.errors import UsageError
from recsys.learners.common.settings import parse
from recsys.learners.ensembles.blend import METHODS, Blend, blend
from recsys.learners.ensembles.columns import NO_FOLD, Listed, Name
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
    """``method`` is 'least-squares', 'vote' or 'average'."""

    method: str

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UsageError(f"ensemble.method {self.method!r}: expected one of {', '.join(METHODS)}")


def fit_predict(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table]:
    """Blend ``predictions (model, user_id, track_id, score)`` and ``submissions (file, ...)``.

    ``candidates (user_id, track_id, position)`` are to be scored. ``known (name, kind, held_out_fold,
    accuracy, standard_error, origin)`` says how accurate the models and submissions are: kind 'model' or
    'submission', origin 'published' or 'estimated', the standard error NULL for published accuracies, whose
    error is that of rounding. An input of unknown accuracy has no part in the blend; if none is known, all
    have the same. Estimates come from labels, so a user of ``folds (user_id, fold)`` is scored with weights
    from those that hold the user's fold out; all others, and the weights that are told, use fold -1.

    ``features.ensemble_weights`` has a row an input. The weight is NULL where ``duplicate_of`` names another
    input with the same ranks, which stands for both; origin is 'unknown' for an input left out, 'assumed' if
    none is known. ``features.ensemble_estimate`` has one row: the accuracy to expect, NULL if none is known.
    UnavailableError where there is no input at all.
    """
    method = parse(EnsembleSettings, settings).method
    listed = Listed(inputs["candidates"].arrow())
    context.report(0.0, "ranking the inputs within the user")
    columns = listed.inputs(inputs["predictions"], inputs["submissions"])
    stated = [
        row
        for row in inputs["known"].arrow().to_pylist()
        if row["accuracy"] is not None and (row["kind"], row["name"]) in columns
    ]
    known = _known(stated, NO_FOLD)
    if not known:
        return _assumed(listed, columns)
    pool, blended = _blended(listed, columns, known, method)
    score = blended.score.copy()
    fold = listed.folds(inputs["folds"].arrow())
    is_estimated = any(row["origin"] != PUBLISHED for row in stated)
    turns = np.unique(fold[fold != NO_FOLD]).tolist() if is_estimated else []
    for done, held_out in enumerate(turns):
        context.report(0.5 + 0.5 * done / len(turns), f"weights without fold {held_out}")
        others = _known(stated, held_out)
        unseen = _blended(listed, columns, others, method)[1].score if others else _average(listed, columns)
        score[fold == held_out] = unseen[fold == held_out]
    table = _rows(pool, blended, columns.keys() - {(each.kind, each.name) for each in known})
    return _tables(listed, score, table, blended)


def _blended(
    listed: Listed, columns: Mapping[Name, Array], known: Sequence[Input], method: str
) -> tuple[Pool, Blend]:
    pool = Pool.of(listed.users, known, (columns[each.kind, each.name] for each in known))
    return pool, blend(pool, method)


def _known(rows: Sequence[Mapping[str, Any]], held_out_fold: int) -> list[Input]:
    """The accuracies known without a fold, by kind and name, each with a standard error."""
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


def _assumed(listed: Listed, columns: Mapping[Name, Array]) -> Mapping[str, pa.Table]:
    """Without a single known accuracy, all inputs are assumed to be equal."""
    weight = rounded(np.array([1 / len(columns)])).item()
    rows = [{"name": name, "kind": kind, "weight": weight, "origin": ASSUMED} for kind, name in columns]
    return _tables(listed, _average(listed, columns), rows, None)


def _average(listed: Listed, columns: Mapping[Name, Array]) -> Array:
    levels = np.array([listed.users.levels(scores) for scores in columns.values()]).T
    return combine(listed.users, levels, rounded(np.full(len(columns), 1 / len(columns))))


def _rows(pool: Pool, blended: Blend, unknown: set[Name]) -> list[dict[str, Any]]:
    weighted = [*zip(pool.inputs, blended.weights.tolist(), strict=True)]
    rows = [{**vars(each), "weight": weight} for each, weight in weighted]
    rows += [vars(duplicate) for duplicate in pool.duplicates]
    rows += [{"name": name, "kind": kind, "weight": 0.0, "origin": UNKNOWN} for kind, name in unknown]
    return sorted(rows, key=lambda row: (row["kind"], row["name"]))


def _tables(
    listed: Listed, score: Array, rows: Sequence[Mapping[str, Any]], blended: Blend | None
) -> Mapping[str, pa.Table]:
    estimate = vars(blended) if blended else {"method": "average"}
    return {
        "scores.ensemble": listed.scored(score),
        "features.ensemble_weights": pa.Table.from_pylist([*rows], _WEIGHTS),
        "features.ensemble_estimate": pa.Table.from_pylist([estimate], _ESTIMATE),
    }
