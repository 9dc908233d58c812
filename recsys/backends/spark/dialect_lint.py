"""Find SQL that runs on both engines but means something else on each; no model may use it.

``python -m recsys.backends.spark.dialect_lint`` checks the models that ship with the program.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from sqlglot import exp

from recsys.backends.spark.translation import parsed
from recsys.project import Project
from recsys.sources.parquet import COLUMNS

CALLS = {
    "hash": "hash(...) has other values on Spark: expected md5(...)",
    "quantile": "percentiles are computed otherwise on Spark: expected median(...)",
    "mode": "mode(...) takes another of equally frequent values on Spark: expected an order",
    "list_first": "list_first(...) is NULL or an error where there is none: expected [1]",
    "arbitrary": "any row's value is another on Spark: expected min(...) or max(...)",
    "random": "random() is another on Spark: expected md5(...) of a key",
}
NODES: dict[type[exp.Expression], str] = {
    exp.Quantile: CALLS["quantile"],
    exp.PercentileCont: CALLS["quantile"],
    exp.PercentileDisc: CALLS["quantile"],
    exp.ApproxQuantile: CALLS["quantile"],
    exp.ApproxDistinct: "counts by sketches are others on Spark: expected count(distinct ...)",
    exp.Mode: CALLS["mode"],
    exp.First: CALLS["arbitrary"],
    exp.Last: CALLS["arbitrary"],
    exp.AnyValue: CALLS["arbitrary"],
    exp.ArgMax: "of equals, arg_max(...) takes another on Spark: expected row_number() over (...)",
    exp.ArgMin: "of equals, arg_min(...) takes another on Spark: expected row_number() over (...)",
    exp.Rand: CALLS["random"],
}
LOG = "log(x) is to the base of 10 in DuckDB and of e on Spark: expected log10(x) or ln(x)"
FRACTION = (
    "a cast to integers rounds in DuckDB and cuts off on Spark: expected round(...) or floor(...) in it"
)
UNORDERED = "the order of a list is another on Spark: expected list(... order by ...) or list_sort(list(...))"
EDGE = "log2(...) of a power of 2 may be less on Spark: expected length(bin(...)) - 1, or log2(...) + 1e-9"
LEN = "len(...) is of texts on Spark: expected length(...) of a text, array_length(...) of a list"
ONCE = "regexp_replace(...) replaces one match in DuckDB, all on Spark: expected the option 'g' or an end $"
WHOLE = (exp.Round, exp.Floor, exp.Ceil, exp.Count, exp.IntDiv, exp.RowNumber, exp.Length, exp.ArraySize)
FRACTIONAL = (exp.Div, exp.Avg, exp.Sqrt, exp.Ln, exp.Log, exp.Exp, exp.Median, exp.Pow, exp.StddevPop)


def complaints(sql: str) -> Iterator[tuple[int, str]]:
    """Yield the offset and the message of each construct that Spark would compute differently."""
    for node in parsed(sql).walk():
        place = _offset(node)
        if isinstance(node, exp.Length) and sql[place : place + 4].lower() == "len(":
            yield place, LEN
        elif message := _complaint(node):
            yield place, message


def _complaint(node: exp.Expression) -> str | None:
    if isinstance(node, exp.Anonymous):
        return next((text for name, text in CALLS.items() if node.name.lower().startswith(name)), None)
    found = (text for kind, differs, text in FORMS if isinstance(node, kind) and differs(node))
    return NODES.get(type(node)) or next(found, None)


def _is_at_an_edge(node: exp.Floor) -> bool:
    logarithms = [one for one in node.find_all(exp.Log) if one.expression is not None]
    return not isinstance(node.this, exp.Add) and any(one.this.name == "2" for one in logarithms)


def _is_unordered(node: exp.ArrayAgg) -> bool:
    return not isinstance(node.this, exp.Order) and not isinstance(node.parent, exp.ArraySort)


def _replaces_one(node: exp.RegexpReplace) -> bool:
    return not node.args.get("modifiers") and not node.expression.name.endswith("$")


def _cuts_off(node: exp.Cast) -> bool:
    return node.to.this in exp.DataType.INTEGER_TYPES and _is_fraction(node.this)


def _is_fraction(node: exp.Expression) -> bool:
    """Return whether an expression may be fractional, judging by its text; a bare column is assumed whole."""
    if isinstance(node, WHOLE):
        return False
    if isinstance(node, FRACTIONAL) or (isinstance(node, exp.Literal) and node.is_number and not node.is_int):
        return True
    if isinstance(node, (exp.Column, exp.Window, exp.Predicate, exp.Subquery)):
        return isinstance(node, exp.Window) and _is_fraction(node.this)
    if isinstance(node, exp.Case):
        branches = [branch.args["true"] for branch in node.args["ifs"]]
        return any(_is_fraction(one) for one in [*branches, node.args.get("default")] if one is not None)
    return any(_is_fraction(child) for child in node.iter_expressions())


def _offset(node: exp.Expression) -> int:
    """Return the character offset of a node: its own, that of its first name, or that of its parent."""
    places = [found.meta["start"] for found in node.walk() if "start" in found.meta]
    if "start" in node.meta:
        return int(node.meta["start"])
    if places:
        return int(min(places))
    return _offset(node.parent) if node.parent is not None else 0


FORMS: tuple[tuple[type[exp.Expression], Callable[..., bool], str], ...] = (
    (exp.Log, lambda node: node.expression is None, LOG),
    (exp.Floor, _is_at_an_edge, EDGE),
    (exp.ArrayAgg, _is_unordered, UNORDERED),
    (exp.GroupConcat, lambda node: node.find(exp.Order) is None, UNORDERED.replace("list", "string_agg", 1)),
    (exp.RegexpReplace, _replaces_one, ONCE),
    (exp.Cast, _cuts_off, FRACTION),
)


def lint(project: Project) -> list[str]:
    """Return a ``path:line:column: message`` line per complaint about the SQL of a build or a request."""
    found = []
    for rendered in map(project.render, sorted(project.models)):
        if rendered.call is None and rendered.model.materialized != "macro":
            for offset, message in complaints(rendered.sql):
                line, column = rendered.origin(offset)
                found.append(f"{rendered.model.path}:{line}:{column}: {message}")
    return list(dict.fromkeys(found))


def main() -> int:
    """Print the complaints about the shipped models and return the exit status."""
    found = lint(Project.load(present=COLUMNS))
    print(*found, sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
