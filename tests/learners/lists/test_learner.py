"""Entry points of the list models: what is judged on, what is left out of lists, and their reasons."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from recsys.errors import UnavailableError
from recsys.learners.lists import ials, learner
from recsys.learners.lists.interactions import Interactions
from recsys.learners.lists.reasons import strongest
from recsys.project import Project
from recsys.project.contract import Context
from tests.relations import held, read

JUDGED = {"length": 10, "by_item": False, "diversity": 0.0}
MODELS = {
    "both": {"kind": "blend"},
    "popularity": {"kind": "item_scores"},
    "pairs": {"kind": "item_weights", "weighting": "ones"},
}


def interactions(rows, value=80):
    users, items, likes = zip(*rows, strict=True)
    return pa.table(
        {
            "user_id": pa.array(users, pa.int32()),
            "item_id": pa.array(items, pa.int32()),
            "value": np.full(len(rows), float(value)),
            "rating": np.full(len(rows), 80),
            "is_like": likes,
            "seq": np.arange(len(rows)),
            "time": np.zeros(len(rows), np.int64),
        }
    )


def items(history, ids):
    liked = [row["item_id"] for row in history.to_pylist() if row["is_like"]]
    seen = history["item_id"].to_pylist()
    return pa.table(
        {
            "item_id": pa.array(ids, pa.int32()),
            "like_count": [liked.count(item) for item in ids],
            "interaction_count": [seen.count(item) for item in ids],
        }
    )


def scores(history, ids):
    counted = items(history, ids)
    return pa.table({"item_id": counted["item_id"], "score": counted["like_count"].cast(pa.float64())})


def pairs(*rows):
    return pa.Table.from_pylist(
        [{"item_j": j, "item_i": i, "weight": weight} for j, i, weight in rows],
        pa.schema({"item_j": pa.int32(), "item_i": pa.int32(), "weight": pa.float64()}),
    )


@pytest.fixture
def context(tmp_path):
    return Context(scratch=tmp_path)


WEIGHTS = pairs((1, 4, 2.0), (2, 4, 3.0))
HISTORY = interactions([(1, 1, True), (1, 2, True), (2, 1, True), (2, 3, True), (3, 1, True), (3, 4, False)])
IDS = [1, 2, 3, 4, 5]


def made(context, chosen="popularity", held_out=(), length=3, history=HISTORY, weights=WEIGHTS):
    inputs = {
        "interactions": history,
        "items": items(history, IDS),
        "users": pa.table({"user_id": history["user_id"].unique()}),
        "held_out": pa.table(
            {
                "user_id": pa.array([user for user, _ in held_out], pa.int32()),
                "item_id": pa.array([item for _, item in held_out], pa.int32()),
            }
        ),
        "chosen": learner.SETTINGS.empty_table(),
        "model": pa.table({"model": [chosen]}),
        "popularity": scores(history, IDS),
        "pairs": weights,
        "both": pa.table({"model": ["pairs", "popularity"], "weight": [0.9, 0.1]}),
    }
    found = read(
        learner.recommend(held(inputs), {"models": MODELS, "length": length, "solver": "local"}, context)
    )
    return found["marts.recommendations"].to_pylist()


def lists(rows):
    found = {}
    for row in rows:
        found.setdefault(row["user_id"], []).append(row["item_id"])
    return found


def test_lists_leave_out_what_the_user_has_and_end_with_items_without_interactions(context):
    assert lists(made(context)) == {1: [3, 4, 5], 2: [2, 4, 5], 3: [2, 3, 5]}


def test_ranks_count_from_one_and_popularity_has_no_reasons(context):
    rows = made(context)
    assert [row["rank"] for row in rows] == [1, 2, 3] * 3
    assert all(row["reason_item_id"] is None and row["reason_value"] is None for row in rows)
    assert {row["model"] for row in rows} == {"popularity"}


def test_likes_that_an_import_held_out_are_left_out_of_that_users_list_alone(context):
    assert lists(made(context, held_out=[(2, 4), (1, 3)], length=2)) == {
        1: [4, 5],
        2: [2, 5],
        3: [2, 3],
    }


def test_a_reason_is_the_interaction_that_adds_most_with_the_owners_value(context):
    rows = made(
        context,
        "pairs",
        history=interactions(
            [(1, 1, True), (1, 2, True), (2, 1, True), (2, 3, True), (3, 1, True), (3, 4, False)], value=4.5
        ),
    )
    best = {row["user_id"]: row for row in rows if row["rank"] == 1}
    assert (best[1]["item_id"], best[1]["reason_item_id"], best[1]["reason_value"]) == (4, 2, 4.5)
    assert (best[2]["item_id"], best[2]["reason_item_id"]) == (4, 1)
    assert best[1]["score"] == pytest.approx(5.0)
    assert best[3]["item_id"] != 4


def test_a_reason_of_a_blend_is_that_of_the_part_that_adds_most(context):
    best = {row["user_id"]: row for row in made(context, "both") if row["rank"] == 1}
    assert (best[1]["item_id"], best[1]["reason_item_id"]) == (4, 2)  # item 4 by the pairs
    assert (best[3]["item_id"], best[3]["reason_item_id"]) == (2, None)  # by popularity alone


def test_a_reason_of_factors_is_the_interaction_with_the_largest_part():
    """Two groups of users and items: the reason for an item is an item of its group."""
    history = Interactions.from_table(
        interactions(
            [
                (user, item, True)
                for user in range(8)
                for item in range(4)
                if item % 2 == user % 2 and (user, item) != (0, 2)
            ]
            + [(0, 1, True)]
        )
    )
    model = ials.fit(history, ials.IalsParameters(factors=2, epochs=8, regularization=0.01))
    mine = history.users(slice(0, 1))
    reason = strongest(model, mine, np.array([0]), np.array([2]))
    assert mine.item_ids[mine.items[reason[0]]] == 0
    parts = model.parts(mine, np.array([2, 3]))
    assert parts.sum(axis=0) == pytest.approx(model.scores(mine)[0, [2, 3]], abs=1e-6)


def test_lists_are_the_same_for_any_threads_and_row_order(context, tmp_path):
    shuffled = HISTORY.take(np.random.default_rng(1).permutation(len(HISTORY)))
    once = made(context, "pairs")
    assert made(Context(scratch=tmp_path, threads=1), "pairs", history=shuffled) == once


def test_a_user_who_has_everything_gets_no_list(context):
    history = interactions([(1, item, True) for item in IDS] + [(2, 1, True)])
    assert lists(made(context, history=history)) == {2: [2, 3, 4]}


def judged(context, held_out, history=HISTORY, **further):
    inputs = {
        "interactions": history,
        "items": items(history, IDS),
        "held_out": pa.table(
            {
                "user_id": pa.array([user for user, _ in held_out], pa.int32()),
                "item_id": pa.array([item for _, item in held_out], pa.int32()),
            }
        ),
        "chosen": learner.SETTINGS.empty_table(),
        "popularity": scores(history, IDS),
        "pairs": WEIGHTS,
        "both": pa.table({"model": ["pairs", "popularity"], "weight": [0.9, 0.1]}),
        **further,
    }
    return learner.judge(held(inputs), {"models": MODELS, **JUDGED}, context)


def test_a_model_is_judged_by_the_places_of_held_out_likes(context):
    made = judged(context, [(1, 4), (2, 5)])
    users = {(row["model"], row["user_id"]): row["ndcg"] for row in made["lists.validation"].to_pylist()}
    assert users["pairs", 1] == pytest.approx(1.0)
    assert users["popularity", 1] == pytest.approx(1 / np.log2(3))  # item 3 is first, 4 second
    assert users["popularity", 2] == pytest.approx(
        1 / np.log2(4)
    )  # item 5 has no interactions: last of three
    quality = {row["model"]: row for row in made["lists.quality"].to_pylist()}
    assert quality["pairs"]["ndcg"] == pytest.approx((1 + users["pairs", 2]) / 2)
    assert [row["position"] for row in made["lists.quality"].to_pylist()] == [0, 1, 2]


def test_a_blend_of_nothing_is_not_judged(context):
    nothing = pa.table({"model": pa.array([], pa.string()), "weight": pa.array([], pa.float64())})
    found = judged(context, [(1, 4)], both=nothing)["lists.quality"]["model"].to_pylist()
    assert set(found) == {"popularity", "pairs"}


def test_without_held_out_likes_no_model_has_figures(context):
    made = judged(context, [])
    assert made["lists.validation"].num_rows == 0
    rows = made["lists.quality"].to_pylist()
    assert [(row["ndcg"], row["users"]) for row in rows] == [(None, 0)] * 3


def test_no_judged_model_is_made_from_held_out_likes():
    """All that a judged model reads of the split is the history that is left."""
    graph = Project.load().graph()
    judged = [name for name in graph if name.startswith("list_validation.")]
    assert {"list_validation.lists_ease", "list_validation.lists_popularity"} <= set(judged)
    for name in judged:
        seen, waiting = set(), [name]
        while waiting:
            one = waiting.pop()
            if one in seen or one == "validation.list_interactions":
                continue
            seen.add(one)
            writer = next(item for item in graph.values() if one in item.model.relations)
            waiting += writer.refs
        assert not seen & {"validation.list_held_out", "lists.interactions", "staging.ratings"}, name


def test_the_ranker_judges_each_user_by_trees_that_did_not_see_its_likes(context):
    """Held-out likes of items without interactions are noise: only a leak would put them first."""
    pytest.importorskip("lightgbm")
    rng = np.random.default_rng(3)
    rows = [(user, int(item), True) for user in range(80) for item in rng.choice(20, 6, replace=False)]
    history = interactions(rows)
    ids = list(range(40))
    held_out = [(user, 20 + user % 20) for user in range(80)]  # items that are in no history
    inputs = {
        "interactions": history,
        "items": items(history, ids),
        "held_out": pa.table(
            {
                "user_id": pa.array([user for user, _ in held_out], pa.int32()),
                "item_id": pa.array([item for _, item in held_out], pa.int32()),
            }
        ),
        "chosen": learner.SETTINGS.empty_table(),
        "popularity": scores(history, ids),
        "pairs": pairs((1, 4, 2.0), (2, 4, 3.0), (3, 5, 1.0)),
    }
    models = {name: MODELS[name] for name in ("popularity", "pairs")}
    made = learner.fit_ranker(held(inputs), {"models": models, **JUDGED}, context)
    assert made["lists.ranker"].column_names == ["fold", "model"]
    lists = made["lists.ranker_validation"]
    assert set(lists["user_id"].to_pylist()) == set(range(80))
    both = {**models, "ranker": {"kind": "ranker"}}
    judged = learner.judge(held({**inputs, "ranker": lists}), {"models": both, **JUDGED}, context)
    quality = {row["model"]: row["ndcg"] for row in judged["lists.quality"].to_pylist()}
    assert quality["ranker"] < 0.3
    diverse = learner.fit_ranker(held(inputs), {"models": models, **JUDGED, "diversity": 0.9}, context)
    apart = diverse["lists.ranker_validation"]
    assert diverse["lists.ranker"] == made["lists.ranker"]
    assert apart.num_rows == lists.num_rows and apart != lists
    given = {**inputs, "ranker": made["lists.ranker"], "model": pa.table({"model": ["ranker"]})}
    given["held_out"] = given["held_out"].slice(0, 0)
    given["users"] = pa.table({"user_id": history["user_id"].unique()})
    found = read(learner.recommend(held(given), {"models": both, "length": 3, "solver": "local"}, context))
    assert len(found["marts.recommendations"]) == 240


def test_too_few_users_for_a_ranker_are_said(context):
    pytest.importorskip("lightgbm")
    inputs = {
        "interactions": HISTORY,
        "items": items(HISTORY, IDS),
        "held_out": pa.table({"user_id": pa.array([1], pa.int32()), "item_id": pa.array([4], pa.int32())}),
        "chosen": learner.SETTINGS.empty_table(),
    }
    with pytest.raises(UnavailableError, match="needs 50 users with two likes: the data have 1"):
        learner.fit_ranker(held(inputs), {"models": {}, **JUDGED}, context)


def test_limits_say_what_ease_does_not_cover_and_what_a_cluster_does_not_fit(context):
    size = held({"size": pa.table({"user_count": [1000], "item_count": [50], "interaction_count": [9000]})})
    settings = {"model": "ease", "items": 20, "driver": ["ease", "ials"]}

    def reasons(**how):
        made = read(learner.limits(size, settings, replace(context, **how)))["lists.limits"]
        return {row["model"]: row["reason"] for row in made.to_pylist()}

    assert reasons()["lists.ease"].startswith("covers the 20 most rated of 50 items")
    on_cluster = reasons(has_frames=True)
    assert set(on_cluster) == {"lists.ease", "lists.ials"}
    assert "not on the cluster" in on_cluster["lists.ials"]
    settings["items"] = 50
    assert reasons() == {}
