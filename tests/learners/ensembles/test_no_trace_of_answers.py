"""The stack scores no user with labels of that user's fold: neither its own nor through its inputs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from recsys.learners.ensembles.stacking import fit_predict as stacked
from recsys.project.contract import Context
from tests.relations import held

USERS, CANDIDATES, TRACKS, FOLDS = 240, 6, 90, 4
SETTINGS = {"family_correlation": 0.95, "penalties": [0.1, 1.0, 10.0, 100.0]}

Labels = dict[tuple[int, int], int]
Model = Callable[[Labels, tuple[int, int]], float]


class World:
    """Users with three liked candidates of six, better tracks more often, in folds but for the last forty."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.pairs = [
            (user, int(track))
            for user in range(USERS)
            for track in rng.choice(TRACKS, CANDIDATES, replace=False)
        ]
        quality = rng.normal(size=TRACKS)[[track for _, track in self.pairs]] + rng.normal(
            size=len(self.pairs)
        )
        order = quality.reshape(USERS, CANDIDATES).argsort(axis=1).argsort(axis=1)
        liked = (order >= CANDIDATES // 2).astype(int).ravel()
        self.truth: Labels = dict(zip(self.pairs, liked.tolist(), strict=True))
        self.fold = {user: user % FOLDS for user in range(USERS - 40)}
        self.signal = liked + rng.normal(0, 0.9, len(liked))

    def labels(self, flipped_fold: int | None = None) -> Labels:
        """Those of the users in folds; of one fold they may be turned around."""
        return {
            pair: label ^ (self.fold[pair[0]] == flipped_fold)
            for pair, label in self.truth.items()
            if pair[0] in self.fold
        }

    def inputs(
        self, labels: Labels, models: dict[str, Model], signals: dict[str, np.ndarray]
    ) -> dict[str, pa.Table]:
        """Everything that the stack is given, each model trained again for each set of labels it may see."""
        plain = {name: self._plain(labels, model) for name, model in models.items()}
        nested = [row for name, model in models.items() for row in self._nested(labels, name, model)]
        rows = [
            {"model": name, "user_id": user, "track_id": track, "score": float(score)}
            for name, scores in {**signals, **plain}.items()
            for (user, track), score in zip(self.pairs, scores, strict=True)
        ]
        user, track = (pa.array(column, pa.int32()) for column in zip(*self.pairs, strict=True))
        known = [{"user_id": u, "track_id": t, "label": label} for (u, t), label in labels.items()]
        columns = {"model": pa.string(), "user_id": pa.int32(), "track_id": pa.int32()}
        return {
            "candidates": pa.table(
                {"user_id": user, "track_id": track, "position": range(1, len(self.pairs) + 1)}
            ),
            "predictions": pa.Table.from_pylist(rows),
            "submissions": pa.schema(
                {"file": pa.string(), "user_id": pa.int32(), "track_id": pa.int32(), "score": pa.float64()}
            ).empty_table(),
            "nested": pa.Table.from_pylist(
                nested, pa.schema({**columns, "held_out_fold": pa.int32(), "score": pa.float64()})
            ),
            "labels": pa.Table.from_pylist(known),
            "folds": pa.table({"user_id": list(self.fold), "fold": list(self.fold.values())}),
        }

    def _without(self, labels: Labels, *folds: int | None) -> Labels:
        return {pair: label for pair, label in labels.items() if self.fold[pair[0]] not in folds}

    def _plain(self, labels: Labels, model: Model) -> list[float]:
        seen = {fold: self._without(labels, fold) for fold in (*range(FOLDS), None)}
        return [model(seen[self.fold.get(pair[0])], pair) for pair in self.pairs]

    def _nested(self, labels: Labels, name: str, model: Model) -> list[dict[str, object]]:
        return [
            {
                "model": name,
                "user_id": pair[0],
                "track_id": pair[1],
                "held_out_fold": out,
                "score": model(seen, pair),
            }
            for out in range(FOLDS)
            for own in range(FOLDS)
            if own != out
            for seen in [self._without(labels, out, own)]
            for pair in self.pairs
            if self.fold.get(pair[0]) == own
        ]

    def accuracy(self, scores: np.ndarray) -> float:
        best = np.argsort(-scores.reshape(USERS, CANDIDATES), axis=1, kind="stable")[:, : CANDIDATES // 2]
        liked = np.array(list(self.truth.values())).reshape(USERS, CANDIDATES)
        return float(np.take_along_axis(liked, best, axis=1).mean())


def memoriser(labels: Labels, pair: tuple[int, int]) -> float:
    """Knows the label of every pair that it was trained on, and guesses the others."""
    return float(labels[pair]) if pair in labels else _guess(pair)


def track_means(labels: Labels, pair: tuple[int, int]) -> float:
    """The mean label of the track among all other users that it was trained on."""
    sums: dict[int, list[int]] = defaultdict(list)
    if id(labels) not in _means:
        for (_, track), label in labels.items():
            sums[track].append(label)
        _means[id(labels)] = {track: float(np.mean(found)) for track, found in sums.items()}, labels
    return _means[id(labels)][0].get(pair[1], 0.5)


_means: dict[int, tuple[dict[int, float], Labels]] = {}


def _guess(pair: tuple[int, int]) -> float:
    return float(np.random.default_rng(pair).random())


def stack(inputs: dict[str, pa.Table]) -> np.ndarray:
    table = stacked(held(inputs), SETTINGS, Context(Path("unused")))["scores.stacked_ensemble"]
    return np.asarray(table["score"].to_numpy())


@pytest.fixture(scope="module")
def world() -> World:
    return World(4)


def test_other_labels_of_a_fold_change_no_score_of_that_fold(world: World) -> None:
    """To the last bit, with a model that carries each label to all users of the track."""
    signals = {"signal": world.signal}
    before = stack(world.inputs(world.labels(), {"means": track_means}, signals))
    after = stack(world.inputs(world.labels(flipped_fold=1), {"means": track_means}, signals))
    is_flipped = np.array([world.fold.get(user) == 1 for user, _ in world.pairs])
    np.testing.assert_array_equal(after[is_flipped], before[is_flipped])
    assert (after[~is_flipped] != before[~is_flipped]).any()


def test_without_nested_scores_the_labels_of_a_fold_would_reach_it(world: World) -> None:
    """The test above can fail: plain scores of the other folds know them."""
    signals = {"signal": world.signal}

    def plain(flipped_fold: int | None) -> np.ndarray:
        inputs = world.inputs(world.labels(flipped_fold), {"means": track_means}, signals)
        return stack({**inputs, "nested": inputs["nested"].slice(0, 0)})

    is_flipped = np.array([world.fold.get(user) == 1 for user, _ in world.pairs])
    assert (plain(1)[is_flipped] != plain(None)[is_flipped]).any()


def test_a_model_that_memorises_labels_brings_no_profit(world: World) -> None:
    signals = {"signal": world.signal}
    without = world.accuracy(stack(world.inputs(world.labels(), {}, signals)))
    planted = world.accuracy(stack(world.inputs(world.labels(), {"memory": memoriser}, signals)))
    assert planted == pytest.approx(without, abs=0.01)


@pytest.mark.parametrize("seed", range(5))
def test_a_stack_ends_no_lower_than_an_input_that_is_far_ahead(seed: int) -> None:
    """Nine inputs of noise besides it do not cost what they would an ordinary regression on few labels."""
    world = World(seed)
    rng = np.random.default_rng(seed)
    liked = np.array(list(world.truth.values()))
    signals = {"best": liked + rng.normal(0, 0.35, len(liked))}
    signals |= {f"noise_{number}": rng.normal(size=len(liked)) for number in range(9)}
    score = stack(world.inputs(world.labels(), {}, signals))
    assert world.accuracy(score) > world.accuracy(signals["best"]) - 0.004


def test_inputs_that_add_to_each_other_end_above_the_best_of_them(world: World) -> None:
    rng = np.random.default_rng(9)
    liked = np.array(list(world.truth.values()))
    signals = {f"signal_{number}": liked + rng.normal(0, 1.0, len(liked)) for number in range(4)}
    score = stack(world.inputs(world.labels(), {}, signals))
    assert world.accuracy(score) > max(map(world.accuracy, signals.values())) + 0.05
