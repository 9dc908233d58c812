"""Run the SQL that a warehouse keeps for requests, in ``marts.requests``.

The models of ``sql/retrieval``, and their variants from ``scenarios.toml``, are not relations of the
warehouse. The warehouse holds their SQL as it was at build time, so that a request needs no other files. For
a relation that Python computes, it holds the name of a function of ``recsys.learners`` and its inputs.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from recsys.backends.duckdb.connection import query
from recsys.backends.duckdb.statements import Connection
from recsys.engine.query_templates import RELATION
from recsys.errors import UsageError
from recsys.project.contract import Context, Relation
from recsys.serving.queries import has
from recsys.serving.scratch import Scratch

LEARNER = re.compile(r"learners(\.[a-z_]+)+")


@dataclass(frozen=True)
class QueryTemplate:
    """Describe how one relation is computed, and which relations of the request it reads."""

    relation: str
    reads: tuple[str, ...]
    sql: str
    function: str | None = None
    inputs: tuple[str, ...] = ()

    def places(self) -> dict[str, str]:
        """Return the relations that a function reads, by argument."""
        return dict(text.split("=", 1) for text in self.inputs)

    def kept(self) -> list[str]:
        """Return those inputs of a function that are relations of the warehouse."""
        return [place for place in self.places().values() if place.count(".") == 1]

    def made(self, scratch: Scratch) -> pa.Table | str:
        """Return the SQL of a template, or the rows that its function computes."""
        if self.function is None:
            return self.sql
        return self.of({argument: scratch.relation(place, ()) for argument, place in self.places().items()})

    def of(self, inputs: Mapping[str, Relation]) -> pa.Table:
        """Apply the function to these inputs, given by argument."""
        return self.callable()(inputs, {}, Context(scratch=Path("unused")))[self.relation]

    def callable(self) -> Callable[..., Mapping[str, pa.Table]]:
        """Import the function; raise UsageError unless it is one of the learners."""
        module, _, name = (self.function or "").rpartition(".")
        if not LEARNER.fullmatch(module):
            raise UsageError(f"this warehouse asks for {self.function}: expected a function of learners")
        found: Callable[..., Mapping[str, pa.Table]]
        found = getattr(importlib.import_module(f"recsys.{module}"), name)
        return found


class QueryTemplates:
    """Hold all templates of a warehouse."""

    def __init__(self, statements: Iterable[QueryTemplate]) -> None:
        self.statements = {statement.relation: statement for statement in statements}

    @classmethod
    def of(cls, connection: Connection) -> QueryTemplates:
        """Read the templates of an open warehouse, except functions of relations that the build left out."""
        rows = query(connection, f"select * from {RELATION} order by position").to_pylist()
        statements = (
            QueryTemplate(
                row["relation"],
                tuple(row["reads"]),
                row["sql"],
                row.get("function"),
                tuple(row.get("inputs") or ()),
            )
            for row in rows
        )
        return cls(one for one in statements if all(has(connection, name) for name in one.kept()))

    def scores(self, schema: str) -> list[str]:
        """Return the models that can score any pair of a schema, sorted by name."""
        start = f"{schema}.scores_"
        return sorted(name.removeprefix(start) for name in self.statements if name.startswith(start))

    def needed(self, wanted: str, there: Container[str]) -> list[QueryTemplate]:
        """Return the templates to run for a relation, in order, given the relations that are ``there``.

        Raises UsageError if the warehouse lacks one of them.
        """
        needed, waiting = set[str](), [wanted]
        while waiting:
            relation = waiting.pop()
            if relation in there or relation in needed:
                continue
            if relation not in self.statements:
                raise UsageError(
                    f"this warehouse cannot make {relation}; build all of it: recsys build without --select"
                )
            needed.add(relation)
            waiting.extend(self.statements[relation].reads)
        return [statement for relation, statement in self.statements.items() if relation in needed]


class Evaluation:
    """Evaluate one request: hold its inputs and the relations computed from them so far."""

    def __init__(self, requests: QueryTemplates, scratch: Scratch) -> None:
        self.requests, self.scratch = requests, scratch
        self.there: set[str] = set()

    def set_input(self, relation: str, content: pa.Table | str) -> None:
        """Set a relation to an Arrow table or to the rows of a query."""
        self.scratch.put(relation, content)
        self.there.add(relation)

    def invalidate(self, *relations: str) -> None:
        """Mark relations to be recomputed when they are next needed."""
        self.there -= set(relations)

    def has(self, relation: str) -> bool:
        """Return whether a relation is set or computed."""
        return relation in self.there

    def invalidate_from(self, relation: str) -> None:
        """Mark a relation and everything computed from it to be recomputed when next needed."""
        lost = {relation}
        for name, statement in self.requests.statements.items():  # in dependency order
            if not lost.isdisjoint(statement.reads):
                lost.add(name)
        self.invalidate(*lost)

    def make(self, wanted: str) -> pa.Table:
        """Compute a relation with everything it reads, and return its rows.

        Raises UsageError if the warehouse lacks a template for it.
        """
        for statement in self.requests.needed(wanted, self.there):
            self.set_input(statement.relation, statement.made(self.scratch))
        return self.scratch.table(wanted)
