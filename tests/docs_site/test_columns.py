"""Which columns a query's columns are computed from."""

from __future__ import annotations

import pytest

from recsys.docs_site.columns import origins
from recsys.docs_site.layers import DESCRIPTIONS
from recsys.project.model import LAYERS

KNOWN = {"a.one": ["id", "x", "y"], "a.two": ["id", "z"]}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select id, x + y as s from a.one", {"id": ["a.one.id"], "s": ["a.one.x", "a.one.y"]}),
        ("select count(*) as n, 1 as k from a.one", {"n": [], "k": []}),
        ("with c as (select x as w from a.one) select max(w) as w from c", {"w": ["a.one.x"]}),
        (
            "with c as (select * from a.one) select * exclude (y) from c",
            {"id": ["a.one.id"], "x": ["a.one.x"]},
        ),
        ("select t.z from a.one join a.two as t on one.id = t.id where y > 0", {"z": ["a.two.z"]}),
        ("select x as v from a.one union all select z from a.two", {"v": ["a.one.x", "a.two.z"]}),
        ("select (select max(z) from a.two where two.id = one.id) as m from a.one", {"m": ["a.two.z"]}),
        (
            "select list_sum(list_transform([x], lambda v: v * y)) as l from a.one",
            {"l": ["a.one.x", "a.one.y"]},
        ),
        ("select sum(x) over (partition by y) as r from a.one", {"r": ["a.one.x", "a.one.y"]}),
        ("select id, rowid as r from scratch.a.two", {"id": ["a.two.id"], "r": []}),
        ("select v from (select unnest([x, y]) as v from a.one)", {"v": ["a.one.x", "a.one.y"]}),
    ],
)
def test_a_column_comes_from_what_its_value_is_taken_from(sql: str, expected: dict[str, list[str]]) -> None:
    found = origins(sql, KNOWN)
    assert found is not None
    assert {name: [".".join(column) for column in columns] for name, columns in found.items()} == expected


@pytest.mark.parametrize("sql", ["this is no query", "select * from a.unknown"])
def test_what_cannot_be_traced_is_not_guessed(sql: str) -> None:
    assert origins(sql, KNOWN) is None


def test_every_layer_is_described() -> None:
    assert {*LAYERS} <= DESCRIPTIONS.keys()
