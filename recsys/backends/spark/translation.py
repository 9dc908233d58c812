"""Translate a model's DuckDB SQL to Spark SQL: sqlglot does most of it, a few rules the rest.

Relations become temporary views ``schema__name``, input files ``source__name``. Decimal literals become
doubles, because the engines divide decimals differently. The order inside a numeric aggregate, which makes a
sum repeat to the last digit on one machine, is dropped: on a cluster a sum repeats to 1e-9. The order of a
whole relation, in which DuckDB stores a table, is dropped too: a cluster would have to sort all of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ErrorLevel, SqlglotError

from recsys.backends.database import EngineError

MARK = re.compile(r" /\* @(\d+) \*/")


class Models(DuckDB):
    """Parse DuckDB's dialect with list positions as written: from 1, or from -1 backwards."""

    INDEX_OFFSET = 0


@dataclass(frozen=True)
class Translation:
    """Hold Spark's text of a model; ``marks`` pairs ends of names in it with their offsets in the model."""

    sql: str
    marks: Sequence[tuple[int, int]]

    def origin(self, place: int) -> int | None:
        """Return the model offset of a position in the Spark text, as near as is known."""
        names = [offset for end, offset in self.marks if end > place]
        return names[0] if names else None


def view_of(relation: str) -> str:
    """Return the name of the temporary view of a relation."""
    return relation.removeprefix("scratch.").replace(".", "__")


def source_view(name: str) -> str:
    """Return the name of the temporary view of an input file."""
    return f"source__{name}"


def parsed(sql: str) -> exp.Expression:
    """Parse a model's SQL; raise EngineError with the offset that cannot be parsed."""
    try:
        return sqlglot.parse_one(sql, read=Models)
    except SqlglotError as error:
        found = error.errors[0] if getattr(error, "errors", None) else {}
        lines = sql.splitlines(keepends=True)[: found.get("line", 1) - 1]
        place = len("".join(lines)) + max(0, found.get("col", 1) - 1)
        raise EngineError(f"sqlglot: {found.get('description', error)}", place) from None


def relations_in(sql: str) -> set[str]:
    """Return the permanent relations that a query reads."""
    tables = parsed(sql).find_all(exp.Table)
    return {f"{table.db}.{table.name}" for table in tables if table.db and table.catalog != "scratch"}


