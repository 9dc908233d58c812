"""Compiled weights of pairs of items are the rows of the SQL that declares them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from recsys.engine import runner
from recsys.learners.lists import pairs
from recsys.project.contract import Context
from tests.given import as_text, build_sql, result, write_directory

ITEMS = 40
RATERS = ("item_neighbours.raters=12",)  # so that users of many items are sampled


def interactions() -> str:
    """Ratings of random pairs in a random order, some items much more popular."""
    rng = np.random.default_rng(11)
    rows, items = np.nonzero(rng.random((30, ITEMS)) < rng.random(ITEMS))
    ratings, seq = rng.integers(0, 101, len(rows)), rng.permutation(len(rows))
    lines = [
        f"{user} {item} {rating} {str(rating >= 60).lower()} {place}"
        for user, item, rating, place in zip(rows, items, ratings, seq, strict=True)
    ]
    return "\n".join(["user_id item_id rating is_like seq", *lines])


def given(model: str, **settings: object) -> dict[str, str]:
    chosen = "\n".join(f"{model} {key} {value}" for key, value in settings.items())
    return {
        "lists.interactions": interactions(),
        "lists.items": "item_id\n" + "\n".join(map(str, range(5, ITEMS))),  # five may not be recommended
        "lists.settings": f"model key value\n{chosen}",
        "lists.size": "user_count\n30",
    }


def relation(text: str) -> Any:
    """A relation of a Python model with the rows of a text table."""
    names, *rows = (line.split() for line in text.splitlines())
    kinds = {
        "user_id": int,
        "item_id": int,
        "place": int,
        "user_count": int,
        "part": float,
        "strength": float,
    }
    kinds |= {"share": float, "is_sampled": lambda cell: cell == "true"}
    columns = {
        name: [kinds.get(name, str)(cell) for cell in cells]
        for name, cells in zip(names, zip(*rows, strict=True), strict=True)
    }
    return SimpleNamespace(arrow=lambda: pa.table(columns))


def ordered(text: str, column: str) -> str:
    """A text table by user and another column."""
    head, *lines = text.splitlines()
    places = [head.split().index(name) for name in ("user_id", column)]
    return "\n".join([head, *sorted(lines, key=lambda line: [int(line.split()[at]) for at in places])])


def compiled(
    function: Any, tmp_path: Path, settings: dict[str, object], **inputs: str
) -> list[dict[str, Any]]:
    found = function({name: relation(text) for name, text in inputs.items()}, settings, Context(tmp_path))
    (table,) = found.values()
    return table.to_pylist()


def same(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    """Compare rows in their order; weights to 1e-9, to which those of item_knn are rounded."""
    pairs_of = [[(row["item_j"], row["item_i"]) for row in rows] for rows in (found, expected)]
    assert pairs_of[0] == pairs_of[1]
    weights = [[row["weight"] for row in rows] for rows in (found, expected)]
    np.testing.assert_allclose(*weights, atol=1.01e-9)
    assert len(found) > ITEMS


@pytest.mark.parametrize(
    ("weighting", "window", "decay"), [("ones", 1, 1.0), ("likes", 3, 1.1), ("grades", 50, 0.6)]
)
def test_neighbours_are_the_rows_of_the_sql(schemas, tmp_path, weighting, window, decay):
    inputs = given("neighbours", weighting=weighting, window=window, decay=decay)
    places = ordered(as_text(result(schemas, "lists.neighbour_places", inputs, overrides=RATERS)), "place")
    assert "false" in places
    overrides = ("lists.neighbours=4",)
    expected = result(
        schemas, "lists.neighbours", {**inputs, "lists.neighbour_places": places}, overrides=overrides
    )
    chosen = {"items": inputs["lists.items"], "chosen": inputs["lists.settings"]}
    found = compiled(pairs.neighbours, tmp_path, {"kept": 4}, placed=places, **chosen)
    same(found, expected)


@pytest.mark.parametrize("similarity", ["cosine", "bm25"])
def test_item_knn_is_the_rows_of_the_sql(schemas, tmp_path, similarity):
    inputs = given("item_knn", weighting="likes", similarity=similarity, neighbours=5)
    parts = as_text(result(schemas, "lists.item_knn_parts", inputs))
    expected = result(schemas, "lists.item_knn", {**inputs, "lists.item_knn_parts": parts})
    chosen = {
        "items": inputs["lists.items"],
        "chosen": inputs["lists.settings"],
        "size": inputs["lists.size"],
    }
    same(compiled(pairs.item_knn, tmp_path, {}, parts=parts, **chosen), expected)


@pytest.mark.slow
def test_a_build_takes_the_compiled_rows_where_it_can_and_those_of_the_sql_elsewhere(tmp_path, monkeypatch):
    rng = np.random.default_rng(2)
    lines = []
    for user in range(1, 21):
        items = rng.permutation(30)[: rng.integers(5, 20)] + 1
        lines += [f"{user}|{len(items)}", *(f"{item}\t{rng.integers(0, 101)}" for item in items)]
    tracks = "".join(f"{item}|None|None\n" for item in range(1, 31))
    files = {"trainItem2.txt": "\n".join(lines) + "\n", "trackData2.txt": tracks}
    data = write_directory(tmp_path / "data", files)
    (data / "testItem2.txt").unlink()
    calls = []
    real = pairs.item_knn
    monkeypatch.setattr(pairs, "item_knn", lambda *given: calls.append(1) or real(*given))
    rows = {}
    for is_compiled in (True, False):
        monkeypatch.setattr(runner, "IS_COMPILED", is_compiled)
        warehouse = tmp_path / f"{is_compiled}.duckdb"
        build_sql(data, warehouse, no_candidates=True)
        assert len(calls) == 2, "once for all interactions, once without those held out"
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            query = "from lists.item_knn select item_j, item_i, weight order by all"
            rows[is_compiled] = connection.sql(query).fetchall()
    assert len(rows[True]) > 30
    assert [row[:2] for row in rows[True]] == [row[:2] for row in rows[False]]
    np.testing.assert_allclose([r[2] for r in rows[True]], [r[2] for r in rows[False]], atol=1.01e-9)
