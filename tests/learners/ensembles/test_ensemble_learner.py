"""The ensemble and the stack as nodes of a build: long tables in, scores and weights out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from recsys.errors import BuildError, UnavailableError, UsageError
from recsys.learners.ensembles.columns import CandidateIndex
from recsys.learners.ensembles.learner import fit_predict as ensemble
from recsys.learners.ensembles.stacking import families
from recsys.learners.ensembles.stacking import fit_predict as stacked
from recsys.project.contract import Context
from tests.bench.ensemble_pool import Simulation, simulate
from tests.relations import Streamed, held

Tables = dict[str, pa.Table]
STACKING = {"family_correlation": 0.95, "penalties": [1.0, 10.0, 100.0]}
LEAST_SQUARES = {"method": "least-squares"}
KNOWN = pa.schema(
    {
        "name": pa.string(),
        "kind": pa.string(),
        "held_out_fold": pa.int64(),
        "accuracy": pa.float64(),
        "standard_error": pa.float64(),
        "origin": pa.string(),
    }
)
NESTED = pa.schema(
    {
        "model": pa.string(),
        "user_id": pa.int32(),
        "track_id": pa.int32(),
        "held_out_fold": pa.int32(),
        "score": pa.float64(),
    }
)


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulate(3, users=400, submissions=12)


@pytest.fixture
def inputs(simulation: Simulation) -> Tables:
    """Four models of estimated accuracy, eight submissions of published accuracy, labels of 200 users."""
    pairs = pairs_of(simulation)
    positions = pa.array(np.arange(1, len(simulation.truth) + 1))
    models = {f"model_{k}": simulation.scores[:, k] for k in range(4)}
    files = {f"{k}.csv": simulation.marks[:, k] for k in range(4, 12)}
    known = [
        {"name": f"model_{k}", "kind": "model", "accuracy": p, "standard_error": 0.01, "origin": "estimated"}
        for k, p in enumerate(simulation.published[:4].tolist())
    ]
    known += [
        {"name": f"{k}.csv", "kind": "submission", "accuracy": p, "origin": "published"}
        for k, p in enumerate(simulation.published.tolist())
        if k >= 4
    ]
    known = [{**row, "held_out_fold": fold} for row in known for fold in range(-1, 5)]
    labels = pairs.append_column("label", pa.array((simulation.truth > 0).astype(np.int8)))
    return {
        "candidates": pairs.append_column("position", positions),
        "predictions": long("model", models, pairs),
        "submissions": long("file", files, pairs),
        "known": pa.Table.from_pylist(known, KNOWN),
        "nested": NESTED.empty_table(),
        **labelled(labels.slice(0, 1200)),
    }


def labelled(labels: pa.Table) -> Tables:
    """The labels, and their users in five folds."""
    users = np.unique(labels["user_id"].to_numpy())
    return {"labels": labels, "folds": pa.table({"user_id": users, "fold": np.arange(len(users)) % 5})}


def pairs_of(simulation: Simulation) -> pa.Table:
    candidates = simulation.candidates
    return pa.table(
        {"user_id": candidates.user_id.astype(np.int32), "track_id": candidates.track_id.astype(np.int32)}
    )


def long(key: str, columns: Mapping[str, np.ndarray], pairs: pa.Table) -> pa.Table:
    parts = [
        pairs.append_column(key, pa.array([name] * len(scores))).append_column("score", pa.array(scores))
        for name, scores in columns.items()
    ]
    return pa.concat_tables(parts).select([key, "user_id", "track_id", "score"])


def shuffled(table: pa.Table) -> pa.Table:
    return table.take(np.random.default_rng(5).permutation(len(table)))


def scores_of(tables: Mapping[str, pa.Table], relation: str) -> np.ndarray:
    return tables[relation]["score"].to_numpy()


def blended(inputs: Tables, **settings: Any) -> Mapping[str, pa.Table]:
    return ensemble(held(inputs), {**LEAST_SQUARES, **settings}, Context(Path("unused")))


def stack(inputs: Tables, **settings: Any) -> Mapping[str, pa.Table]:
    return stacked(held(inputs), {**STACKING, **settings}, Context(Path("unused")))


@pytest.mark.parametrize(("learner", "name"), [(blended, "ensemble"), (stack, "stacked_ensemble")])
def test_one_finite_score_for_each_candidate_in_order(
    inputs: Tables,
    simulation: Simulation,
    learner: Callable[[Tables], Mapping[str, pa.Table]],
    name: str,
) -> None:
    table = learner(inputs)[f"scores.{name}"]
    assert table.select(["user_id", "track_id"]).equals(pairs_of(simulation))
    assert np.isfinite(table["score"].to_numpy()).all()
    best = max(simulation.published)
    assert best - 0.01 < simulation.accuracy(table["score"].to_numpy()) < best + 0.05


@pytest.mark.parametrize(("learner", "name"), [(blended, "ensemble"), (stack, "stacked_ensemble")])
def test_the_order_of_rows_does_not_show(
    inputs: Tables, learner: Callable[[Tables], Mapping[str, pa.Table]], name: str
) -> None:
    straight = learner(inputs)
    other = learner({key: shuffled(table) for key, table in inputs.items()})
    for relation, table in straight.items():
        assert other[relation].equals(table), f"{name}: {relation}"


@pytest.mark.parametrize(
    ("learner", "settings"), [(ensemble, LEAST_SQUARES), (stacked, STACKING)], ids=["ensemble", "stacked"]
)
def test_scores_of_the_inputs_are_never_a_whole_table(
    inputs: Tables, learner: Callable[..., Mapping[str, pa.Table]], settings: Mapping[str, Any]
) -> None:
    """In pieces that cut models and users in two."""
    of_one = inputs["predictions"].filter(pc.equal(inputs["predictions"]["model"], "model_2"))
    inputs["nested"] = (
        of_one.set_column(3, "score", pc.negate(of_one["score"]))
        .append_column("held_out_fold", pa.array(np.arange(len(of_one)) % 2, pa.int32()))
        .select(NESTED.names)
    )
    pieces = {name: Streamed(inputs[name], 1001) for name in ("predictions", "submissions", "nested")}
    whole = learner(held(inputs), settings, Context(Path("unused")))
    again = learner({**held(inputs), **pieces}, settings, Context(Path("unused")))
    for relation, table in whole.items():
        assert again[relation].equals(table), relation


def test_weights_name_kind_accuracy_and_origin(inputs: Tables) -> None:
    rows = blended(inputs)["features.ensemble_weights"].to_pylist()
    assert [(row["kind"], row["origin"]) for row in rows] == (
        [("model", "estimated")] * 4 + [("submission", "published")] * 8
    )
    assert rows[0]["standard_error"] == 0.01
    assert all(0 < row["standard_error"] < 0.001 for row in rows[4:])
    assert all(np.isfinite(row["weight"]) for row in rows)


def test_the_estimate_is_near_the_truth(inputs: Tables, simulation: Simulation) -> None:
    tables = blended(inputs)
    (estimate,) = tables["features.ensemble_estimate"].to_pylist()
    actual = simulation.accuracy(scores_of(tables, "scores.ensemble"))
    assert abs(estimate["accuracy"] - actual) < 2.5 * estimate["uncertainty"]


def test_users_are_scored_without_the_estimates_of_their_own_fold(inputs: Tables) -> None:
    """Poisoning what is known with fold 0 in it must not change the scores of fold 0."""
    rows = inputs["known"].to_pylist()
    poisoned = [
        {**row, "accuracy": 1 - row["accuracy"]}
        if row["kind"] == "model" and row["held_out_fold"] not in (-1, 0)
        else row
        for row in rows
    ]
    before = blended(inputs)["scores.ensemble"]
    after = blended({**inputs, "known": pa.Table.from_pylist(poisoned, KNOWN)})["scores.ensemble"]
    folds = dict(zip(*(inputs["folds"][name].to_pylist() for name in ("user_id", "fold")), strict=True))
    fold = np.array([folds.get(user, -1) for user in before["user_id"].to_pylist()])
    changed = before["score"].to_numpy() != after["score"].to_numpy()
    assert not changed[fold <= 0].any()
    assert changed[fold > 0].any()


def test_an_accuracy_that_is_null_is_unknown(inputs: Tables) -> None:
    nothing = pa.Table.from_pylist([{"name": "4.csv", "kind": "submission", "origin": "published"}], KNOWN)
    rows = blended({**inputs, "known": nothing})["features.ensemble_weights"].to_pylist()
    assert {row["origin"] for row in rows} == {"assumed"}


def test_an_input_of_unknown_accuracy_is_left_out_and_said_so(inputs: Tables) -> None:
    without = inputs["predictions"].filter(pa.array([v != "model_3" for v in names_of(inputs)]))
    expected = scores_of(blended({**inputs, "predictions": without}), "scores.ensemble")
    known = inputs["known"].filter(pa.array([n != "model_3" for n in inputs["known"]["name"].to_pylist()]))
    tables = blended({**inputs, "known": known})
    np.testing.assert_array_equal(scores_of(tables, "scores.ensemble"), expected)
    (row,) = [r for r in tables["features.ensemble_weights"].to_pylist() if r["name"] == "model_3"]
    assert (row["weight"], row["origin"], row["accuracy"]) == (0.0, "unknown", None)


def names_of(inputs: Tables) -> list[str]:
    return inputs["predictions"]["model"].to_pylist()


def test_without_known_accuracies_all_inputs_count_the_same(inputs: Tables) -> None:
    nothing = {"known": inputs["known"].slice(0, 0), "submissions": inputs["submissions"].slice(0, 0)}
    tables = blended({**inputs, **nothing})
    rows = tables["features.ensemble_weights"].to_pylist()
    assert {(row["weight"], row["origin"]) for row in rows} == {(0.25, "assumed")}
    assert tables["features.ensemble_estimate"]["accuracy"].to_pylist() == [None]
    assert np.abs(scores_of(tables, "scores.ensemble")).max() <= 1


def test_a_duplicate_is_reported_without_a_weight(inputs: Tables, simulation: Simulation) -> None:
    copies = long("file", {"z.csv": simulation.marks[:, 6]}, pairs_of(simulation))
    copy = {
        "name": "z.csv",
        "kind": "submission",
        "accuracy": 0.9,
        "origin": "published",
        "held_out_fold": -1,
    }
    tables = blended(
        {
            **inputs,
            "submissions": pa.concat_tables([inputs["submissions"], copies]),
            "known": pa.concat_tables([inputs["known"], pa.Table.from_pylist([copy], KNOWN)]),
        }
    )
    (row,) = [r for r in tables["features.ensemble_weights"].to_pylist() if r["name"] == "z.csv"]
    assert (row["weight"], row["duplicate_of"]) == (None, "6.csv")


@pytest.mark.parametrize("damage", ["missing", "twice", "nan", "stranger"])
def test_scores_that_are_not_one_for_each_candidate_are_refused(inputs: Tables, damage: str) -> None:
    predictions = inputs["predictions"]
    stranger = pa.table({"model": ["model_0"], "user_id": [1], "track_id": [2], "score": [0.0]})
    damaged = {
        "missing": predictions.slice(1),
        "twice": pa.concat_tables([predictions, predictions.slice(0, 1)]),
        "nan": predictions.set_column(3, "score", pa.array([np.nan] * len(predictions))),
        "stranger": pa.concat_tables([predictions, stranger.cast(predictions.schema)]),
    }
    with pytest.raises(BuildError, match="not a candidate" if damage == "stranger" else "model_0"):
        blended({**inputs, "predictions": damaged[damage]})


def test_settings_refuse_what_they_do_not_know(inputs: Tables) -> None:
    with pytest.raises(UsageError, match="'magic'"):
        blended(inputs, magic=1)
    with pytest.raises(UsageError, match="'median'"):
        blended(inputs, method="median")
    with pytest.raises(UsageError, match="'magic'"):
        stack(inputs, magic=1)


@pytest.mark.parametrize("learner", [blended, stack])
def test_no_inputs_at_all_are_refused(
    inputs: Tables, learner: Callable[[Tables], Mapping[str, pa.Table]]
) -> None:
    nothing = {name: inputs[name].slice(0, 0) for name in ("predictions", "submissions")}
    with pytest.raises(UnavailableError, match="has no inputs"):
        learner({**inputs, **nothing})


def test_a_stack_is_no_worse_than_its_best_input(inputs: Tables, simulation: Simulation) -> None:
    score = scores_of(stack(inputs), "scores.stacked_ensemble")
    models = {**inputs, "submissions": inputs["submissions"].slice(0, 0)}
    alone = scores_of(stack(models), "scores.stacked_ensemble")
    assert simulation.accuracy(score) > max(simulation.published) - 0.005
    assert simulation.accuracy(alone) > max(simulation.published[:4]) - 0.005


def test_no_label_of_a_user_reaches_the_scores_of_that_user(inputs: Tables) -> None:
    """Turning the labels of one user around changes scores of others, and none of that user's."""
    labels = inputs["labels"]
    victim = labels["user_id"][0].as_py()
    is_victim = np.array(inputs["candidates"]["user_id"].to_pylist()) == victim
    label = labels["label"].to_numpy().copy()
    label[labels["user_id"].to_numpy() == victim] ^= 1
    poisoned = {**inputs, "labels": labels.set_column(2, "label", pa.array(label))}
    before, after = (scores_of(stack(each), "scores.stacked_ensemble") for each in (inputs, poisoned))
    np.testing.assert_array_equal(after[is_victim], before[is_victim])
    assert (after[~is_victim] != before[~is_victim]).any()


