"""Read what the values of a warehouse mean."""

from __future__ import annotations

from recsys.backends.duckdb.connection import query
from recsys.backends.duckdb.statements import Connection
from recsys.serving.relations import has
from recsys.sources.interactions import Interactions

RELATION = "staging.dataset"


def interactions(connection: Connection) -> Interactions:
    """Return the kind of feedback, the scale and the words of the data in a warehouse."""
    if not has(connection, RELATION):
        return Interactions()  # a warehouse that an earlier version built
    columns = "feedback, scale_low, scale_high, liked, top_count, noun"
    row = query(connection, f"select {columns} from {RELATION}").to_pylist()[0]
    return Interactions(**row)
