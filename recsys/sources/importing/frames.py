"""Write data frames as Parquet, so that an import reads them like any other file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from recsys.errors import InputError, UsageError

BATCH = 1 << 20  # rows


def is_path(given: Any) -> bool:
    """Return whether something is the name of a file instead of a data frame."""
    return isinstance(given, (str, os.PathLike))


def name_of(given: Any) -> str:
    """Return the name of a data frame for messages: pandas.DataFrame."""
    return f"{type(given).__module__.partition('.')[0].lstrip('_')}.{type(given).__name__}"


def written(frame: Any, path: Path) -> None:
    """Write a data frame of pandas or polars, an Arrow table or a DuckDB relation as Parquet.

    UsageError for anything else, InputError for a column of values that have no common type.
    """
    if hasattr(frame, "write_parquet") and hasattr(frame, "to_arrow_reader"):
        frame.write_parquet(str(path))
        return
    if hasattr(frame, "collect") and not hasattr(frame, "__arrow_c_stream__"):
        frame = frame.collect()  # polars' lazy frame
    reader = _reader(frame)
    schema = pa.schema([field.with_type(_plain(field.type)) for field in reader.schema])
    with pq.ParquetWriter(path, schema) as writer:
        for batch in reader:
            columns = [
                _decoded(column, field.type) for column, field in zip(batch.columns, schema, strict=True)
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))


def _plain(kind: pa.DataType) -> pa.DataType:
    """Return the type of the values where a column has categories."""
    if not pa.types.is_dictionary(kind):
        return kind
    return pa.string() if pa.types.is_string_view(kind.value_type) else kind.value_type


def _decoded(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return the values of a column of categories; pyarrow cannot write those of polars."""
    if not pa.types.is_dictionary(column.type):
        return column
    return pa.DictionaryArray.from_arrays(column.indices, column.dictionary.cast(kind)).dictionary_decode()


def _reader(frame: Any) -> pa.RecordBatchReader:
    if isinstance(frame, dict):
        frame = pa.table(frame)
    try:
        if type(frame).__module__.startswith("pandas"):
            return _of_pandas(frame).to_reader(BATCH)
        return pa.RecordBatchReader.from_stream(frame)
    except pa.ArrowException as error:
        reason = str(error).splitlines()[0]
        raise InputError(name_of(frame), None, None, f"columns of one type each: {reason}") from None
    except ValueError as error:  # of pandas: two columns of one name
        raise InputError(name_of(frame), None, None, f"columns with a name each: {error}") from None
    except TypeError:
        raise UsageError(
            f"{name_of(frame)}: expected a path, a data frame of pandas or polars, an Arrow table or a "
            "DuckDB relation"
        ) from None


def _of_pandas(frame: Any) -> pa.Table:
    """Return an Arrow table; a named index becomes columns, values of several types become texts."""
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    frame = frame.rename(columns=str)
    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        mixed = frame.columns[[str(kind) == "object" for kind in frame.dtypes]]
        texts = {name: frame[name].map(str, na_action="ignore") for name in mixed}
        return pa.Table.from_pandas(frame.assign(**texts), preserve_index=False)