def test_users_with_one_kind_of_label_are_not_learned_from(inputs: Tables) -> None:
    labels = inputs["labels"]
    liked_only = labels.filter(pa.array(labels["label"].to_numpy() == 1)).slice(0, 3)
    rest = labels.slice(6)
    both = pa.concat_tables([liked_only, rest])
    np.testing.assert_array_equal(
        scores_of(stack({**inputs, "labels": both}), "scores.stacked_ensemble"),
        scores_of(stack({**inputs, "labels": rest}), "scores.stacked_ensemble"),
    )


@pytest.mark.parametrize("rows", [0, 12])
def test_labels_in_too_few_folds_are_refused(inputs: Tables, rows: int) -> None:
    with pytest.raises(UnavailableError, match="stacked_ensemble needs labels"):
        stack({**inputs, **labelled(inputs["labels"].slice(0, rows))})


def test_three_labelled_users_are_enough(inputs: Tables) -> None:
    tables = stack({**inputs, **labelled(inputs["labels"].slice(0, 18))})
    assert np.isfinite(scores_of(tables, "scores.stacked_ensemble")).all()


def test_families_group_what_correlates_each_with_each() -> None:
    gram = np.array(
        [[1.0, 0.97, 0.2, 0.94], [0.97, 1.0, 0.2, 0.96], [0.2, 0.2, 1.0, 0.1], [0.94, 0.96, 0.1, 1.0]]
    )
    members = families(gram, 0.95)
    assert sorted(tuple(column) for column in (members > 0).T.tolist()) == [
        (False, False, False, True),
        (False, False, True, False),
        (True, True, False, False),
    ]
    np.testing.assert_allclose(members.sum(axis=0), 1)


def test_an_input_that_never_differs_is_a_family_of_its_own() -> None:
    assert families(np.array([[1.0, 0.0], [0.0, 0.0]]), 0.9).shape == (2, 2)
    assert families(np.array([[1.0]]), 0.9).tolist() == [[1.0]]


def test_candidates_are_listed_by_position() -> None:
    table = pa.table({"user_id": [4, 3], "track_id": [1, 2], "position": [2, 1]})
    candidates = CandidateIndex(table)
    assert candidates.scored(np.array([0.5, 0.25])).to_pylist() == [
        {"user_id": 3, "track_id": 2, "score": 0.5},
        {"user_id": 4, "track_id": 1, "score": 0.25},
    ]
