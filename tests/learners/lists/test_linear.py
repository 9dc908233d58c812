"""EASE and item neighbours against NumPy; weights kept as a relation; parts that add up to scores."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from recsys.learners.lists import ease, item_knn, neighbours, pruning
from recsys.learners.lists.ease import EaseParameters
from recsys.learners.lists.interactions import Interactions
from recsys.learners.lists.item_knn import ItemKnnParameters
from recsys.learners.lists.linear import LinearModel
from recsys.learners.lists.neighbours import NeighbourParameters
from recsys.learners.lists.pruning import STRONGEST, Budget, prune
from recsys.learners.lists.weighting import weights
from tests.learners.lists.worlds import random_interactions, two_tastes

ALL = Budget()


def by_numpy(interactions: Interactions, parameters: EaseParameters) -> np.ndarray:
    """EASE's weights by one inverse after the other definition: a regression of each item on the others."""
    x = weights(interactions, parameters.weighting).toarray()
    growth = parameters.dropout / (1 - parameters.dropout)
    penalties = parameters.regularization + growth * (x**2).sum(axis=0)
    found = np.zeros((x.shape[1], x.shape[1]))
    for i in range(x.shape[1]):
        others = np.arange(x.shape[1]) != i
        left = x[:, others].T @ x[:, others] + np.diag(penalties[others])
        found[others, i] = np.linalg.solve(left, x[:, others].T @ x[:, i])
    return found


@pytest.mark.parametrize("shape", [(80, 30), (25, 60)])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_ease_is_a_regression_of_each_item_on_the_others(shape: tuple[int, int], dropout: float) -> None:
    interactions = random_interactions(*shape)
    parameters = EaseParameters("grades", 5.0, dropout)
    found = ease.fit(interactions, parameters, ALL).weights.toarray()
    np.testing.assert_allclose(found, by_numpy(interactions, parameters), atol=1e-6)


@pytest.mark.parametrize("shape", [(80, 30), (25, 60)])
def test_primal_and_dual_form_are_equal(shape: tuple[int, int]) -> None:
    interactions = random_interactions(*shape)
    inputs, parameters = weights(interactions, "likes"), EaseParameters("likes", 3.0, 0.2)
    forms = [ease.solve(inputs, parameters, is_dual=is_dual) for is_dual in (False, True)]
    primal, dual = (form.weights_of(slice(0, shape[1])).T for form in forms)
    np.testing.assert_allclose(primal, dual, atol=1e-6)
    rows = np.arange(0, shape[0], 2)
    expected = (inputs @ primal)[rows]
    for form in forms:
        np.testing.assert_allclose(form.fitted(rows), expected, atol=1e-5)


def test_single_precision_of_many_items_is_close_to_double(monkeypatch: pytest.MonkeyPatch) -> None:
    interactions = random_interactions(300, 120)
    parameters = EaseParameters("ones", 20.0, 0.1)
    exact = ease.fit(interactions, parameters, ALL).weights.toarray()
    monkeypatch.setattr(ease, "_FULL_PRECISION", 0)
    np.testing.assert_allclose(ease.fit(interactions, parameters, ALL).weights.toarray(), exact, atol=1e-6)


def test_ease_is_the_same_for_any_number_of_threads() -> None:
    for shape in ((40, 700), (700, 600)):
        interactions = random_interactions(*shape, share=0.02)
        one, three = (ease.fit(interactions, EaseParameters(), ALL, threads) for threads in (1, 3))
        np.testing.assert_array_equal(one.weights.toarray(), three.weights.toarray())


def test_ease_finds_the_two_tastes() -> None:
    interactions = two_tastes()
    found = ease.fit(interactions, EaseParameters("ones", 5.0), ALL).weights.toarray()
    same = np.add.outer(np.arange(40), np.arange(40)) % 2 == 0
    assert found[same & ~np.eye(40, dtype=bool)].mean() > 0.02
    assert abs(found[~same]).max() < 1e-6


