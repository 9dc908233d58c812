"""What a warehouse can make on request: SQL that a build keeps in ``marts.requests``, and running it.

The models of ``sql/retrieval`` and the variants that ``scenarios.toml`` makes beside them are no relations
of the warehouse. Their SQL is, so that whoever has the warehouse has all that it takes, as it was built; of
one that Python makes it is the name of a function of ``recsys.learners``, and what that reads.
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
    """How one relation is made, and which others of the request it reads."""

    relation: str
    reads: tuple[str, ...]
    sql: str
    function: str | None = None
    inputs: tuple[str, ...] = ()

    def places(self) -> dict[str, str]:
        """Where the inputs of a function are, by argument."""
        return dict(text.split("=", 1) for text in self.inputs)

    def kept(self) -> list[str]:
        """The relations of the warehouse among the inputs of a function."""
        return [place for place in self.places().values() if place.count(".") == 1]

    def made(self, scratch: Scratch) -> pa.Table | str:
        """What it is made as: SQL, or what its function made of relations that are there."""
        if self.function is None:
            return self.sql
        return self.of({argument: scratch.relation(place, ()) for argument, place in self.places().items()})

    def of(self, inputs: Mapping[str, Relation]) -> pa.Table:
        """What its function makes of these inputs, by argument."""
        return self.callable()(inputs, {}, Context(scratch=Path("unused")))[self.relation]

    def callable(self) -> Callable[..., Mapping[str, pa.Table]]:
        """Its function; UsageError for one that is no learner's."""
        module, _, name = (self.function or "").rpartition(".")
        if not LEARNER.fullmatch(module):
            raise UsageError(f"this warehouse asks for {self.function}: expected a function of learners")
        found: Callable[..., Mapping[str, pa.Table]]
        found = getattr(importlib.import_module(f"recsys.{module}"), name)
        return found


class QueryTemplates:
    """All that a warehouse can make on request."""

    def __init__(self, statements: Iterable[QueryTemplate]) -> None:
        self.statements = {statement.relation: statement for statement in statements}

    @classmethod
    def of(cls, connection: Connection) -> QueryTemplates:
        """Those of an open warehouse; without what Python makes of a relation that a build left out."""
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
        """The models that can score any pair of a schema, in the order of their names."""
        start = f"{schema}.scores_"
        return sorted(name.removeprefix(start) for name in self.statements if name.startswith(start))

    def needed(self, wanted: str, there: Container[str]) -> list[QueryTemplate]:
        """How a relation is made and all that it reads and that is not ``there``, in an order that works.

        UsageError if the warehouse cannot make it, since it was built without something that this reads.
        """
        needed, waiting = set[str](), [wanted]
        while waiting:
            relation = waiting.pop()
            if relation in there or relation in needed:
                continue
            if relation not in self.statements:
                raise UsageError(f"this warehouse cannot make {relation}: `recsys build` without --select")
            needed.add(relation)
            waiting.extend(self.statements[relation].reads)
        return [statement for relation, statement in self.statements.items() if relation in needed]


class Evaluation:
    """One time that something is evaluation for: what is given, and what was made from it so far."""

    def __init__(self, requests: QueryTemplates, scratch: Scratch) -> None:
        self.requests, self.scratch = requests, scratch
        self.there: set[str] = set()

    def set_input(self, relation: str, content: pa.Table | str) -> None:
        """Put an Arrow table, or the rows of a query, in the place of a relation."""
        self.scratch.put(relation, content)
        self.there.add(relation)

    def invalidate(self, *relations: str) -> None:
        """Have these relations made anew when they are needed next."""
        self.there -= set(relations)

    def has(self, relation: str) -> bool:
        return relation in self.there

    def invalidate_from(self, relation: str) -> None:
        """Have a relation and all that is made from it made anew when they are needed next."""
        lost = {relation}
        for name, statement in self.requests.statements.items():  # each comes after what it reads
            if not lost.isdisjoint(statement.reads):
                lost.add(name)
        self.invalidate(*lost)

    def make(self, wanted: str) -> pa.Table:
        """A relation, made together with all that it reads and that is not there yet.

        UsageError if the warehouse cannot make it, since it was built without something that this reads.
        """
        for statement in self.requests.needed(wanted, self.there):
            self.set_input(statement.relation, statement.made(self.scratch))
        return self.scratch.table(wanted)
