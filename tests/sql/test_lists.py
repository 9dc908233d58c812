"""List models: interactions, splits, item scores and weights, from rows to rows."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.learners.lists import item_knn, neighbours
from recsys.learners.lists.interactions import Interactions
from tests.given import as_text, expect, result

RATINGS = "user_id item_id rating seq\n"


def test_interactions_have_the_owners_value_and_say_which_are_likes(schemas):
    given = {
        "staging.ratings": "user_id item_id rating seq value is_like\n1 7 80 3 4.0 true\n1 8 79 4 3.5 false"
    }
    rows = result(schemas, "lists.interactions", given)
    expect(rows, "user_id item_id value rating is_like seq time\n1 7 4.0 80 true 3 0\n1 8 3.5 79 false 4 0")


def test_interactions_without_an_order_are_all_at_once(schemas):
    given = {"staging.ratings": "user_id item_id rating seq\n1 7 80 3\n1 8 79 4"}
    rows = result(schemas, "lists.interactions", given, overrides=("data.order=none",))
    assert [row["seq"] for row in rows] == [0, 0]


def test_items_without_interactions_have_no_likes(schemas):
    given = {
        "staging.tracks": "track_id\n7\n8\n9",
        "lists.interactions": "user_id item_id is_like\n1 7 true\n2 7 false\n2 8 false\n2 99 true",
    }
    expect(result(schemas, "lists.items", given), "item_id like_count interaction_count\n7 1 2\n8 0 1\n9 0 0")


def test_the_size_of_the_data_counts_every_item_once(schemas):
    given = {
        "lists.interactions": "user_id item_id\n1 7\n2 7\n2 8\n2 99",
        "lists.items": "item_id\n7\n8\n9",
    }
    expect(result(schemas, "lists.size", given), "user_count item_count interaction_count\n2 4 4")


def test_popularity_is_the_number_of_likes(schemas):
    given = {"lists.items": "item_id like_count interaction_count\n7 3 4\n8 0 0"}
    expect(result(schemas, "lists.popularity", given), "item_id score\n7 3.0\n8 0.0")


def test_validation_users_have_two_likes(schemas):
    given = {"validation.likes": "user_id track_id\n1 7\n1 8\n2 7"}
    assert [row["user_id"] for row in result(schemas, "validation.list_users", given)] == [1]


def test_at_most_so_many_validation_users_are_taken(schemas):
    rows = "".join(f"{user} {item}\n" for user in range(9) for item in (7, 8))
    given = {"validation.likes": f"user_id track_id\n{rows}"}
    some = result(schemas, "validation.list_users", given, overrides=("validation.list_users=4",))
    assert sorted(row["ordinal"] for row in some) == [0, 1, 2, 3]


TEN = (
    "".join(f"1 {item} true {item}\n" for item in range(10))
    + "2 7 true 1\n2 8 true 2\n2 9 false 3\n3 7 true 1\n"
)
SPLIT = {
    "staging.ratings": f"user_id item_id is_like seq\n{TEN}",
    "staging.tracks": "track_id\n" + "\n".join(map(str, range(10))),
    "validation.list_users": "user_id\n1\n2",
}


def test_a_fifth_of_the_likes_is_held_out_the_last_ones_where_there_is_an_order(schemas):
    rows = result(schemas, "validation.list_held_out", SPLIT)
    assert sorted((row["user_id"], row["item_id"]) for row in rows) == [(1, 8), (1, 9), (2, 8)]


@pytest.mark.slow
@pytest.mark.parametrize("overrides", [("validation.split=random",), ("data.order=none",)])
def test_held_out_likes_are_drawn_by_a_seed_where_there_is_no_order(schemas, overrides):
    def held_out(seed):
        rows = result(
            schemas, "validation.list_held_out", SPLIT, overrides=(*overrides, f"validation.seed={seed}")
        )
        return sorted((row["user_id"], row["item_id"]) for row in rows)

    splits = {tuple(held_out(seed)) for seed in range(5)}
    assert len(splits) > 1
    assert held_out(0) == held_out(0)
    assert all([user for user, _ in split] == [1, 1, 2] for split in splits)
    assert (2, 9) not in {pair for split in splits for pair in split}  # no like


@pytest.mark.parametrize("similarity", ["cosine", "bm25"])
@pytest.mark.parametrize("weighting", ["ones", "likes", "grades"])
def test_item_knn_is_what_numpy_finds(schemas, similarity, weighting):
    """Random data against the independent implementation in recsys.learners.lists.item_knn."""
    rng = np.random.default_rng(5)
    pairs = [(user, item) for user in range(12) for item in range(9) if rng.random() < 0.5]
    ratings = [int(rng.integers(0, 101)) for _ in pairs]
    lines = "".join(
        f"{user} {item} {rating} {str(rating >= 80).lower()} 0\n"
        for (user, item), rating in zip(pairs, ratings, strict=True)
    )
    given = {
        "lists.interactions": f"user_id item_id rating is_like seq\n{lines}",
        "lists.settings": f"model key value\nitem_knn similarity {similarity}\nitem_knn weighting {weighting}\n"
        "item_knn neighbours 3",
        "lists.items": "item_id\n"
        + "\n".join(map(str, range(8))),  # item 8 is no item that can be recommended
    }
    given["lists.item_knn_parts"] = as_text(result(schemas, "lists.item_knn_parts", given))
    given["lists.size"] = "user_count\n12"
    found = result(schemas, "lists.item_knn", given)
    table = _table(pairs, ratings)
    interactions = Interactions.from_table(table, candidate_ids=np.arange(8))
    parameters = item_knn.ItemKnnParameters(weighting, similarity, 3)
    expected = item_knn.fit(interactions, parameters).to_tables()["item_weights"].to_pylist()
    assert {(row["item_j"], row["item_i"]) for row in found} == {
        (row["item_j"], row["item_i"]) for row in expected
    }
    weights = {(row["item_j"], row["item_i"]): row["weight"] for row in found}
    assert weights == {
        (row["item_j"], row["item_i"]): pytest.approx(row["weight"], rel=1e-5) for row in expected
    }


def _table(pairs, ratings):
    import pyarrow as pa

    users, items = zip(*pairs, strict=True)
    return pa.table(
        {
            "user_id": users,
            "item_id": items,
            "rating": ratings,
            "is_like": [rating >= 80 for rating in ratings],
            "seq": [0] * len(pairs),
        }
    )


@pytest.mark.parametrize(
    ("weighting", "window", "decay"), [("ones", 1, 1.0), ("likes", 3, 1.1), ("grades", 10, 0.5)]
)
def test_neighbours_are_what_numpy_finds(schemas, weighting, window, decay):
    """Random histories against the independent implementation in recsys.learners.lists.neighbours."""
    rng = np.random.default_rng(7)
    pairs = [(user, item) for user in range(6) for item in range(7) if rng.random() < 0.7]
    ratings = [int(rng.integers(0, 101)) for _ in pairs]
    order = [int(place) for place in rng.permutation(len(pairs))]
    lines = "".join(
        f"{user} {item} {rating} {str(rating >= 80).lower()} {seq}\n"
        for (user, item), rating, seq in zip(pairs, ratings, order, strict=True)
    )
    given = {
        "lists.interactions": f"user_id item_id rating is_like seq\n{lines}",
        "lists.settings": f"model key value\nneighbours weighting {weighting}\nneighbours window {window}\n"
        f"neighbours decay {decay}",
        "lists.items": "item_id\n" + "\n".join(map(str, range(6))),
    }
    given["lists.neighbour_places"] = as_text(result(schemas, "lists.neighbour_places", given))
    found = {
        (row["item_j"], row["item_i"]): row["weight"] for row in result(schemas, "lists.neighbours", given)
    }
    table = _table(pairs, ratings).drop_columns("seq").append_column("seq", [order])
    parameters = neighbours.NeighbourParameters(weighting, window, decay)
    model = neighbours.fit(Interactions.from_table(table, candidate_ids=np.arange(6)), parameters)
    expected = model.to_tables()["item_weights"].to_pylist()
    assert len(expected) > 10
    assert found == {
        (row["item_j"], row["item_i"]): pytest.approx(row["weight"], rel=1e-5) for row in expected
    }


RANDOM = ("validation.split=random",)


def test_the_chosen_model_is_the_best_and_of_equal_ones_the_simplest(schemas):
    quality = "model ndcg position\na 0.2 0\nb 0.3 1\nc 0.3 2"
    expect(result(schemas, "lists.chosen", {"lists.quality": quality}, overrides=RANDOM), "model\nb")
    nothing = "model ndcg position\na - 0\nb - 1"
    expect(result(schemas, "lists.chosen", {"lists.quality": nothing}, overrides=RANDOM), "model\na")


@pytest.mark.parametrize(
    ("quality", "chosen"),
    [
        ("a 0.30 0 A\nb 0.29 1 AB\nc 0.2 2 B\nd 0.31 3 A", "b"),  # d was not tried, c is worse than the best
        ("a 0.30 0 A\nb 0.29 1 B\nc 0.2 2 C\nd 0.1 3 D", "a"),
        ("d 0.30 0 A\nb 0.29 1 B\nc 0.2 2 BC\na 0.1 3 C", "c"),  # d learned from the last likes alone
        ("d 0.44 0 A\nb 0.30 1 B\nc 0.3 2 B", "c"),
        ("d 0.45 0 A\nb 0.30 1 B\nc 0.3 2 B", "d"),  # half as good again as the best that was tried
        ("d 0.30 0 A\ne 0.29 1 B", "d"),
        ("a - 0 A\nd - 1 A", "a"),
        ("a 0.0 0 A\nd 0.0 1 A", "a"),
    ],
)
def test_random_likes_choose_among_models_that_the_last_likes_do_not_tell_apart(schemas, quality, chosen):
    given = {
        "lists.quality": f"model ndcg position group_letter\n{quality}",
        "lists.trials": "model trial ndcg is_chosen\na 1 0.4 true\nb 2 0.5 true\na 3 0.9 false\nc 4 0.8 true",
    }
    expect(result(schemas, "lists.chosen", given), f"model\n{chosen}")


def test_rare_attributes_weigh_more_and_items_without_any_have_no_row(schemas):
    given = {
        "hierarchy.track_lineage": "track_id album_id artist_id\n1 - 20\n2 10 20\n3 - 20\n4 - -",
        "hierarchy.track_genres": "track_id genre_id\n1 30",
    }
    rows = result(schemas, "lists.attributes", given)
    assert [(row["item_id"], row["attribute_id"]) for row in rows] == [
        (1, 20),
        (1, 30),
        (2, 10),
        (2, 20),
        (3, 20),
    ]
    rare, common = np.log(1 + 4 / 1), np.log(1 + 4 / 3)
    length = np.hypot(rare, common)
    expected = [common / length, rare / length, rare / length, common / length, 1.0]
    assert [row["weight"] for row in rows] == pytest.approx(expected, abs=1e-9)