def by_definition(interactions: Interactions, parameters: ItemKnnParameters) -> np.ndarray:
    """Similarities (j, i) in plain NumPy."""
    x = weights(interactions, parameters.weighting).toarray()
    if parameters.similarity == "cosine":
        z = x / np.sqrt((x**2).sum(axis=0))
    else:
        n = x.sum(axis=1, keepdims=True)
        length = item_knn.K1 * (1 - item_knn.B + item_knn.B * n / n.mean())
        rarity = np.log(len(x) / (1 + (x > 0).sum(axis=0)))
        z = x * (item_knn.K1 + 1) / (x + length) * np.maximum(rarity, 0)
    found = z.T @ z
    np.fill_diagonal(found, 0)
    for i in range(len(found)):
        order = np.lexsort((np.arange(len(found)), -np.round(found[:, i], 9)))
        found[order[parameters.neighbours :], i] = 0
    return found


@pytest.mark.parametrize("similarity", ["cosine", "bm25"])
@pytest.mark.parametrize("neighbours", [5, 100])
def test_item_neighbours_are_those_of_their_formula(similarity: str, neighbours: int) -> None:
    interactions = random_interactions(50, 30)
    parameters = ItemKnnParameters("likes", similarity, neighbours)
    found = item_knn.fit(interactions, parameters).weights.toarray()
    np.testing.assert_allclose(found, by_definition(interactions, parameters), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("similarity", ["cosine", "bm25"])
@pytest.mark.parametrize("count", [1, 7, 100])
def test_item_neighbours_are_the_same_compiled_or_not_on_any_threads(
    similarity: str, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    interactions = random_interactions(60, 50)
    parameters = ItemKnnParameters("ones", similarity, count)
    one, other = (item_knn.fit(interactions, parameters, threads).weights for threads in (1, 3))
    monkeypatch.setattr(item_knn, "IS_COMPILED", False)
    plain = item_knn.fit(interactions, parameters).weights
    for found in (one, other):
        np.testing.assert_array_equal(found.indptr, plain.indptr)
        np.testing.assert_array_equal(found.indices, plain.indices)
        np.testing.assert_allclose(found.data, plain.data, rtol=1e-6)


def test_another_similarity_is_refused() -> None:
    with pytest.raises(ValueError, match="expected cosine or bm25"):
        item_knn.fit(random_interactions(5, 5), ItemKnnParameters(similarity="jaccard"))


@pytest.fixture
def model() -> tuple[Interactions, LinearModel]:
    interactions = random_interactions(40, 25)
    return interactions, ease.fit(interactions, EaseParameters("grades", 4.0), ALL)


def test_scores_are_the_sum_of_what_each_entry_adds(model: tuple[Interactions, LinearModel]) -> None:
    interactions, fitted = model
    scores = fitted.scores(interactions)
    expected = weights(interactions, "grades").toarray() @ fitted.weights.toarray().astype(float)
    np.testing.assert_allclose(scores, expected, atol=1e-9)
    for user, item in ((0, 3), (7, 20), (39, 0)):
        parts = fitted.contributions(interactions.users(slice(user, user + 1)), item)
        assert parts.sum() == pytest.approx(scores[user, item], abs=1e-9)


def test_full_and_sparse_weights_score_alike(model: tuple[Interactions, LinearModel]) -> None:
    interactions, fitted = model
    half = fitted.weights.toarray() * (np.arange(25) % 3 == 0)
    sparse = LinearModel(fitted.item_ids, csr_array(half), "grades")
    assert sparse._dense is None
    assert fitted._dense is not None
    expected = weights(interactions, "grades").toarray() @ half.astype(float)
    np.testing.assert_allclose(sparse.scores(interactions), expected, atol=1e-9)


def test_a_model_read_back_from_its_relations_scores_the_same(
    model: tuple[Interactions, LinearModel],
) -> None:
    interactions, fitted = model
    tables = dict(fitted.to_tables())
    rows = tables["item_weights"]
    tables["item_weights"] = rows.take(np.random.default_rng(0).permutation(rows.num_rows))
    again = LinearModel.from_tables(tables)
    np.testing.assert_array_equal(again.scores(interactions), fitted.scores(interactions))


def test_scores_of_a_user_do_not_depend_on_the_others(model: tuple[Interactions, LinearModel]) -> None:
    interactions, fitted = model
    np.testing.assert_array_equal(
        fitted.scores(interactions.users(slice(9, 10)))[0], fitted.scores(interactions)[9]
    )


def test_a_small_budget_keeps_what_moves_the_most_scores_and_the_strongest_of_each_item() -> None:
    rng = np.random.default_rng(5)
    size = 200
    full = rng.normal(size=(size, size)).astype(np.float32)
    np.fill_diagonal(full, 0)
    counts = rng.integers(1, 1000, size)
    kept = prune(
        lambda items: full[:, items].T.copy(), counts, np.ones(size, bool), Budget(weights=6000)
    ).toarray()
    sizes = np.abs(full) * np.sqrt(np.outer(counts, counts))
    limit = np.sort(sizes.ravel())[-6000]
    floors = np.sort(np.abs(full), axis=0)[-STRONGEST]
    clear = (sizes > 1.02 * limit) | (np.abs(full) >= floors)  # the limit is known to 1/64 of a factor of two
    assert (kept[clear] == full[clear]).all()
    assert not kept[(sizes < limit) & (np.abs(full) < floors)].any()


def test_weights_are_kept_alike_compiled_or_not_and_some_blocks_tell_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pruning, "TILE", 10)  # 60 blocks: every third one tells the limit
    rng = np.random.default_rng(7)
    size, budget = 600, 40_000
    full = rng.normal(size=(size, size)).astype(np.float32)
    counts = rng.integers(1, 1000, size)
    given = (lambda items: full[:, items].T.copy()), counts, np.ones(size, bool), Budget(weights=budget)
    kept = prune(*given)
    assert 0.9 * budget < kept.nnz < 1.1 * budget + STRONGEST * size
    monkeypatch.setattr(pruning, "IS_COMPILED", False)
    np.testing.assert_array_equal(prune(*given).toarray(), kept.toarray())


def test_a_budget_of_sums_is_kept() -> None:
    rng = np.random.default_rng(6)
    size = 150
    full = rng.normal(size=(size, size)).astype(np.float32)
    counts = rng.integers(1, 1000, size)
    budget = Budget(weights=10**9, sums=30 * int(counts.sum()))
    kept = prune(lambda items: full[:, items].T.copy(), counts, np.ones(size, bool), budget)
    strongest = STRONGEST * size * counts.max()
    assert 0.9 * budget.sums < (np.diff(kept.indptr) * counts).sum() < budget.sums + strongest


def test_items_that_may_not_be_recommended_are_read_and_never_scored() -> None:
    weights_of = np.ones((4, 4), np.float32)
    kept = prune(
        lambda items: weights_of[:, items].T.copy(), np.ones(4, int), np.array([1, 0, 1, 1], bool), ALL
    )
    assert kept.toarray().sum(axis=0).tolist() == [4, 0, 4, 4]


@pytest.mark.parametrize(("window", "decay"), [(3, 1.1), (50, 0.0)])
def test_neighbours_in_time_are_those_of_their_formula(window: int, decay: float) -> None:
    interactions = random_interactions(30, 20, share=0.4)
    found = neighbours.fit(interactions, NeighbourParameters("likes", window, decay)).weights.toarray()
    x = weights(interactions, "likes").toarray()
    expected = np.zeros((20, 20))
    for user in range(30):
        block = interactions.users(slice(user, user + 1))
        ordered = block.items[np.argsort(block.seq)]
        for a, i in enumerate(ordered):
            for b, j in enumerate(ordered):
                if 0 < abs(a - b) <= window:
                    expected[i, j] += x[user, i] * x[user, j] * float(abs(a - b)) ** -decay
    n = interactions.rater_counts
    np.testing.assert_allclose(found, expected / np.sqrt(np.outer(n, n)), rtol=1e-6)


@pytest.mark.parametrize("window", [1, 5, 200])
def test_neighbours_in_time_are_the_same_compiled_or_not_on_any_threads(
    window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    interactions = random_interactions(30, 40)
    parameters = NeighbourParameters("grades", window, 0.6)
    one, other = (neighbours.fit(interactions, parameters, threads).weights for threads in (1, 3))
    monkeypatch.setattr(neighbours, "IS_COMPILED", False)
    plain = neighbours.fit(interactions, parameters).weights
    for found in (one, other):
        np.testing.assert_array_equal(found.indptr, plain.indptr)
        np.testing.assert_array_equal(found.indices, plain.indices)
        np.testing.assert_allclose(found.data, plain.data, rtol=1e-6)
