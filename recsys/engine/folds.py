"""Cross-validate a learner: run it once per fold of users, without their labels, and score those users."""

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
    """Present an Arrow table as a relation."""

    table: pa.Table

    def arrow(self) -> pa.Table:
        """Return the table."""
        return self.table

    def batches(self, rows: int = 1 << 20) -> Iterator[pa.RecordBatch]:
        """Yield batches of at most ``rows`` rows."""
        yield from self.table.to_batches(max_chunksize=rows)

    def frame(self, context: Context) -> DataFrame:
        """Return the table as a Spark frame."""
        return spark_session.frame(context, self.table)


def cross_validate(
    learner: Learner,
    inputs: Mapping[str, Any],
    labels: tuple[str, pa.Table],
    folds: pa.Table,
    settings: Mapping[str, Any],
    context: Context,
    scores: str,
) -> dict[str, pa.Table]:
    """Run a learner once per fold, so that no user is scored with the user's own labels.

    The learner runs once more with all labels, for the other users and for its further relations.

    Parameters
    ----------
    learner : callable
        ``learner(inputs, settings, context) -> tables``.
    inputs : mapping of str to Any
        Its other inputs.
    labels : tuple of str and pyarrow.Table
        The argument for labels, and the table.
    folds : pyarrow.Table
        ``user_id, fold`` of the labelled users.
    settings : mapping of str to Any
        Parameters of the learner.
    context : Context
        How to run it.
    scores : str
        The relation ``user_id, track_id, score`` that it writes.

    Returns
    -------
    dict of str to pyarrow.Table
        The learner's tables, with cross-validated scores sorted by key.

    Raises
    ------
    BuildError
        The learner returns no such relation.
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
