"""The tracks of ``similar`` against the weights sorted in plain Python."""

from __future__ import annotations

from collections import defaultdict

import duckdb
import pytest


@pytest.fixture(scope="module")
def weights(warehouse):
    return warehouse.sql("select item_j, item_i, weight from lists.item_knn").fetchall()


def test_the_largest_weights_come_first_and_ties_by_the_tracks_id(warehouse, weights):
    asked = {item for item, _, _ in weights}
    assert asked
    for item in asked:
        query = "select rank, track_id, score from similar($1, 4) where source = 'users'"
        found = warehouse.sql(query, params=[item]).fetchall()
        best = sorted((-weight, track) for other, track, weight in weights if other == item and track != item)
        assert found == [(rank, track, -weight) for rank, (weight, track) in enumerate(best[:4], 1)]


def test_an_item_that_goes_with_nothing_is_similar_by_its_attributes(warehouse, weights):
    known = {item for (item,) in warehouse.sql("select item_id from hierarchy.items").fetchall()}
    alone = sorted(known - {item for item, _, _ in weights})
    shared = defaultdict[int, dict[int, float]](dict)
    for item, attribute, weight in warehouse.sql("from lists.attributes").fetchall():
        shared[item][attribute] = weight
    assert any(item in shared for item in alone) and any(item not in shared for item in alone)
    for item in alone:
        own = shared.get(item, {})
        cosines = {
            other: sum(own[one] * found[one] for one in own.keys() & found.keys())
            for other, found in shared.items()
            if other != item and own.keys() & found.keys()
        }
        found = warehouse.sql("select track_id, score, source from similar($1, 10)", params=[item]).fetchall()
        best = sorted(cosines.values(), reverse=True)[:10]
        assert [score for _, score, _ in found] == pytest.approx(best)
        assert {track: score for track, score, _ in found} == pytest.approx(
            {track: cosines[track] for track, _, _ in found}
        )
        assert found == sorted(found, key=lambda row: (-row[1], row[0]))
        assert {source for _, _, source in found} <= {"attributes"}


def test_an_item_that_no_file_knows_is_refused(warehouse):
    with pytest.raises(
        duckdb.Error, match="no item 999999 in the files of items, the training file or the test file"
    ):
        warehouse.sql("from similar(999999, 10)").fetchall()
