"""Diverse lists of a warehouse, by maximal marginal relevance."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recsys.backends.duckdb.connection import query
from recsys.backends.duckdb.statements import Connection
from recsys.learners.lists.diversity import rerank


def diverse(connection: Connection, lists: pa.Table, diversity: float, k: int) -> pa.Table:
    """Return the lists of ``k`` items, reranked so that similar items are apart.

    Parameters
    ----------
    connection : DuckDB connection
        Of the open warehouse.
    lists : Arrow table
        Longer lists in the columns of ``marts.recommendations``.
    diversity : float from 0 to 1
        How much similar items are kept apart.
    k : int
        Items per list.
    """
    chosen = [
        _reranked(connection, lists.filter(pc.field("user_id") == user), diversity, k)
        for user in lists["user_id"].unique()
    ]
    return pa.concat_tables([lists.schema.empty_table(), *chosen])


def _reranked(connection: Connection, items: pa.Table, diversity: float, k: int) -> pa.Table:
    similarity = _similarity(connection, items["item_id"].to_numpy())
    places = rerank(items["score"].to_numpy(), similarity, diversity, k)
    ranks = pa.array(range(1, len(places) + 1), pa.int32())
    return items.take(places).set_column(items.schema.get_field_index("rank"), "rank", ranks)


def _similarity(connection: Connection, items: np.ndarray) -> np.ndarray:
    """Return the similarity of items, 0 to 1: how many users chose both, by the cosine of their users."""
    found = query(connection, "from internal.item_similarity($1)", [items.tolist()])
    place = {item: number for number, item in enumerate(items.tolist())}
    matrix = np.eye(len(items))
    for row in found.to_pylist():
        matrix[place[row["item_i"]], place[row["item_j"]]] = row["cosine"]
    return matrix
