"""Two warehouses side by side: the same relations, keys and values, reals to 1e-9."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from recsys.project import Project
from recsys.sources.directory import OPTIONAL
from tests.relations import untimed

RELATIONS = """
    select schema_name || '.' || table_name from duckdb_tables()
    union select schema_name || '.' || view_name from duckdb_views() where not internal order by all"""
OF_THE_BUILD = ("marts.build",)


def differences(one: Path, other: Path) -> list[str]:
    """A line for each relation that is not the same in both; nothing where all are."""
    lacking = sorted(_relations(one) ^ _relations(other))
    return [f"{name}: in one of them" for name in lacking] + unlike(one, other)


def unlike(one: Path, other: Path) -> list[str]:
    """A line for each relation that both have and that is not the same in them."""
    names, keys = sorted(_relations(one) & _relations(other)), _keys()
    with (
        duckdb.connect(str(one), read_only=True) as left,
        duckdb.connect(str(other), read_only=True) as right,
    ):
        found = [_difference(left, right, name, keys.get(name)) for name in names]
        return [line for line in found if line]


def _relations(warehouse: Path) -> set[str]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return {name for (name,) in connection.execute(RELATIONS).fetchall()} - {*OF_THE_BUILD}


def _keys() -> Mapping[str, Iterable[str]]:
    return {name: model.key for name, model in Project.load(present=OPTIONAL).models.items()}


def _difference(
    left: duckdb.DuckDBPyConnection,
    right: duckdb.DuckDBPyConnection,
    name: str,
    key: Iterable[str] | None,
) -> str | None:
    columns = [column for column, *_ in left.execute(f"describe {name}").fetchall()]
    listed = ", ".join(f'"{column}"' for column in columns)
    order = ", ".join(f'"{column}"' for column in key) if key else "all"
    query = f"select {listed} from (select {untimed(name)} from {name}) order by {order}"
    rows, others = left.execute(query).fetchall(), right.execute(query).fetchall()
    if len(rows) != len(others):
        return f"{name}: {len(rows)} rows and {len(others)}"
    unlike = [(row, twin) for row, twin in zip(rows, others, strict=True) if not _is_same(row, twin)]
    return f"{name}: {len(unlike)} rows differ, such as {unlike[0]}" if unlike else None


def _is_same(row: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return all(map(is_near, row, other))


def is_near(value: Any, other: Any) -> bool:
    """Equal, or numbers that are to 1e-9, or to one in the ninth place, to which models round."""
    if value == other:
        return True
    numbers = (int, float)
    if not isinstance(value, numbers) or not isinstance(other, numbers):
        return False
    return math.isclose(value, other, rel_tol=1e-9, abs_tol=1.5e-9)
