"""The autoencoder's batches, and what its predictions mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from recsys.engine.folds import InMemoryRelation
from recsys.errors import UnavailableError
from recsys.learners.autoencoder import learner as autoencoder
from recsys.learners.autoencoder import training
from recsys.learners.autoencoder.batches import Batch, Sampler, distinct, prefetch
from recsys.learners.autoencoder.embedding import RowTable
from recsys.learners.common.vectors import Items, Vectors, positions
from recsys.project.contract import Context
from tests.relations import Streamed, held, read

SETTINGS: dict[str, Any] = {
    "hidden": 8,
    "dropout": 0.0,
    "hidden_share": 0.5,
    "negatives": 1,
    "input_limit": 100,
    "batch_users": 32,
    "learning_rate": 0.02,
    "epochs": 5,
    "patience": 5,
    "validation_share": 0.1,
    "seed": 3,
    "workers": 0,
}


def world(users: int = 120, items: int = 30) -> dict[str, pa.Table]:
    """Users who rated every third item, 30 the lower half of the items and 90 the upper; item 99 is unrated."""
    rated = [(user, item) for user in range(users) for item in range(items) if (user + item) % 3 == 0]
    return {
        "ratings": pa.table(
            {
                "user_id": pa.array([user for user, _ in rated], pa.int32()),
                "item_id": pa.array([item for _, item in rated], pa.int32()),
                "rating": [90.0 if item * 2 >= items else 30.0 for _, item in rated],
            }
        ),
        "items": pa.table(
            {
                "item_id": pa.array(range(items), pa.int32()),
                "parent_id": pa.array([None] * (items - 1) + [0], pa.int32()),
                "draw_count": [1] * items,
            }
        ),
        "candidates": pa.table(
            {
                "user_id": pa.array([0, 0, 0, 1000], pa.int32()),
                "track_id": pa.array([1, 2, 3, 1], pa.int32()),
                "item_id": pa.array([1, 99, 99, 1], pa.int32()),
                "parent_id": pa.array([None, 0, None, None], pa.int32()),
            }
        ),
    }


def vectors_of(tables: dict[str, pa.Table], items: Items, folder: Path) -> Vectors:
    return Vectors.of(InMemoryRelation(tables["ratings"]), items, folder / "vectors")


def predict(tables: dict[str, pa.Table], context: Context, **settings: object) -> dict[str, pa.Table]:
    """What the autoencoder makes of these, all of it read."""
    return read(autoencoder.fit_predict(held(tables), SETTINGS | settings, context))


@pytest.mark.parametrize("negatives", [0, 1, 3])
def test_a_batch_asks_for_hidden_ratings_and_for_items_never_rated(negatives: int, tmp_path: Path) -> None:
    tables = world()
    items = Items.of(tables["items"])
    vectors = vectors_of(tables, items, tmp_path)
    rows = np.arange(50)
    batch = Sampler(vectors, items, 0.5, negatives, 100).draw(rows, np.random.default_rng(1))
    rated = vectors.ratings.toarray()[rows]
    asked = rated[batch.owners, batch.items]
    hidden = batch.targets > 0
    assert asked == pytest.approx(batch.targets)
    assert (hidden.sum() > 0) and ((~hidden).sum() > 0) == (negatives > 0)
    owners = np.repeat(rows, batch.inputs.counts)
    shown = set(zip(owners.tolist(), batch.inputs.items.tolist(), strict=True))
    assert not shown & set(zip(batch.owners.tolist(), batch.items.tolist(), strict=True))


def test_a_heavy_user_gives_a_part_of_the_ratings(tmp_path: Path) -> None:
    tables = world(users=2, items=3000)
    items = Items.of(tables["items"])
    vectors = vectors_of(tables, items, tmp_path)
    batch = Sampler(vectors, items, 0.5, 1, 100).draw(np.array([0]), np.random.default_rng(1))
    assert 20 < len(batch.inputs.items) < 90


def test_a_rating_of_zero_is_a_rating(tmp_path: Path) -> None:
    tables = world()
    ratings = tables["ratings"].set_column(2, "rating", pa.array([0.0] * tables["ratings"].num_rows))
    vectors = vectors_of({"ratings": ratings}, Items.of(tables["items"]), tmp_path)
    assert vectors.ratings.nnz == ratings.num_rows


def test_predictions_say_what_they_rest_on(context: Context) -> None:
    predictions = predict(world(), context)["features.autoencoder"]
    assert predictions["source"].to_pylist() == ["album", "artist", "global", "album"]
    assert np.isfinite(predictions["prediction"].to_numpy()).all()


def test_predictions_average_to_the_ratings_with_zeros_for_the_unrated(
    context: Context, tmp_path: Path
) -> None:
    """Calibration: over held-out entries the mean prediction is the mean target, about (60 + 0) / 2."""
    tables = world(users=600)
    items = Items.of(tables["items"])
    vectors = vectors_of(tables, items, tmp_path)
    settings = training.AutoencoderSettings(**SETTINGS)
    model, _ = training.fit(vectors, items, settings, context)
    batch = Sampler(vectors, items, 0.5, 1, 100).draw(np.arange(600), np.random.default_rng(9))
    _, scores = model.loss(batch)
    predicted = 1 / (1 + np.exp(-scores.detach().numpy()))
    assert predicted.mean() == pytest.approx(batch.targets.mean(), abs=0.03)


def test_the_number_of_threads_changes_nothing(context: Context) -> None:
    first, second = (predict(world(), replace(context, threads=threads)) for threads in (1, 4))
    assert first["features.autoencoder"].equals(second["features.autoencoder"])
    assert first["features.autoencoder_curve"].equals(second["features.autoencoder_curve"])


def test_the_curve_marks_the_epoch_with_the_lowest_validation_loss(context: Context) -> None:
    curve = predict(world(), context)["features.autoencoder_curve"].to_pylist()
    kept = [row for row in curve if row["is_kept"]]
    assert [row["validation_loss"] for row in kept] == [min(row["validation_loss"] for row in curve)]


def test_a_missing_cuda_device_is_one_line(context: Context) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    with pytest.raises(UnavailableError, match="--device cpu"):
        autoencoder.fit_predict(held(world()), SETTINGS, replace(context, device="cuda"))


def test_positions_of_absent_values_are_the_number_of_values() -> None:
    assert positions(np.array([2, 5]), np.array([5, 3, 2, 9])).tolist() == [1, 2, 0, 2]
    assert positions(np.array([]), np.array([1])).tolist() == [0]


def test_a_step_moves_the_rows_that_were_read_as_adam_does_and_no_other() -> None:
    """Optimizer that read every row are Adam's own; "none" stays zero, whatever reads it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        table = RowTable(6, 3, 0.5)
    before, pull = table.weight.clone(), torch.arange(7.0)[:, None] - 3.0
    twin = torch.nn.Parameter(before.clone())
    adam = torch.optim.Adam([twin], lr=0.1)
    for number in (1, 2, 3):
        (table(torch.arange(7)).sin() * pull).sum().backward()
        table.step(number, 0.1)
        adam.zero_grad()
        (twin.sin() * pull).sum().backward()
        adam.step()
    assert table.weight[:6].numpy() == pytest.approx(twin.detach()[:6].numpy(), abs=1e-5)
    reached = table.weight.clone()
    table(torch.tensor([1, 4, 6])).sum().backward()
    table.step(4, 0.1)
    assert (table.weight != reached).all(dim=1).tolist() == [False, True, False, False, True, False, False]
    assert not table.weight[6].any()


