"""Pivot long tables of scores, one row per name and candidate, to one column per name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from recsys.errors import BuildError, UnavailableError
from recsys.learners.ensembles.within_user import Array, Users
from recsys.project.contract import Relation

Name = tuple[str, str]  # kind and name

ID_BITS = 32
NO_FOLD = -1


class CandidateIndex:
    """Index the candidates of a table ``(user_id, track_id, position)``, ascending by position."""

    def __init__(self, candidates: pa.Table) -> None:
        self.table = candidates.sort_by("position").select(["user_id", "track_id"])
        self.users = Users(*(_int64(self.table, column) for column in ("user_id", "track_id")))
        keys = _keys(self.table)
        self._order = np.argsort(keys)
        self._sorted = keys[self._order]

    def __len__(self) -> int:
        """Return the number of candidates."""
        return self.table.num_rows

    def rows(self, table: pa.Table | pa.RecordBatch) -> NDArray[np.int64]:
        """Return the position of each row's candidate; raise BuildError for an unknown pair."""
        keys = _keys(table)
        found = np.minimum(np.searchsorted(self._sorted, keys), len(self) - 1)
        strangers = np.flatnonzero(self._sorted[found] != keys)
        if len(strangers):
            user, track = divmod(int(keys[strangers[0]]), 1 << ID_BITS)
            raise BuildError(f"user {user}, track {track}: has a score or a label, but is not a candidate")
        return self._order[found]

    def folds(self, folds: pa.Table) -> NDArray[np.int64]:
        """Return the fold of each candidate's user, from ``(user_id, fold)``; `NO_FOLD` without labels."""
        fold_of = dict(zip(folds["user_id"].to_pylist(), folds["fold"].to_pylist(), strict=True))
        users = self.table["user_id"].to_pylist()
        return np.array([fold_of.get(user, NO_FOLD) for user in users], np.int64)

    def inputs(self, predictions: Relation, submissions: Relation) -> dict[Name, Array]:
        """Return the scores (candidates) of models and submissions by kind and name.

        Raise UnavailableError where there is neither a model nor a submission.
        """
        models, files = self.columns(predictions, "model"), self.columns(submissions, "file")
        found = {("model", name): scores for name, scores in models.items()}
        found |= {("submission", name): scores for name, scores in files.items()}
        if not found:
            raise UnavailableError("the ensemble has no inputs: build a model or add a submission")
        return found

    def nested(self, relation: Relation, plain: Mapping[Name, Array]) -> dict[tuple[Name, int], Array]:
        """Return scores (candidates) by model and held-out fold.

        Candidates in ``(model, user_id, track_id, held_out_fold, score)`` have its scores, all others the
        ``plain`` ones.
        """
        found: dict[tuple[Name, int], Array] = {}
        for batch in relation.batches():
            rows, scores = self.rows(batch), batch["score"].to_numpy()
            folds = batch["held_out_fold"].to_numpy()
            for model, of_model in _places(batch["model"]):
                for fold in np.unique(folds[of_model]).tolist():
                    here = of_model[folds[of_model] == fold]
                    name = ("model", model), fold
                    found.setdefault(name, plain["model", model].copy())[rows[here]] = scores[here]
        return found

    def columns(self, relation: Relation, name: str) -> dict[str, Array]:
        """Return the scores (candidates) of each value of the column ``name``, ascending.

        Raise BuildError where there is not one finite score per candidate.
        """
        found: dict[str, Array] = {}
        counts: Counter[str] = Counter()
        for batch in relation.batches():
            rows, scores = self.rows(batch), batch["score"].to_numpy()
            for value, here in _places(batch[name]):
                found.setdefault(value, np.full(len(self), np.nan))[rows[here]] = scores[here]
                counts[value] += len(here)
        for value, column in found.items():
            if counts[value] != len(self) or not np.isfinite(column).all():
                raise BuildError(
                    f"{value}: scores are missing, repeated or not finite; expected one per candidate"
                )
        return dict(sorted(found.items()))

    def scored(self, score: Array) -> pa.Table:
        """Return ``(user_id, track_id, score)`` of scores (candidates), in the order of the candidates."""
        return self.table.append_column("score", pa.array(score))


def _places(names: pa.Array) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Yield each name of a column with its rows."""
    encoded = names.dictionary_encode()
    codes = encoded.indices.to_numpy()
    for code, name in enumerate(encoded.dictionary.to_pylist()):
        yield name, np.flatnonzero(codes == code)


def _int64(table: pa.Table | pa.RecordBatch, column: str) -> NDArray[np.int64]:
    return table[column].to_numpy().astype(np.int64)


def _keys(table: pa.Table | pa.RecordBatch) -> NDArray[np.int64]:
    """Combine user and track id in one number; both fit in 31 bits."""
    return (_int64(table, "user_id") << ID_BITS) + _int64(table, "track_id")
