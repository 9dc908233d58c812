"""The rows that the models of a lineage are put in."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.docs_site.lineage.layering import layered, separate

WANTED = st.lists(st.floats(-100, 100), min_size=1, max_size=8)


@given(WANTED)
def test_separate_keeps_the_order_and_leaves_room(wanted: list[float]) -> None:
    heights = [1.0 if place % 3 else 0.5 for place in range(len(wanted))]
    centres = separate(wanted, heights)
    for (above, top), (below, bottom) in pairwise(zip(centres, heights, strict=True)):
        assert below - above >= (top + bottom) / 2 - 1e-9


def test_separate_leaves_what_is_apart_where_it_is() -> None:
    assert separate([0.0, 2.0, 5.0], [1.0, 1.0, 1.0]) == pytest.approx([0.0, 2.0, 5.0])


def test_separate_shares_the_way_evenly() -> None:
    assert separate([3.0, 3.0], [1.0, 1.0]) == pytest.approx([2.5, 3.5])


def test_two_edges_that_cross_are_uncrossed() -> None:
    edges = {"a": [], "b": [], "under_b": ["b"], "under_a": ["a"]}
    places = layered(edges, {"a": 0, "b": 0, "under_b": 1, "under_a": 1}).places
    assert (places["a"].row < places["b"].row) == (places["under_a"].row < places["under_b"].row)


def test_an_edge_over_several_columns_has_a_lane_in_each_between() -> None:
    layering = layered({"a": [], "b": ["a"], "c": ["a", "b"]}, {"a": 0, "b": 1, "c": 2})
    assert set(layering.lanes) == {("a", 1)}
    assert layering.lanes["a", 1].row != layering.places["b"].row


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_nothing_overlaps(data: st.DataObject) -> None:
    columns = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=9))
    columns = [sorted(set(columns)).index(column) for column in columns]
    names = {f"m{place}": column for place, column in enumerate(columns)}
    edges = {
        name: [other for other, before in names.items() if before < column and data.draw(st.booleans())]
        for name, column in names.items()
    }
    layering = layered(edges, names)
    placed = [*layering.places.values(), *layering.lanes.values()]
    boxes = [(place.column, place.row) for place in layering.places.values()]
    assert min(place.row for place in placed) == pytest.approx(0)
    for column in set(columns):
        rows = sorted(row for at, row in boxes if at == column)
        assert all(below - above >= 1 - 1e-9 for above, below in pairwise(rows))
