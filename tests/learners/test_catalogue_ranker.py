"""The ranker of lists from the whole catalogue on its own: what it finds, its trees as rows, poor data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from recsys.errors import UnavailableError
from recsys.learners.ranking import trees
from recsys.learners.ranking.list_ranker import CatalogueRankerSettings, fit, score
from recsys.project.contract import Context
from tests.relations import held

SETTINGS = CatalogueRankerSettings(
    users=100,
    candidates=20,
    list=5,
    folds=3,
    trees=30,
    leaves=6,
    leaf_examples=5,
    learning_rate=0.2,
    feature_share=1.0,
    patience=5,
    fewest_users=10,
    seed=1,
)
TRACKS = 20  # retrieved for a user


def proposed(users: int, seed: int = 1) -> tuple[pa.Table, pa.Table]:
    """Examples and labels: ``told`` says which three are liked, affinity nothing, ``never`` has no value.

    A fourth like of each user was not retrieved.
    """
    rng = np.random.default_rng(seed)
    user, track = np.repeat(np.arange(users), TRACKS), np.tile(np.arange(TRACKS), users)
    liked = np.concatenate([rng.permutation(TRACKS) < 3 for _ in range(users)])
    told = np.where(rng.random(len(liked)) < 0.1, np.nan, liked + rng.normal(0, 0.3, len(liked)))
    examples = {
        "user_id": user,
        "track_id": track,
        "affinity": rng.normal(size=len(liked)),
        "told": pa.array(told, from_pandas=True),
        "never": pa.nulls(len(liked), pa.float64()),
    }
    further = np.arange(users), np.full(users, 99)
    labels = {
        "user_id": np.concatenate([user[liked], further[0], user[~liked]]),
        "track_id": np.concatenate([track[liked], further[1], track[~liked]]),
        "label": np.repeat([1, 0], [liked.sum() + users, (~liked).sum()]),
    }
    return pa.table(examples), pa.table(labels)


def fitted(users: int = 60, threads: int = 2) -> dict[str, pa.Table]:
    examples, labels = proposed(users)
    inputs = held({"examples": examples, "labels": labels})
    return dict(fit(inputs, vars(SETTINGS), Context(scratch=Path(), threads=threads)))


@pytest.fixture(scope="module")
def made() -> dict[str, pa.Table]:
    return fitted()


def test_it_finds_what_tells_and_says_how_good_it_is(made: dict[str, pa.Table]) -> None:
    """Four likes a user, of which three can be found; lists of five by affinity find a quarter of these."""
    rows = {row["model"]: row for row in made["learned.list_validation"].to_pylist()}
    assert rows["affinity"]["users"] == rows["catalogue_ranker"]["users"] == 60
    assert rows["affinity"]["recall"] == pytest.approx(0.75 * 5 / TRACKS, abs=0.06)
    assert 0.65 < rows["catalogue_ranker"]["recall"] <= 0.75
    assert 0.6 < rows["catalogue_ranker"]["ndcg"] < 0.9
    examples, labels = proposed(30, seed=2)
    given = held({"trees": made["learned.retrieval_trees"], "features": examples})
    found = score(given, {}, Context(scratch=Path()))["retrieval.scores_catalogue_ranker"]
    likes = {(row["user_id"], row["track_id"]) for row in labels.to_pylist() if row["label"]}
    is_liked = np.array([(row["user_id"], row["track_id"]) in likes for row in found.to_pylist()])
    assert found.select(["user_id", "track_id"]).equals(examples.select(["user_id", "track_id"]))
    values = found["score"].to_numpy()
    assert (values[is_liked][:, None] > values[~is_liked]).mean() > 0.9


def test_the_number_of_threads_changes_nothing(made: dict[str, pa.Table]) -> None:
    assert fitted(threads=1) == made


def test_too_few_validation_users_are_said_in_one_line() -> None:
    with pytest.raises(UnavailableError, match=r"^catalogue_ranker needs 10 users .* the data has 4$"):
        fitted(users=4)


def test_no_like_among_what_is_retrieved_is_said_in_one_line() -> None:
    examples, labels = proposed(30)
    elsewhere = labels.set_column(1, "track_id", pa.array(labels["track_id"].to_numpy() + 1000))
    inputs = held({"examples": examples, "labels": elsewhere})
    with pytest.raises(UnavailableError, match=r"^catalogue_ranker: retrieval finds too few held-out likes"):
        fit(inputs, vars(SETTINGS), Context(scratch=Path()))


@pytest.mark.parametrize("leaves", [2, 12])
def test_rows_say_what_scikit_learn_says(leaves: int) -> None:
    """With missing values, in training and only afterwards, infinite ones, and values on a threshold."""
    rng = np.random.default_rng(leaves)
    features = rng.normal(size=(400, 3))
    features[rng.random(400) < 0.2, 0] = np.nan
    features[:, 2] = rng.integers(0, 4, 400)
    label = (np.nan_to_num(features[:, 0], nan=1.0) + features[:, 1] * features[:, 2] > 0).astype(int)
    models = [
        HistGradientBoostingClassifier(max_iter=20, max_leaf_nodes=leaves, random_state=seed).fit(
            features[seed::2], label[seed::2]
        )
        for seed in range(2)
    ]
    names = ["a", "b", "c"]
    kept = trees.table([(model, names) for model in models])
    asked = rng.normal(size=(500, 3))
    asked[:100] = features[:100]
    asked[rng.random((500, 3)) < 0.1] = np.nan
    asked[0], asked[1] = np.inf, -np.inf
    columns = {name: pa.array(asked[:, at], from_pandas=True) for at, name in enumerate(names)}
    found = trees.predict(kept, pa.table({"other": np.zeros(500), **columns}))
    expected = sum(model.decision_function(asked) for model in models) / 2
    assert found == pytest.approx(expected, abs=1e-9)
    shuffled = kept.take(rng.permutation(kept.num_rows))
    assert trees.predict(shuffled, pa.table(columns)) == pytest.approx(expected, abs=1e-9)


def test_trees_of_one_leaf_say_the_same_of_everything() -> None:
    model = HistGradientBoostingClassifier(max_iter=2, min_samples_leaf=50)
    features = np.arange(60.0)[:, None]
    label = (np.arange(60) % 3 == 0).astype(int)
    kept = trees.table([(model.fit(features, label), ["a"])])
    found = trees.predict(kept, pa.table({"a": [0.0, 59.0]}))
    assert found == pytest.approx(model.decision_function([[0.0], [59.0]]), abs=1e-9)
