"""Factors over the taxonomy: the table of what is compared, the descent, what is recovered, and odd data."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import torch
from scipy.stats import chisquare

pytest.importorskip("numba", reason="the extra 'learners' is not installed")

from recsys.engine.folds import InMemoryRelation
from recsys.learners.bpr import kernels
from recsys.learners.bpr.comparisons import Comparisons, shuffled
from recsys.learners.bpr.factors import Factors, FactorSettings
from recsys.learners.bpr.learner import fit_predict
from recsys.learners.bpr.taxonomy import Arrays, Histories, Taxonomy
from recsys.learners.bpr.validation import history_features
from recsys.project.contract import Context, Relation
from tests.relations import Streamed, held

SETTINGS = {
    "factors": 8, "epochs": 15, "learning_rate": 0.1, "final_learning_rate": 0.02, "l2": 0.002, "negatives": 3, "positive_threshold": 50,
    "like_threshold": 80, "low_confidence_weight": 0.25, "deviation": 0.05, "seed": 3,
}  # fmt: skip


def items(parents: dict[int, tuple[int | None, int | None]], draws: dict[int, int]) -> pa.Table:
    """Items with their (album, artist) and how often each is drawn."""
    return pa.table(
        {
            "item_id": pa.array(parents, pa.int32()),
            "album_id": pa.array([album for album, _ in parents.values()], pa.int32()),
            "artist_id": pa.array([artist for _, artist in parents.values()], pa.int32()),
            "draw_count": pa.array([draws.get(item, 0) for item in parents], pa.int64()),
        }
    )


def ratings(rows: list[tuple[int, int, int]]) -> pa.Table:
    columns = np.array(rows, np.int32).reshape(-1, 3).T
    return pa.table(dict(zip(("user_id", "item_id", "rating"), columns, strict=True)))


@pytest.fixture
def arrays(tmp_path: Path) -> Arrays:
    return Arrays(tmp_path)


def learned(tables: dict[str, pa.Table], **changed: float) -> dict[str, pa.Table]:
    return learned_of(held(tables), **changed)


def learned_of(inputs: Mapping[str, Relation], **changed: float) -> dict[str, pa.Table]:
    """What is learned, with nothing left in the scratch folder."""
    with tempfile.TemporaryDirectory() as scratch:
        made = dict(fit_predict(inputs, SETTINGS | changed, Context(scratch=Path(scratch))))
        assert not any(Path(scratch).iterdir())
    return made


def flat(count: int) -> dict[int, tuple[None, None]]:
    return dict.fromkeys(range(1, count + 1), (None, None))


def compared(table: pa.Table, items: pa.Table, arrays: Arrays, **changed: float) -> Comparisons:
    taxonomy = Taxonomy.of(items)
    histories = Histories.of(InMemoryRelation(table), taxonomy, arrays)
    return Comparisons(histories, taxonomy, FactorSettings(**(SETTINGS | changed)), arrays)


def test_negatives_are_sampled_by_popularity_among_unrated_items(arrays: Arrays) -> None:
    """One user rated items 1 to 3 of 8; the others must be drawn in proportion to their counts."""
    counts = {1: 500, 2: 30, 4: 10, 5: 20, 6: 40, 7: 80}
    found = np.zeros(9, int)
    drawing = compared(
        ratings([(1, 1, 90), (1, 2, 10), (1, 3, 60)]), items(flat(8), counts), arrays, negatives=1
    )
    factors = Factors.random(1, 8, drawing.settings).model(drawing.taxonomy)
    rng = np.random.default_rng(5)
    for _ in range(6000):
        chosen, _ = drawing.hard_negatives(factors, rng)
        found += np.bincount(chosen + 1, minlength=9)
    assert not found[[1, 2, 3, 8]].any()
    expected = np.array([10, 20, 40, 80]) / 150
    assert chisquare(found[4:8], expected * found[4:8].sum()).pvalue > 1e-3
    skewed = chisquare(found[4:8], np.full(4, found[4:8].sum() / 4)).pvalue
    assert skewed < 1e-6, "the test could not tell another table"


def test_the_hard_negative_is_the_highest_scored_draw(arrays: Arrays) -> None:
    drawing = compared(
        ratings([(1, 1, 90)]), items(flat(6), dict.fromkeys(range(2, 7), 5)), arrays, negatives=200
    )
    factors = Factors.random(1, 6, drawing.settings)
    factors.biases[:] = [9, 0, 1, 5, 2, 3]
    chosen, codes = drawing.hard_negatives(factors.model(drawing.taxonomy), np.random.default_rng(1))
    assert chosen.tolist() == [3]
    assert codes.tolist() == [[0, 0]]


def test_a_user_who_rated_everything_gets_no_negatives(arrays: Arrays) -> None:
    table = ratings([(1, item, 90) for item in range(1, 5)])
    drawing = compared(table, items(flat(4), dict.fromkeys(range(1, 5), 1)), arrays)
    chosen, _ = drawing.hard_negatives(
        Factors.random(1, 4, drawing.settings).model(drawing.taxonomy), np.random.default_rng(1)
    )
    assert (chosen == -1).all()


TREE = {
    1: (10, 20),
    2: (10, 20),
    3: (None, 21),
    4: (None, None),
    10: (10, 20),
    20: (None, 20),
    21: (None, 21),
}


@pytest.mark.parametrize(("liked", "other"), [(1, 3), (2, 4), (10, 3), (20, 1), (1, 2), (4, 21)])
def test_a_step_goes_down_the_gradient_that_torch_finds(liked: int, other: int) -> None:
    """One comparison, in double precision by autograd: -step * gradient of the loss and half the squares."""
    step, l2 = 0.05, 0.1
    taxonomy = Taxonomy.of(items(TREE, dict.fromkeys(TREE, 1)))
    rng = np.random.default_rng(8)
    size = len(taxonomy)
    shapes = {"users": (1, 4), "own": (size, 4), "parent": (size + 1, 4), "biases": (size,), "weights": (4,)}
    start = {name: rng.normal(0, 0.5, shape).astype(np.float32) for name, shape in shapes.items()}
    start["parent"][size] = 0
    i, j = (int(np.searchsorted(taxonomy.ids, item)) for item in (liked, other))
    codes = np.array([[91, 41]], np.uint8), np.array([[0, 81]], np.uint8)
    moved = {name: values.copy() for name, values in start.items()}
    single = [np.array([value], np.int32) for value in (0, 0, i, j)]
    kernels.descend(
        single[0], single[1], single[2], codes[0], np.array([0.25], np.float32), single[3], codes[1],
        taxonomy.parents, *moved.values(), 80, step, l2,
    )  # fmt: skip
    tensors = {
        name: torch.tensor(values, dtype=torch.float64, requires_grad=True) for name, values in start.items()
    }
    history = torch.tensor([0.9 - 0, 1 - 0, 0.4 - 0.8, 0 - 1], dtype=torch.float64)
    albums, artists = taxonomy.parents.T
    vectors = tensors["own"] + tensors["parent"][albums] + tensors["parent"][artists]
    margin = tensors["users"][0] @ (vectors[i] - vectors[j]) + tensors["biases"][i] - tensors["biases"][j]
    loss = 0.25 * torch.nn.functional.softplus(-(margin + tensors["weights"] @ history))
    rows = [*taxonomy.parents[i], *taxonomy.parents[j]]
    squares = sum(
        (part**2).sum()
        for part in (
            tensors["users"], tensors["own"][[i, j]], tensors["biases"][[i, j]], tensors["weights"],
            tensors["parent"][[int(row) for row in rows if row < size]],
        )
    )  # fmt: skip
    (loss + l2 / 2 * squares).backward()
    shared = len({int(row) for row in rows}) < len(rows)
    for name, tensor in tensors.items():
        expected = (tensor - step * tensor.grad).detach().numpy()
        expected[size:] = 0 if name == "parent" else expected[size:]
        # A row that is met twice shrinks twice, one after the other.
        assert moved[name] == pytest.approx(expected, abs=2e-4 if shared else 1e-6), name


def planted(seed: int) -> tuple[dict[str, pa.Table], np.ndarray, np.ndarray]:
    """60 users of two tastes, 40 tracks on 10 albums of two tastes; the albums' ids tell which."""
    rng = np.random.default_rng(seed)
    tree = {track: (100 + track // 4, 200 + track // 8) for track in range(40)}
    tree |= {100 + album: (100 + album, 200 + album // 2) for album in range(10)}
    tree |= {200 + artist: (None, 200 + artist) for artist in range(5)}
    rows = []
    for user in range(60):
        mine = [track for track in range(40) if (track // 4) % 2 == user % 2]
        rows += [(user, int(track), 90) for track in rng.choice(mine, 9, replace=False)]
        rows += [(user, int(track), 10) for track in rng.choice(40, 3) if int(track) not in mine]
    table = ratings(list(dict.fromkeys(rows)))
    liked = table.filter(pc.greater_equal(table["rating"], 80))["item_id"].to_numpy()
    draws = {int(item): int(count) for item, count in zip(*np.unique(liked, return_counts=True), strict=True)}
    pairs = np.array([(user, track) for user in range(60) for track in range(40)])
    labels = (pairs[:, 1] // 4) % 2 == pairs[:, 0] % 2
    return {"ratings": table, "items": items(tree, draws)}, pairs, labels


def scores(made: dict[str, pa.Table], pairs: np.ndarray) -> np.ndarray:
    users, tracks = made["learned.user_factors"], made["learned.item_factors"]
    rows = np.searchsorted(users["user_id"].to_numpy(), pairs[:, 0])
    places = np.searchsorted(tracks["item_id"].to_numpy(), pairs[:, 1])
    vectors = [np.stack(table["factors"].to_numpy(zero_copy_only=False)) for table in (users, tracks)]
    return (vectors[0][rows] * vectors[1][places]).sum(axis=1) + tracks["bias"].to_numpy()[places]


def test_recovers_planted_tastes_and_an_unrated_track_follows_its_album() -> None:
    tables, pairs, labels = planted(1)
    cold = pc.not_equal(tables["ratings"]["item_id"], 0)  # track 0, of album 100, is unrated
    tables["ratings"] = tables["ratings"].filter(cold)
    made = learned(tables, epochs=40)
    found = scores(made, pairs)
    right = [
        (found[(pairs[:, 0] == user) & labels][:, None] > found[(pairs[:, 0] == user) & ~labels]).mean()
        for user in range(60)
    ]
    assert np.mean(right) > 0.95
    first = found[pairs[:, 1] == 0]
    assert (first[::2][:, None] > first[1::2]).mean() > 0.9


def test_a_seed_gives_the_same_factors_and_another_seed_others() -> None:
    tables, pairs, _ = planted(2)
    one, again, other = (scores(learned(tables, seed=seed), pairs) for seed in (3, 3, 4))
    assert np.array_equal(one, again)
    assert not np.allclose(one, other)


def test_the_order_of_rows_does_not_matter() -> None:
    tables, pairs, _ = planted(2)
    mixed = np.random.default_rng(1).permutation(tables["ratings"].num_rows)
    assert np.array_equal(
        scores(learned(tables), pairs),
        scores(learned({**tables, "ratings": tables["ratings"].take(pa.array(mixed))}), pairs),
    )


def test_the_epoch_that_orders_the_validation_best_is_kept() -> None:
    """Validation labels turned round: the less is learned the better."""
    tables, pairs, labels = planted(3)
    validation = pa.table({"user_id": pairs[:, 0], "track_id": pairs[:, 1], "label": labels.astype(int)})
    turned = validation.set_column(2, "label", pa.array((~labels).astype(int)))
    curves = [
        learned({**tables, "validation": table})["learned.factor_curve"].to_pylist()
        for table in (validation, turned)
    ]
    for curve in curves:
        best = max(curve, key=lambda epoch: epoch["validation_auc"])
        assert [epoch["epoch"] for epoch in curve if epoch["is_kept"]] == [best["epoch"]]
    kept = [next(epoch["epoch"] for epoch in curve if epoch["is_kept"]) for curve in curves]
    assert kept[0] > kept[1]


def test_blocks_of_any_size_give_the_same_factors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Users split over two blocks, and blocks smaller than one user."""
    tables, pairs, _ = planted(2)
    mixed = np.random.default_rng(1).permutation(tables["ratings"].num_rows)
    whole = scores(learned(tables), pairs)
    monkeypatch.setattr("recsys.learners.bpr.taxonomy.BLOCK", 7)
    inputs: dict[str, Relation] = {
        **held(tables),
        "ratings": Streamed(tables["ratings"].take(pa.array(mixed)), 5),
    }
    assert np.array_equal(whole, scores(learned_of(inputs), pairs))


def test_history_features_leave_out_the_item_itself(arrays: Arrays) -> None:
    table = ratings([(1, 10, 90), (1, 20, 40)])
    taxonomy = Taxonomy.of(items(TREE, {}))
    histories = Histories.of(InMemoryRelation(table), taxonomy, arrays)
    places = np.searchsorted(taxonomy.ids, [1, 3, 10, 20])
    found = history_features(histories, taxonomy, np.zeros(4, int), places, 80)
    assert found == pytest.approx(np.array([[0.9, 1, 0.4, 0], [0, 0, 0, 0], [0, 0, 0.4, 0], [0, 0, 0, 0]]))


ODD = {
    "one user, five items": ([(1, item, 90) for item in range(1, 4)], {1: 1, 2: 1, 3: 1}),
    "one user who rated everything": ([(1, item, 90) for item in range(1, 6)], dict.fromkeys(range(1, 6), 1)),
    "all ratings equal": ([(user, item, 70) for user in (1, 2) for item in (user, 3)], {}),
    "nothing is liked": ([(1, 1, 0), (2, 2, 10)], {}),
    "no rating": ([], {}),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_data_gives_finite_factors_for_every_item(name: str) -> None:
    rows, draws = ODD[name]
    made = learned({"ratings": ratings(rows), "items": items(flat(5), draws)})
    assert made["learned.item_factors"]["item_id"].to_pylist() == [1, 2, 3, 4, 5]
    assert made["learned.user_factors"].num_rows == len({user for user, _, _ in rows})
    for table in ("learned.user_factors", "learned.item_factors"):
        assert np.isfinite(made[table]["factors"].combine_chunks().flatten().to_numpy()).all()
    assert sum(made["learned.factor_curve"]["is_kept"].to_pylist()) == 1


@pytest.mark.parametrize("count", [0, 1, 49, 50, 1000])
def test_an_order_has_each_comparison_once(count: int) -> None:
    found = np.concatenate([np.empty(0, np.int32), *shuffled(count, np.random.default_rng(1))])
    assert sorted(found.tolist()) == list(range(count))