def test_batches_drawn_ahead_are_the_same_in_the_same_order(tmp_path: Path) -> None:
    tables = world()
    items = Items.of(tables["items"])
    vectors = vectors_of(tables, items, tmp_path)

    def batches() -> Iterator[Batch]:
        rng = np.random.default_rng(1)
        sampler = Sampler(vectors, items, 0.5, 1, 100)
        return (sampler.draw(np.arange(start, start + 20), rng) for start in range(0, 100, 20))

    drawn, awaited = list(batches()), list(prefetch(batches()))
    assert [batch.items.tolist() for batch in awaited] == [batch.items.tolist() for batch in drawn]


def test_distinct_rows_and_the_place_of_each_item() -> None:
    rows, places = distinct(np.array([5, 2, 5, 6]), 7)
    assert rows.tolist() == [2, 5, 6]
    assert rows[places].tolist() == [5, 2, 5, 6]


def test_vectors_are_the_ratings_of_users_with_ratings_and_an_empty_row(tmp_path: Path) -> None:
    """In any pieces: a user's ratings may come in two."""
    tables = world()
    items = Items.of(tables["items"])
    whole = vectors_of(tables, items, tmp_path)
    pieced = Vectors.of(Streamed(tables["ratings"], 7), items, tmp_path / "pieces")
    for one in (whole, pieced, Vectors.open(tmp_path / "pieces", items)):
        dense = one.ratings.toarray()
        user, item, rating = (tables["ratings"][name].to_numpy() for name in ("user_id", "item_id", "rating"))
        assert one.users.tolist() == sorted(set(user.tolist()))
        assert dense[user, item] == pytest.approx(rating / 100)
        assert dense.sum() == pytest.approx((rating / 100).sum(), rel=1e-6)
        assert one.means[:-1] == pytest.approx(dense[:-1].sum(axis=1) / (dense[:-1] > 0).sum(axis=1))
        assert (one.means[-1], dense[-1].sum()) == (0, 0)


def test_ratings_and_candidates_are_never_a_whole_table(context: Context) -> None:
    tables = world()
    inputs = held(tables) | {name: Streamed(tables[name]) for name in ("ratings", "candidates")}
    made = autoencoder.fit_predict(inputs, SETTINGS, context)
    assert made["features.autoencoder"].read_all().equals(predict(tables, context)["features.autoencoder"])


def test_without_ratings_only_global_predictions_are_left(context: Context) -> None:
    tables = world()
    nothing = tables | {"ratings": tables["ratings"].slice(0, 0)}
    predictions = predict(nothing, context)["features.autoencoder"]
    assert np.isfinite(predictions["prediction"].to_numpy()).all()
