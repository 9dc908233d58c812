"""What the explorer holds in memory of users and items: the same as the warehouse says."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from recsys.backends.duckdb.connection import reading
from recsys.errors import UnknownIdError
from recsys.ui.entities import EntityCache, KnownEntities, entity_indexes
from recsys.ui.entity_index import EntityIndex, index_of

TABLE = pa.table(
    {
        "id": pa.array([2, 5, 9], pa.int32()),
        "original_id": ["b", "e", "b"],
        "name": ["Bee", None, "Bay"],
    }
)


def test_rows_are_found_by_their_ids_whatever_else_is_asked_for():
    found = EntityIndex(TABLE)
    assert found.of_ids([9, 2, 9]) == {
        2: {"id": 2, "original_id": "b", "name": "Bee"},
        9: {"id": 9, "original_id": "b", "name": "Bay"},
    }
    assert found.of_ids([-1, 3, 10, 2**40]) == found.of_ids([]) == {}
    assert EntityIndex(TABLE.slice(0, 0)).of_ids([2]) == {}


def test_rows_may_be_in_any_order():
    found = EntityIndex(TABLE.take([2, 0, 1]))
    assert found.of_ids([9, 2, 3, 10]) == EntityIndex(TABLE).of_ids([2, 9])
    assert [*found.of_original("b")] == [2, 9]


def test_rows_are_found_by_their_original_ids():
    found = EntityIndex(TABLE)
    assert [*found.of_original("b")] == [2, 9]
    assert found.of_original("B") == {}


def test_a_table_that_is_too_large_is_not_held():
    assert index_of(TABLE, most=TABLE.nbytes - 1) is None
    assert index_of(TABLE, most=TABLE.nbytes) is not None


@pytest.mark.parametrize("held", [True, False])
def test_entities_are_the_same_indexed_or_queried(named_warehouse: Path, held: bool):
    with reading(named_warehouse, guarded=True) as connection:
        found = entity_indexes(connection) if held else {"user": None, "item": None}
        entities = EntityCache(connection, KnownEntities(10), found)
        song = entities.item("track", "s/1")
        assert (song.kind, song.original, song.name) == ("track", "s/1", "Shine & on")
        assert entities.item("artist", "AC/DC").kind == "artist"
        assert entities.items([song.id, None, 10**6])[song.id] == song
        assert entities.items([10**6])[10**6].kind == "item"
        assert entities.users([entities.user("ann").id])[entities.user("ann").id].original == "ann"
        assert entities.facts([song.id])[song.id]["rating_count"] == 2
        with pytest.raises(UnknownIdError, match="no user annn.*; did you mean 'ann'"):
            entities.user("annn")
        with pytest.raises(UnknownIdError, match="no album s/1: s/1 is the track Shine & on"):
            entities.item("album", "s/1")
