"""Runs a learner once for each fold of users without their labels, so that it scores what it never saw."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from recsys.backends.spark import session as spark_session
from recsys.errors import BuildError
from recsys.project.contract import Context

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

KEY = ("user_id", "track_id")
Learner = Callable[[Mapping[str, Any], Mapping[str, Any], Context], Mapping[str, pa.Table]]


@dataclass(frozen=True)
class InMemoryRelation:
    """A relation that is a table in memory."""

    table: pa.Table

    def arrow(self) -> pa.Table:
        return self.table

    def batches(self, rows: int = 1 << 20) -> Iterator[pa.RecordBatch]:
        yield from self.table.to_batches(max_chunksize=rows)

    def frame(self, context: Context) -> DataFrame:
        return spark_session.frame(context, self.table)


def out_of_fold(
    learner: Learner,
    inputs: Mapping[str, Any],
    labels: tuple[str, pa.Table],
    folds: pa.Table,
    settings: Mapping[str, Any],
    context: Context,
    scores: str,
) -> dict[str, pa.Table]:
    """What a learner makes of ``labels``, its argument of that name and the table: scores out of fold.

    ``folds (user_id, fold)`` deals out the labelled users. The learner runs once for each fold with the
    labels of the users of all others, and of its ``scores (user_id, track_id, score)`` those of the fold's
    users are kept; it runs once more with all labels, for everybody else and for what it writes beside.
    BuildError where it returns no such scores.
    """
    argument, table = labels

    def run(known: pa.Table) -> dict[str, pa.Table]:
        tables = dict(learner({**inputs, argument: InMemoryRelation(known)}, settings, context))
        if scores not in tables or not {*KEY} <= {*tables[scores].column_names}:
            raise BuildError(f"wrote no {scores} with the columns {', '.join(KEY)}, score")
        return tables

    kept = []
    for fold in sorted(pc.unique(folds["fold"]).to_pylist()):
        users = folds.filter(pc.equal(folds["fold"], fold))["user_id"]
        made = run(table.filter(pc.invert(_is_of(table, users))))[scores]
        kept.append(made.filter(_is_of(made, users)))
    tables = run(table)
    rest = tables[scores].filter(pc.invert(_is_of(tables[scores], folds["user_id"])))
    joined = pa.concat_tables([rest, *kept], promote_options="permissive")
    return {**tables, scores: joined.sort_by([(column, "ascending") for column in KEY])}


def _is_of(table: pa.Table, users: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.is_in(table["user_id"], value_set=users.cast(table["user_id"].type))
