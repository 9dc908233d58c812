"""Scores in long tables, one row a name and candidate, as one column a name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from recsys.ensemble.users import Array, Users
from recsys.errors import BuildError, UnavailableError

ID_BITS = 32
NO_FOLD = -1


class Listed:
    """The candidates of a table ``(user_id, track_id, position)``, ascending by position."""

    def __init__(self, candidates: pa.Table) -> None:
        self.table = candidates.sort_by("position").select(["user_id", "track_id"])
        self.users = Users(*(_int64(self.table, column) for column in ("user_id", "track_id")))
        keys = _keys(self.table)
        self._order = np.argsort(keys)
        self._sorted = keys[self._order]

    def __len__(self) -> int:
        return self.table.num_rows

    def rows(self, table: pa.Table) -> NDArray[np.int64]:
        """The candidate, counted from 0, of each row of a table; BuildError for a pair that is none."""
        keys = _keys(table)
        found = np.minimum(np.searchsorted(self._sorted, keys), len(self) - 1)
        strangers = np.flatnonzero(self._sorted[found] != keys)
        if len(strangers):
            user, track = divmod(int(keys[strangers[0]]), 1 << ID_BITS)
            raise BuildError(f"user {user} and track {track} are scored or labelled, but are no candidate")
        return self._order[found]

    def folds(self, folds: pa.Table) -> NDArray[np.int64]:
        """The fold of each candidate's user, from ``(user_id, fold)``; `NO_FOLD` without labels."""
        fold_of = dict(zip(folds["user_id"].to_pylist(), folds["fold"].to_pylist(), strict=True))
        users = self.table["user_id"].to_pylist()
        return np.array([fold_of.get(user, NO_FOLD) for user in users], np.int64)

    def inputs(self, predictions: pa.Table, submissions: pa.Table) -> dict[tuple[str, str], Array]:
        """Scores (candidates) by kind and name, of ``(model, user_id, track_id, score)`` and ``(file, ...)``.

        UnavailableError where there is neither a model nor a submission.
        """
        models, files = self.columns(predictions, "model"), self.columns(submissions, "file")
        found = {("model", name): scores for name, scores in models}
        found |= {("submission", name): scores for name, scores in files}
        if not found:
            raise UnavailableError("an ensemble needs inputs: expected a model or a submission")
        return found

    def nested(
        self, table: pa.Table, plain: Mapping[tuple[str, str], Array]
    ) -> dict[tuple[tuple[str, str], int], Array]:
        """Scores (candidates) of models for a held-out fold, by kind and name, and fold.

        They are those of ``table (model, user_id, track_id, held_out_fold, score)`` where it has some, else
        the plain ones.
        """
        found = {}
        for fold in pc.unique(table["held_out_fold"]).to_pylist():
            of_fold = table.filter(pc.equal(table["held_out_fold"], fold))
            for name in pc.unique(of_fold["model"]).to_pylist():
                rows = of_fold.filter(pc.equal(of_fold["model"], name))
                scores = plain["model", name].copy()
                scores[self.rows(rows)] = rows["score"].to_numpy()
                found[("model", name), fold] = scores
        return found

    def columns(self, table: pa.Table, name: str) -> Iterator[tuple[str, Array]]:
        """Each value of the column ``name``, ascending, with its scores (candidates).

        BuildError where it has not one finite score for each candidate.
        """
        encoded = table[name].combine_chunks().dictionary_encode()
        codes = encoded.indices.to_numpy()
        order = np.argsort(codes, kind="stable")
        names = encoded.dictionary.to_pylist()
        for code in sorted(range(len(names)), key=names.__getitem__):
            first, last = np.searchsorted(codes, [code, code + 1], sorter=order)
            yield names[code], self._column(table.take(order[first:last]), names[code])

    def _column(self, table: pa.Table, name: str) -> Array:
        scores = np.full(len(self), np.nan)
        scores[self.rows(table)] = table["score"].to_numpy()
        if table.num_rows != len(self) or not np.isfinite(scores).all():
            raise BuildError(f"{name}: expected one finite score for each of {len(self):,} candidates")
        return scores

    def scored(self, score: Array) -> pa.Table:
        """``(user_id, track_id, score)`` of scores (candidates), in the order of the candidates."""
        return self.table.append_column("score", pa.array(score))


def _int64(table: pa.Table, column: str) -> NDArray[np.int64]:
    return table[column].to_numpy().astype(np.int64)


def _keys(table: pa.Table) -> NDArray[np.int64]:
    """User and track in one number: both fit 31 bits."""
    return (_int64(table, "user_id") << ID_BITS) + _int64(table, "track_id")