def translated(sql: str) -> Translation:
    """Translate a model's SQL; raise EngineError for what has no translation."""
    tree = parsed(sql)
    if not tree.args.get("limit"):
        tree.set("order", None)
    for node in list(tree.walk()):
        node.comments = None
    _mark(tree)
    for node in reversed(list(tree.walk(bfs=True))):  # children before their parents
        for rule in RULES:
            if (written := rule(node)) is not node:
                node.replace(written)
                node = written  # noqa: PLW2901
    try:
        text = tree.sql("spark", unsupported_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        raise EngineError(f"sqlglot: {error}") from None
    return _unmarked(text)


def _mark(tree: exp.Expression) -> None:
    """Tag each column name with its offset in the model."""
    for column in tree.find_all(exp.Column):
        start = column.this.meta.get("start")
        if start is not None and isinstance(column.this, exp.Identifier):
            column.comments = [f"@{start}"]


def _unmarked(text: str) -> Translation:
    plain, marks, last = "", [], 0
    for found in MARK.finditer(text):
        plain += text[last : found.start()]
        marks.append((len(plain), int(found[1])))
        last = found.end()
    return Translation(plain + text[last:], marks)


def _relation(node: exp.Expression) -> exp.Expression:
    if not isinstance(node, exp.Table):
        return node
    if isinstance(node.this, exp.ReadParquet):
        file = node.this.find(exp.Parameter, exp.Placeholder)
        if file is None:
            raise EngineError("read_parquet: expected an input file")
        view = source_view(file.name)
    elif node.db:
        view = view_of(f"{node.db}.{node.name}")
    else:
        return node
    return exp.Table(this=exp.to_identifier(view), alias=node.args.get("alias"), joins=node.args.get("joins"))


def _double(node: exp.Expression) -> exp.Expression:
    if isinstance(node, exp.Literal) and node.is_number and not node.is_int:
        return exp.cast(node, "double")
    return node


def _unordered(node: exp.Expression) -> exp.Expression:
    """Drop the order inside numeric aggregates; sort lists by their keys."""
    if not isinstance(node, exp.Func) or not isinstance(node.this, exp.Order):
        return node
    if isinstance(node, exp.ArrayAgg):
        return _ordered_list(node.this)
    if isinstance(node, (exp.Sum, exp.Avg, exp.StddevSamp, exp.StddevPop, exp.VariancePop, exp.Variance)):
        node.set("this", node.this.this)
    return node


def _ordered_list(order: exp.Order) -> exp.Expression:
    keys = [key.this for key in order.expressions]
    if any(key.args.get("desc") for key in order.expressions):
        raise EngineError("list(... order by ... desc): expected an ascending order")
    fields = [*(_field(f"k{place}", key) for place, key in enumerate(keys)), _field("item", order.this)]
    packed = _call("named_struct", *(part for field in fields for part in field))
    listed = _call("sort_array", _call("collect_list", packed))
    item = exp.Dot(this=exp.to_identifier("pair"), expression=exp.to_identifier("item"))
    return _call("transform", listed, exp.Lambda(this=item, expressions=[exp.to_identifier("pair")]))


def _call(name: str, *arguments: exp.Expression) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _field(name: str, value: exp.Expression) -> tuple[exp.Expression, exp.Expression]:
    return exp.Literal.string(name), value.copy()


def _indexed(node: exp.Expression) -> exp.Expression:
    """Translate list positions: out of range is NULL in DuckDB, an error in Spark's default syntax."""
    if not isinstance(node, exp.Bracket):
        return node
    (place,) = node.expressions
    if isinstance(place, exp.Slice):
        start, end = place.this or exp.Literal.number(1), place.expression
        size = _call("size", node.this.copy())
        length = exp.Paren(this=end - start + 1) if end and start.name != "1" else end or size
        return _call("slice", node.this, start, length)
    if isinstance(place, exp.Neg):
        return _call("try_element_at", node.this, place)
    return _call("get", node.this, exp.Paren(this=place) - 1)


def _counted_from_one(node: exp.Expression) -> exp.Expression:
    """Shift the index argument of a lambda: it counts from 1 in DuckDB, from 0 in Spark."""
    if not isinstance(node, exp.Transform) or len(node.expression.expressions) != 2:
        return node
    function = node.expression
    place = function.expressions[1].name
    for found in list(function.this.find_all(exp.Identifier)):
        holder = found.parent if isinstance(found.parent, exp.Column) else found
        if found.name == place and not (isinstance(found.parent, exp.Dot) or holder.args.get("table")):
            holder.replace(exp.Paren(this=exp.column(place) + 1))
    return node


def _function(node: exp.Expression) -> exp.Expression:
    """Translate functions that sqlglot does not know, by `FUNCTIONS`."""
    if isinstance(node, exp.Anonymous) and (write := FUNCTIONS.get(node.name.lower())):
        return write(*node.expressions)
    return node


def _called(name: str) -> Callable[..., exp.Expression]:
    return lambda *arguments: _call(name, *arguments)


def _written(text: str) -> Callable[..., exp.Expression]:
    """Return a translation from Spark text of a function whose arguments are named x and y."""

    def write(*arguments: exp.Expression) -> exp.Expression:
        given = dict(zip("xy", arguments, strict=False))
        return sqlglot.parse_one(text, read="spark").transform(
            lambda node: (
                given[node.name].copy() if isinstance(node, exp.Column) and node.name in given else node
            )
        )

    return write


def _reduced(
    values: exp.Expression, function: exp.Expression, first: exp.Expression | None = None
) -> exp.Expression:
    if first is None:
        raise EngineError("list_reduce(...): expected a value to begin with")
    return _call("aggregate", values, first, function)


_TOTAL = "aggregate({}, cast(0 as double), (total, value) -> total + value)"
_MEAN = f"({_TOTAL.format('x')} / size(x))"
_SQUARES = f"transform(x, one -> (one - {_MEAN}) * (one - {_MEAN}))"

FUNCTIONS: dict[str, Callable[..., exp.Expression]] = {
    "error": _called("raise_error"),
    "fsum": _called("sum"),
    "isfinite": _written("abs(cast(x as double)) < cast('Infinity' as double)"),
    "list_avg": _written(_MEAN),
    "list_dot_product": _written(_TOTAL.format("zip_with(x, y, (one, other) -> one * other)")),
    "list_var_pop": _written(f"({_TOTAL.format(_SQUARES)} / size(x))"),
    "list_unique": _written("size(array_distinct(x))"),
    "list_reverse": _called("reverse"),
    "list_reduce": _reduced,
}
RULES = (_relation, _double, _counted_from_one, _indexed, _unordered, _function)
