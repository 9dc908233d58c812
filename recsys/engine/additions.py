"""What is measured of a finished warehouse, and kept in it until a build changes what it was measured of."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from recsys.backends.database import EngineError, Limits
from recsys.backends.duckdb.database import Writer
from recsys.backends.duckdb.statements import first_line
from recsys.engine.publish import Workplace
from recsys.errors import BuildError

RELATIONS = ("marts.ranking_quality",)


def add(warehouse: Path, relation: str, table: pa.Table, limits: Limits) -> None:
    """Publish the warehouse anew, with one of `RELATIONS` in the place of what was there of it.

    UsageError if a build is at work on it, BuildError if it cannot be written: what is published stays.
    """
    if relation not in RELATIONS:
        raise ValueError(f"{relation}: expected one of {', '.join(RELATIONS)}")
    with Workplace(warehouse.absolute()).held() as place:
        place.start_from_published()
        writer = Writer(place.database, limits, place.spill)
        try:
            writer.drop(relation)
            writer.store(relation, table)
            writer.settle()
        except EngineError as error:
            raise BuildError(f"the warehouse could not be written: {first_line(error)}") from None
        finally:
            writer.close()
        place.publish()
