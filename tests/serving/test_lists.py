"""Lists from the whole catalogue: the same scores as in the build, whatever the blocks, for visitors too."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from recsys.backends.duckdb.connection import reading
from recsys.errors import UnknownIdError, UsageError
from recsys.learners.ranking.trees import predict
from recsys.serving.lists import SCHEMA, Recommender, RecommendRequest
from recsys.serving.query_templates import Evaluation
from tests.given import build_sql, write_directory

TRACKS, ALBUMS, USERS = range(1, 61), range(100, 115), range(1, 31)
WINDOW, KEPT = 10, 50
BUILT_AND_ASKED = ("adaptive", "max_genre", "max_genre_bayes", "weighted_average", "weighted_average_bayes")


def files(seed: int = 5) -> dict[str, str]:
    """Users who each like two or three albums, and hear their tracks one after the other."""
    rng = random.Random(seed)
    train, test = [], []
    for user in USERS:
        albums = rng.sample(ALBUMS, 3)
        items = [track for album in albums for track in TRACKS if 100 + (track - 1) // 4 == album][:10]
        rows = [(item, rng.choice([30, 70, 90, 100])) for item in [*albums, *items, 300 + user % 2]]
        train.append(f"{user}|{len(rows)}\n" + "".join(f"{item}\t{rating}\n" for item, rating in rows))
        left = rng.sample([track for track in TRACKS if track not in items], 4)
        test.append(f"{user}|4\n" + "".join(f"{track}\n" for track in left))
    return {
        "trackData2.txt": "".join(f"{t}|{100 + (t - 1) // 4}|{200 + t % 5}|{300 + t % 3}\n" for t in TRACKS),
        "albumData2.txt": "".join(f"{album}|{200 + album % 5}\n" for album in ALBUMS),
        "artistData2.txt": "".join(f"{200 + artist}\n" for artist in range(5)),
        "genreData2.txt": "300\n301\n302\n",
        "trainItem2.txt": "".join(train),
        "testItem2.txt": "".join(test),
    }


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recommending")
    build_sql(write_directory(folder / "data", files()), folder / "w.duckdb")
    return folder / "w.duckdb"


@pytest.fixture(scope="module")
def connection(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with reading(warehouse) as connection:
        yield connection


@pytest.fixture(scope="module")
def recommender(connection: duckdb.DuckDBPyConnection) -> Recommender:
    return Recommender(connection)


def lists(recommender: Recommender, request: RecommendRequest, **options: object) -> pa.Table:
    return pa.concat_tables(recommender.blocks(request, **options))  # type: ignore[arg-type]


def test_every_model_scores_candidates_as_the_build_does(
    recommender: Recommender, connection: duckdb.DuckDBPyConnection
) -> None:
    """Each model that can score any pair, whoever adds it: it may need nothing but what is given."""
    both = [name for name in recommender.models if name != "affinity"]
    assert set(both) >= set(BUILT_AND_ASKED)
    for name in both:
        asked = Evaluation(recommender.requests, recommender.scratch)
        users = "select user_id from staging.candidates where user_id % 3 = 0"
        asked.set_input(f"{SCHEMA}.users", f"select distinct user_id from ({users})")
        asked.set_input(f"{SCHEMA}.ratings", f"from staging.ratings where user_id in ({users})")
        asked.set_input(f"{SCHEMA}.pairs", f"from staging.candidates where user_id in ({users})")
        found = asked.make(f"{SCHEMA}.scores_{name}").sort_by(
            [("user_id", "ascending"), ("track_id", "ascending")]
        )
        built = connection.sql(
            f"from scores.{name} where user_id % 3 = 0 order by user_id, track_id"
        ).fetchall()
        pairs = zip(*(found[column].to_pylist() for column in ("user_id", "track_id")), strict=True)
        assert list(pairs) == [row[:2] for row in built]
        assert found["score"].to_pylist() == pytest.approx([row[2] for row in built], abs=1e-9)


def test_affinities_are_what_the_formula_says(
    recommender: Recommender, connection: duckdb.DuckDBPyConnection
) -> None:
    """Against the definition written out in Python."""
    histories = defaultdict(list)
    for user, item, rating in connection.sql(
        "select user_id, item_id, rating from staging.ratings order by seq"
    ).fetchall():
        histories[user].append((item, rating))
    raters: dict[int, int] = defaultdict(int)
    weight: dict[tuple[int, int], float] = defaultdict(float)
    support: dict[tuple[int, int], int] = defaultdict(int)
    for history in histories.values():
        for at, (i, liked) in enumerate(history):
            raters[i] += 1
            for other, (j, rating) in enumerate(history):
                if i in TRACKS and liked >= 80 and rating >= 50 and 0 < abs(at - other) <= WINDOW:
                    weight[i, j] += abs(at - other) ** -1.1 * (1 + abs(liked - rating)) ** -0.2
                    support[i, j] += 1
    normal = {(i, j): w / (raters[i] + raters[j] - support[i, j]) for (i, j), w in weight.items()}
    assert max(sum(j == other for _, j in normal) for other in raters) <= KEPT
    expected = {
        (user, i): sum(
            (1 + rating) ** 0.65 * normal.get((i, j), 0.0) for j, rating in history if rating >= 50
        )
        for user, history in histories.items()
        for i in TRACKS
        if i not in dict(history)
    }
    found = lists(recommender, RecommendRequest(k=len(TRACKS))).to_pylist()
    assert {(row["user_id"], row["track_id"]) for row in found} >= {
        pair for pair, value in expected.items() if value
    }
    for row in found:
        assert row["score"] == pytest.approx(expected[row["user_id"], row["track_id"]], abs=2e-7)


@pytest.mark.parametrize("model", ["affinity", "adaptive"])
def test_lists_are_ranked_unrated_and_the_same_whatever_the_blocks(
    recommender: Recommender, connection: duckdb.DuckDBPyConnection, model: str
) -> None:
    request = RecommendRequest(k=5, model=model)
    whole = lists(recommender, request)
    assert whole.equals(lists(recommender, request, size=7))
    rows = whole.to_pylist()
    assert [(row["user_id"], row["rank"]) for row in rows] == [
        (user, rank) for user in USERS for rank in range(1, 6)
    ]
    for user in USERS:
        scores = [row["score"] for row in rows if row["user_id"] == user]
        assert scores == sorted(scores, reverse=True)
    rated = set(connection.sql("select user_id, item_id from staging.ratings").fetchall())
    assert not rated & {(row["user_id"], row["track_id"]) for row in rows}
    with_rated = lists(recommender, RecommendRequest(k=60, model=model, includes_rated=True)).to_pylist()
    assert rated & {(row["user_id"], row["track_id"]) for row in with_rated}


@pytest.mark.parametrize("model", ["affinity", "weighted_average_bayes"])
def test_a_visitor_with_the_ratings_of_a_user_gets_the_list_of_the_user(
    recommender: Recommender, connection: duckdb.DuckDBPyConnection, model: str
) -> None:
    query = "select item_id, rating from staging.ratings where user_id = 7 order by seq"
    ratings = dict(connection.sql(query).fetchall())
    request = RecommendRequest(k=8, model=model)
    visitor, user = recommender.for_ratings(request, ratings), lists(recommender, request, users=[7])
    columns = ["rank", "track_id", "score", "reason"]
    assert visitor.select(columns).equals(user.select(columns))


def test_a_reason_names_a_rating_that_the_user_gave(
    recommender: Recommender, connection: duckdb.DuckDBPyConnection
) -> None:
    rated = set(connection.sql("select user_id, item_id, rating from staging.ratings").fetchall())
    rows = lists(recommender, RecommendRequest(k=3)).to_pylist()
    for row in rows:
        assert row["reason"].startswith("rated ")
        *_, item, rating = row["reason"].split()
        assert (row["user_id"], int(item), int(rating)) in rated


def test_whoever_has_rated_nothing_gets_what_is_popular(recommender: Recommender) -> None:
    rows = recommender.for_ratings(RecommendRequest(k=4), {}).to_pylist()
    assert [row["rank"] for row in rows] == [1, 2, 3, 4]
    assert all(row["reason"].startswith("popular: ") for row in rows)


def test_unknown_users_and_models_are_refused_by_name(recommender: Recommender) -> None:
    with pytest.raises(UnknownIdError, match="user 999"):
        lists(recommender, RecommendRequest(), users=[7, 999])
    with pytest.raises(UsageError, match=r"random_forest: no such model; choose from adaptive, affinity"):
        lists(recommender, RecommendRequest(model="random_forest"))


def test_ease_makes_the_lists_where_it_is_learned(tmp_path: Path) -> None:
    """Against weights times what they were learned from, and without the rated tracks."""
    chosen = ("+features.retrieval_weights", "+features.popular_tracks", "+features.level_tracks")
    data = write_directory(tmp_path / "data", files())
    named = ("+staging.users", "+staging.items", "+staging.candidates")
    build_sql(data, tmp_path / "w.duckdb", sql_only=False, selected=(*chosen, *named))
    with reading(tmp_path / "w.duckdb") as connection:
        weights = {(i, j): w for i, j, w in connection.sql("from learned.item_weights").fetchall()}
        history = connection.sql("select item_id, rating from staging.ratings where user_id = 7").fetchall()
        rows = lists(Recommender(connection), RecommendRequest(k=10), users=[7]).to_pylist()
    strengths = {item: 1.0 if rating >= 80 else 0.3 for item, rating in history}
    expected = {
        track: sum(strength * weights.get((track, item), 0.0) for item, strength in strengths.items())
        for track in TRACKS
        if track not in strengths
    }
    best = sorted(expected.values(), reverse=True)[:10]
    assert [row["score"] for row in rows] == pytest.approx(best, abs=2e-7)
    for row in rows:
        assert row["score"] == pytest.approx(expected[row["track_id"]], abs=2e-7)


def test_an_explanation_names_the_ratings_near_the_track(connection: duckdb.DuckDBPyConnection) -> None:
    """At most three, each of which the user gave, with the number of histories that have both close together."""
    query = """
        select weights.support, ratings.item_id, ratings.rating
        from features.item_weights as weights
        inner join staging.ratings as ratings on weights.item_j = ratings.item_id and ratings.user_id = $1
        where weights.item_i = $2
        order by pow(1 + ratings.rating, 0.65) * weights.weight desc, ratings.item_id
        limit 3
    """
    explained = "select evidence, item_id, value from explain($1, $2) where source = 'neighbour'"
    pairs = connection.sql("select user_id, track_id from staging.candidates").fetchall()
    found = 0
    for pair in pairs[:12]:
        expected = connection.sql(query, params=list(pair)).fetchall()
        rows = connection.sql(explained, params=list(pair)).fetchall()
        near = {
            (f"own rating of item {item}, near the track in {n} histories", item, float(r))
            for n, item, r in expected
        }
        assert set(rows) == near
        found += len(rows)
    assert found


def test_trees_rank_what_goes_best_with_what_the_user_rated(tmp_path: Path) -> None:
    """Few tracks a user, scored by the trees that the warehouse has; other models still score all."""
    few, k = 12, 5
    overrides = ("validation.likes=3", "validation.held_out=1", f"catalogue_ranker.candidates={few}")
    overrides += ("catalogue_ranker.fewest_users=3", "catalogue_ranker.leaf_examples=3")
    needed = [f"+features.{name}" for name in ("retrieval_weights", "popular_tracks", "level_tracks")]
    needed += ["+staging.users", "+staging.items", "+hierarchy.*", "+priors.*"]
    build_sql(
        write_directory(tmp_path / "data", files()),
        tmp_path / "w.duckdb",
        sql_only=False,
        selected=("+learned.retrieval_trees", *needed),
        overrides=(*overrides, "taxonomy_factors.factors=4"),
    )
    with reading(tmp_path / "w.duckdb") as connection:
        recommender = Recommender(connection)
        judged = connection.sql("from learned.list_validation order by ndcg desc, model").fetchall()
        assert {model for model, *_ in judged} == {"affinity", "catalogue_ranker"}
        assert recommender.model(RecommendRequest()) == judged[0][0]
        request = RecommendRequest(k, "catalogue_ranker")
        whole = lists(recommender, request)
        assert whole.equals(lists(recommender, request, size=7))
        assert whole.num_rows == k * len(USERS)
        affinities = lists(recommender, RecommendRequest(len(TRACKS), "affinity"))
        both = recommender.by_models(RecommendRequest(k), ["affinity", "catalogue_ranker", "affinity"], 7)
        assert both["catalogue_ranker"].equals(lists(recommender, request, users=[7]))
        assert both["affinity"].equals(lists(recommender, RecommendRequest(k, "affinity"), users=[7]))
        forest = connection.sql("from learned.retrieval_trees").to_arrow_table()
        features = recommender.scratch.table(f"{SCHEMA}.features")
    best = {
        user: {
            row["track_id"] for row in affinities.to_pylist() if row["user_id"] == user and row["rank"] <= few
        }
        for user in USERS
    }
    assert all(row["track_id"] in best[row["user_id"]] for row in whole.to_pylist())
    scored = dict(zip(features["track_id"].to_pylist(), predict(forest, features), strict=True))
    assert set(scored) == best[7]
    expected = sorted(scored.values(), reverse=True)[:k]
    assert both["catalogue_ranker"]["score"].to_pylist() == pytest.approx(expected, abs=1e-9)
