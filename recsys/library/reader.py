"""Open warehouses for reading, and run SQL over them."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from recsys.backends.duckdb.connection import damaged, opened, single_select
from recsys.backends.duckdb.statements import CORRUPT
from recsys.errors import Error, UsageError
from recsys.project.renamed import query_error
from recsys.serving.relations import build_id, require


class Reader:
    """Read one build of a warehouse, from a connection that is open."""

    def __init__(self, path: Path, connection: Connection | None = None) -> None:
        """Open a warehouse, or take a connection to it that is open already."""
        self.path = path
        self._opened: Connection | None = opened(path) if connection is None else connection
        self.build_id = build_id(self._opened)
        self._there = set[str]()  # relations and macros, once they were looked up

    @property
    def _connection(self) -> Connection:
        if self._opened is None:
            raise UsageError(f"{self.path}: this warehouse is closed; open it again")
        return self._opened

    def __enter__(self) -> Self:
        """Return the warehouse."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the warehouse."""
        self.close()

    def __repr__(self) -> str:
        """Return the call that opens this warehouse."""
        return f"recsys.open({str(self.path)!r})"

    def close(self) -> None:
        """Close the file; relations from this warehouse become invalid."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def cursor(self) -> Self:
        """Open the same build for another thread.

        A connection runs one query at a time, so that each thread needs its own. Cursors share the memory and
        the threads of the engine. Each is closed by itself, and all end with the warehouse that they are of.

        Returns
        -------
        Warehouse
            With the build that this one shows, whatever was built since.

        Raises
        ------
        UsageError
            The warehouse is closed.
        """
        other = copy.copy(self)
        other._opened = self.connection()
        return other

    def connection(self) -> Connection:
        """Return a new connection to the build that this warehouse shows, which the caller closes."""
        with self._translate_errors():
            found = self._connection.cursor()
            found.execute("use warehouse").fetchall()
        return found

    def sql(self, query: str, parameters: Iterable[Any] | Mapping[str, Any] = ()) -> Relation:
        """Run one read-only SELECT (or FROM, VALUES, DESCRIBE, SUMMARIZE, SHOW).

        Parameters
        ----------
        query : str
            One statement. It can name the caller's data frames and Arrow tables by their variables.
        parameters : iterable or mapping, optional
            Values of ``$1``, ``$2``, or of ``$name``.

        Returns
        -------
        duckdb.DuckDBPyRelation
            The result.

        Raises
        ------
        UsageError
            The text is not exactly one SELECT.
        Error
            DuckDB fails the query; the message is DuckDB's.
        """
        values = dict(parameters) if isinstance(parameters, Mapping) else list(parameters)
        with self._translate_errors():
            return self._connection.sql(single_select(self._connection, query), params=values or None)

    def _require(self, *names: str) -> None:
        if not self._there.issuperset(names):
            require(self._connection, self.path, *names)
            self._there.update(names)

    def _relation(self, query: str, parameters: Any = None) -> Relation:
        with self._translate_errors():
            return self._connection.sql(query, params=parameters)

    @contextlib.contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """Translate DuckDB's errors into `Error`."""
        try:
            yield
        except duckdb.Error as error:
            message = str(error).strip()
            raise Error(
                damaged(self.path, message) if CORRUPT.search(message) else query_error(message)
            ) from None
