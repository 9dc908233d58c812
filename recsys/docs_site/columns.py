"""Trace the columns of a SELECT to the columns that they are computed from, by sqlglot.

A column's origins are those that its value is taken from. A column that a query only joins, filters, groups
or orders by is not an origin.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

DIALECT = "duckdb"
SCRATCH = "scratch"  # database of relations that live during a build
ROW_NUMBER = "rowid"  # a column of every DuckDB table that no list names

Origin = tuple[str, str]  # a relation, and one of its columns
Origins = Mapping[str, tuple[Origin, ...]]


def origins(sql: str, known: Mapping[str, Sequence[str]]) -> Origins | None:
    """Return the columns of a SELECT, in order, each with its sorted origins.

    ``known`` has the columns of the relations that it reads. Return None for a query that cannot be traced.
    """
    return _traced(sql, tuple(sorted((name, tuple(columns)) for name, columns in known.items())))


@lru_cache(maxsize=4096)
def _traced(sql: str, known: tuple[tuple[str, tuple[str, ...]], ...]) -> Origins | None:
    schema: dict[str, Any] = {}
    hidden = (ROW_NUMBER,) if ROW_NUMBER in sql else ()
    for relation, columns in known:
        layer, stem = relation.split(".")
        schema.setdefault(layer, {})[stem] = dict.fromkeys((*columns, *hidden), "int")
    try:
        tree = parse_one(sql, read=DIALECT)
        for table in tree.find_all(exp.Table):
            if table.catalog == SCRATCH:
                table.set("catalog", None)
        qualified = qualify(
            tree, schema=schema, dialect=DIALECT, validate_qualify_columns=False, identify=False
        )
        root = build_scope(qualified)
    except SqlglotError:
        return None
    if root is None:
        return None
    tracer = _Tracer(root)
    found = {name: tuple(sorted(tracer.of(root, name))) for name in _names(root)}
    return None if "*" in found else found


class _Tracer:
    """Follow columns from scope to scope, each once."""

    def __init__(self, root: Scope) -> None:
        self.scopes = {id(scope.expression): scope for scope in root.traverse()}
        self.known: dict[tuple[int, str], frozenset[Origin]] = {}

    def of(self, scope: Scope, column: str) -> frozenset[Origin]:
        """Return the origins of a column of a scope."""
        key = id(scope), column
        if key not in self.known:
            self.known[key] = frozenset()  # a recursive query adds nothing of itself
            self.known[key] = frozenset(self._of(scope, column))
        return self.known[key]

    def _of(self, scope: Scope, column: str) -> Iterator[Origin]:
        if scope.set_operation_scopes:
            place = _names(scope).index(column)
            for part in scope.set_operation_scopes:
                yield from self.of(part, _names(part)[place])
            return
        if not isinstance(scope.expression, exp.Query):  # such as UNNEST
            yield from self._inside(scope.expression, scope)
            return
        for select in scope.expression.selects:
            if select.alias_or_name == column:
                yield from self._inside(select, scope)

    def _inside(self, expression: exp.Expr, scope: Scope) -> Iterator[Origin]:
        """Yield the origins of an expression's columns and subqueries."""
        for node in expression.walk(prune=lambda node: id(node) in self.scopes and node is not expression):
            if id(node) in self.scopes and node is not expression:
                inner = self.scopes[id(node)]
                for name in _names(inner):
                    yield from self.of(inner, name)
            elif isinstance(node, exp.Column) and node.table:
                yield from self._column(node, scope)

    def _column(self, column: exp.Column, scope: Scope | None) -> Iterator[Origin]:
        while scope is not None and column.table not in scope.sources:
            scope = scope.parent
        source = scope.sources[column.table] if scope is not None else None
        if isinstance(source, Scope):
            yield from self.of(source, column.name)
        elif isinstance(source, exp.Table) and source.db and column.name != ROW_NUMBER:
            yield f"{source.db}.{source.name}", column.name


def _names(scope: Scope) -> list[str]:
    """Return the columns of a scope's query."""
    return list(scope.expression.named_selects) if isinstance(scope.expression, exp.Query) else []
