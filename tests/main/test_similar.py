"""The tracks of ``similar`` against the weights sorted in plain Python."""

from __future__ import annotations

import duckdb
import pytest


@pytest.fixture(scope="module")
def weights(warehouse):
    return warehouse.sql("select item_j, item_i, weight from lists.item_knn").fetchall()


def test_the_largest_weights_come_first_and_ties_by_the_tracks_id(warehouse, weights):
    asked = {item for item, _, _ in weights}
    assert asked
    for item in asked:
        found = warehouse.sql("select rank, track_id, score from similar($1, 4)", params=[item]).fetchall()
        best = sorted((-weight, track) for other, track, weight in weights if other == item and track != item)
        assert found == [(rank, track, -weight) for rank, (weight, track) in enumerate(best[:4], 1)]


def test_an_item_that_goes_with_nothing_has_no_rows(warehouse, weights):
    known = {item for (item,) in warehouse.sql("select item_id from hierarchy.items").fetchall()}
    alone = min(known - {item for item, _, _ in weights})
    assert warehouse.sql("from similar($1, 10)", params=[alone]).fetchall() == []


def test_an_item_that_no_file_knows_is_refused(warehouse):
    with pytest.raises(
        duckdb.Error, match="no item 999999 in the files of items, the training file or the test file"
    ):
        warehouse.sql("from similar(999999, 10)").fetchall()
