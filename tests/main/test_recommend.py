"""The macro ``recommend`` against the stored lists."""

from __future__ import annotations

import pytest

from recsys.errors import UsageError
from recsys.serving.explain import rows_of
from tests.main.conftest import NEWCOMER, USERS


def recommend(warehouse, user, k=10):
    return rows_of(warehouse, "from recommend($user, $k)", {"user": user, "k": k})


@pytest.mark.parametrize("user", [USERS[0], USERS[-1]])
def test_it_is_the_stored_list_with_names(warehouse, user):
    stored = "select rank, item_id, score, model from marts.recommendations where user_id = $1 and rank <= 10"
    rows = recommend(warehouse, user)
    assert rows
    found = [(row["rank"], row["item_id"], row["score"], row["model"]) for row in rows]
    assert found == warehouse.execute(f"{stored} order by rank", [user]).fetchall()


def test_fewer_are_the_first_of_more(warehouse):
    assert recommend(warehouse, USERS[1], 3) == recommend(warehouse, USERS[1], 30)[:3]


def test_nothing_that_the_user_rated_is_in_it(warehouse, dataset):
    for user in USERS:
        assert not {(user, row["item_id"]) for row in recommend(warehouse, user, 50)} & dataset.ratings.keys()


def test_a_user_with_test_items_alone_gets_what_most_like(warehouse):
    likes = "select item_id from lists.items order by like_count desc, item_id limit 4"
    wanted = [item for (item,) in warehouse.sql(likes).fetchall()]
    assert [row["item_id"] for row in recommend(warehouse, NEWCOMER, 4)] == wanted


def test_an_unknown_user_is_refused(warehouse):
    with pytest.raises(UsageError, match=r"^no user 77 in"):
        recommend(warehouse, 77)
