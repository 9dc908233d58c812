"""Write the predictions of a model as a submission file."""

from __future__ import annotations

from pathlib import Path

from recsys.backends.duckdb.connection import query, write_csv
from recsys.backends.duckdb.statements import Connection
from recsys.errors import RecsysError, unwritable
from recsys.outputs import replacing
from recsys.serving.model_names import ModelNames


def write(connection: Connection, given: str, out: Path) -> int:
    """Write a model's submission as CSV atomically and return its number of rows.

    Raises
    ------
    UsageError
        There is no such model, or the file cannot be written.
    """
    model = ModelNames.of(connection).score_model(given)
    with replacing(out) as unfinished:
        try:
            write_csv(
                connection, "from submission($model)", {"model": model}, unfinished, out.suffix == ".gz"
            )
        except RecsysError as error:
            raise unwritable(out, error) from None
    return int(query(connection, "select count(*) as n from staging.candidates").to_pydict()["n"][0])
