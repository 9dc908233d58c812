"""Add measurements of a finished warehouse to it; a build removes them when their inputs change."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from recsys.backends.database import EngineError, Limits
from recsys.backends.duckdb.database import Writer
from recsys.backends.duckdb.statements import first_line
from recsys.engine.comments import RECORDS
from recsys.engine.publish import Workplace
from recsys.errors import BuildError

RELATIONS = ("marts.ranking_quality",)


def add(warehouse: Path, relation: str, table: pa.Table, limits: Limits) -> None:
    """Publish the warehouse again with one of `RELATIONS` replaced.

    Parameters
    ----------
    warehouse : Path
        The published warehouse.
    relation : str
        One of `RELATIONS`.
    table : pyarrow.Table
        Its rows.
    limits : Limits
        Threads and memory of DuckDB.

    Raises
    ------
    UsageError
        A build is running on the warehouse.
    BuildError
        It cannot be written; the published warehouse is unchanged.
    """
    if relation not in RELATIONS:
        raise ValueError(f"{relation}: expected one of {', '.join(RELATIONS)}")
    with Workplace(warehouse.absolute()).held() as place:
        place.start_from_published()
        writer = Writer(place.database, limits, place.spill)
        try:
            writer.drop(relation)
            writer.store(relation, table)
            writer.comment(RECORDS)
            writer.flush()
        except EngineError as error:
            raise BuildError(f"the warehouse could not be written: {first_line(error)}") from None
        finally:
            writer.close()
        place.publish()
