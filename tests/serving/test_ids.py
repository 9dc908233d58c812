"""Ids as people write them: original ids, names, numbers, and what is offered for those that nothing has."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from recsys.backends.duckdb.connection import reading
from recsys.errors import UnknownIdError
from recsys.serving import ids

USERS = [(100, "alice", "Alice A."), (101, "100", None)]
ITEMS = [
    (1, "t1", "Song"),
    (2, "t2", "Twice"),
    (3, "t3", "Twice"),
    (4, "10", "Four"),
    (10, "10", "Album"),
    (30, "Rock", "Rock"),
]


@pytest.fixture(scope="module")
def named(small_warehouse, tmp_path_factory) -> Path:
    """The small warehouse with original ids; some are numbers or names of other items."""
    copy = Path(shutil.copy(small_warehouse, tmp_path_factory.mktemp("named") / "named.duckdb"))
    with duckdb.connect(str(copy)) as connection:
        connection.executemany("insert into staging.users values (?, ?, ?)", USERS)
        connection.executemany("insert into staging.items values (?, ?, ?)", ITEMS)
    return copy


@pytest.mark.parametrize(
    ("given", "user"), [("alice", 100), ("Alice A.", 100), ("100", 101), (100, 101)], ids=str
)
def test_an_original_id_goes_before_a_name_and_is_never_the_number(named, given, user):
    with reading(named) as connection:
        assert ids.user_id(connection, given) == user
        assert ids.user_ids(connection, [given, "alice"]) == [user, 100]


@pytest.mark.parametrize(("given", "item"), [("t1", 1), ("Song", 1), ("10", 4), ("Album", 10), ("Rock", 30)])
def test_a_track_goes_before_other_kinds_of_the_same_original_id(named, given, item):
    with reading(named) as connection:
        assert ids.item_id(connection, given) == item
        assert ids.item_ids(connection, ["t2", given]) == [2, item]


@pytest.mark.parametrize(
    ("ask", "given", "sentence"),
    [
        (ids.user_id, "alise", "no user alise in the data; did you mean 'alice' (Alice A.)?"),
        (ids.user_id, "zzz", "no user zzz in the data"),
        (ids.user_id, "clear", "no user clear in the data"),  # letters of Alice A. by chance
        (ids.user_id, 101, "no user 101 in the data; did you mean '100'?"),
        (ids.item_id, "t9", "no item t9 in the data; did you mean 't1' (Song) or 't2' (Twice) or 't3' (Twice)?"),
        (ids.item_id, "rok", "no item rok in the data; did you mean 'Rock'?"),
        (ids.item_id, "Twice", "no item Twice: 2 items have this name; did you mean 't2' (Twice) or 't3' (Twice)?"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)  # fmt: skip
def test_an_unknown_id_offers_what_is_most_like_it(named, ask, given, sentence):
    with reading(named) as connection, pytest.raises(UnknownIdError) as caught:
        ask(connection, given)
    assert str(caught.value) == sentence


def test_one_unknown_id_among_many_is_named(named):
    with reading(named) as connection, pytest.raises(UnknownIdError, match="no user alise"):
        ids.user_ids(connection, ["alice", "alise"])


def test_data_without_original_ids_have_numbers_alone(small_warehouse):
    with reading(small_warehouse) as connection:
        assert ids.user_id(connection, "100") == ids.user_id(connection, 100) == 100
        assert ids.user_ids(connection, []) == []
        assert ids.item_ids(connection, [1, "30"]) == [1, 30]
        for given in (777, "777"):
            with pytest.raises(UnknownIdError, match="no user 777 in the training file"):
                ids.user_id(connection, given)
        for given in ("1.5", "1e2", "alice", ""):
            with pytest.raises(UnknownIdError, match="no item .*in the data"):
                ids.item_id(connection, given)
