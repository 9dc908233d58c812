"""The factorisation on one machine: against its normal equations, and against Spark's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from scipy.sparse import csr_array

from recsys.errors import UnavailableError
from recsys.learners.als import kernels as als_kernels
from recsys.learners.als import learner as als
from recsys.learners.als import local as als_local
from recsys.learners.als import spark as als_spark
from recsys.learners.als.factors import AlsSettings
from recsys.project.contract import Context

SETTINGS = AlsSettings(solver="local", rank=3, iterations=6, regularization=0.002, seed=5)


def low_rank(seed: int = 3, users: int = 90, items: int = 60) -> tuple[pa.Table, pa.Table]:
    """Ratings of rank 3 and a little noise, half of them to learn from, half held out; ids 3 and 7 apart."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(users, 3)) @ rng.normal(size=(3, items)) + 0.01 * rng.normal(size=(users, items))
    rows, columns = np.indices(truth.shape).reshape(2, -1)
    table = pa.table(
        {
            "user_id": pa.array(3 * rows, pa.int32()),
            "item_id": pa.array(7 * columns + 2, pa.int32()),
            "rating": truth.ravel(),
        }
    )
    learned = rng.random(truth.size) < 0.5
    return table.filter(pa.array(learned)), table.filter(pa.array(~learned))


def predict(factors: tuple[als.Factors, als.Factors], asked: pa.Table) -> np.ndarray:
    users, items = factors
    rows, columns = users.rows(asked["user_id"].to_numpy()), items.rows(asked["item_id"].to_numpy())
    return np.einsum("ij,ij->i", users.vectors[rows], items.vectors[columns])


def rmse(factors: tuple[als.Factors, als.Factors], asked: pa.Table) -> float:
    return float(np.sqrt(np.mean((predict(factors, asked) - asked["rating"].to_numpy()) ** 2)))


@pytest.mark.parametrize("count", [1, 2, 255, 256, 257, 700])
def test_a_row_solves_its_normal_equations(count: int) -> None:
    """With NumPy, to the last digits of single precision; the row before it has one rating."""
    rng = np.random.default_rng(count)
    factors = rng.normal(size=(800, 5)).astype(np.float32)
    others = np.append(799, rng.permutation(799)[:count]).astype(np.int32)
    ratings = rng.integers(0, 101, count + 1).astype(np.float32)
    begins, solved = np.array([0, 1, count + 1], np.int32), np.zeros((2, 5), np.float32)
    assert als_kernels.solve(begins, others, ratings, factors, 0.3, 1, 2, solved)
    v, r = factors[others[1:]].astype(float), ratings[1:].astype(float)
    expected = np.linalg.solve(v.T @ v + 0.3 * count * np.eye(5), v.T @ r)
    assert solved[1] == pytest.approx(expected, rel=1e-6, abs=1e-6 * abs(expected).max())
    assert not solved[0].any()  # not requested


def test_each_side_is_solved_given_the_other(tmp_path: Path) -> None:
    """The users' factors are the exact answer to the items', as Spark's last step has it."""
    learned, _ = low_rank()
    users, items = als_local.fit(learned, SETTINGS, Context(scratch=tmp_path))
    rated = csr_array(
        (learned["rating"].to_numpy(), (users.rows(learned["user_id"]), items.rows(learned["item_id"])))
    ).toarray()
    for row, found in zip(rated, users.vectors, strict=True):
        v = items.vectors[row != 0].astype(float)
        left = v.T @ v + SETTINGS.regularization * len(v) * np.eye(3)
        assert found == pytest.approx(np.linalg.solve(left, v.T @ row[row != 0]), abs=1e-5)


@pytest.mark.spark
def test_held_out_ratings_of_low_rank_are_found_as_spark_finds_them(context: Context) -> None:
    learned, held_out = low_rank()
    spread = float(np.std(held_out["rating"].to_numpy()))
    here, there = (solver.fit(learned, SETTINGS, context) for solver in (als_local, als_spark))
    assert rmse(here, held_out) < 0.1 * spread
    assert rmse(here, held_out) == pytest.approx(rmse(there, held_out), abs=0.02 * spread)
    assert np.corrcoef(predict(here, held_out), predict(there, held_out))[0, 1] > 0.99
    for mine, sparks in zip(here, there, strict=True):
        assert mine.ids.tolist() == sparks.ids.tolist()


def test_neither_threads_nor_the_order_of_rows_change_a_factor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(als_local, "_BLOCK_RATINGS", 100)
    learned, _ = low_rank()
    shuffled = learned.take(np.random.default_rng(1).permutation(learned.num_rows))
    once = als_local.fit(learned, SETTINGS, Context(scratch=tmp_path, threads=1))
    again = als_local.fit(shuffled, SETTINGS, Context(scratch=tmp_path, threads=3))
    for side, other in zip(once, again, strict=True):
        assert side.vectors.tolist() == other.vectors.tolist()


def test_a_rating_alone_without_a_penalty_has_no_unique_solution(tmp_path: Path) -> None:
    table = pa.table({"user_id": [1], "item_id": [2], "rating": [50]})
    with pytest.raises(UnavailableError, match=r"raise --set als\.regularization"):
        als_local.fit(table, replace(SETTINGS, regularization=0.0), Context(scratch=tmp_path))


@pytest.mark.parametrize(
    ("solver", "master", "expected"),
    [
        ("auto", None, "local"),
        ("auto", "local[2]", "local"),
        ("auto", "spark://host:7077", "spark"),
        ("local", "spark://host:7077", "local"),
        ("spark", None, "spark"),
    ],
)
def test_who_factorises(
    solver: str, master: str | None, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, module in (("local", als_local), ("spark", als_spark)):
        monkeypatch.setattr(module, "fit", lambda *_, name=name: name)
    context = Context(scratch=tmp_path, spark_master=master)
    assert als.fit(low_rank()[0], replace(SETTINGS, solver=solver), context) == expected
