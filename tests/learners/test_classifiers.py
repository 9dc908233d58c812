"""The classifiers by scikit-learn and by Spark: the same questions, parameters and answers."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from recsys.backends.spark import session as spark_session
from recsys.errors import UnavailableError, UsageError
from recsys.learners.common.settings import solver
from recsys.project import Project
from recsys.project.contract import Context
from recsys.sources.directory import OPTIONAL
from tests.learners.pipeline import QUICK
from tests.relations import held


def made(planted: duckdb.DuckDBPyConnection, context: Context, name: str, by: str) -> dict[str, pa.Table]:
    project = Project.load(overrides=(*QUICK, f"classifiers.solver={by}"), present=OPTIONAL)
    call = project.render(f"scores.{name}").call
    assert call is not None
    inputs = {
        argument: planted.sql(f"from {relation} order by all").to_arrow_table()
        for argument, relation in call.relations.items()
    }
    learner = getattr(importlib.import_module(f"recsys.{call.module}"), call.function)
    return learner(held(inputs), call.settings, context)


def sorted_by_ids(table: pa.Table) -> pa.Table:
    return table.sort_by([(name, "ascending") for name in table.column_names if name != "score"])


def upper_half(table: pa.Table) -> np.ndarray:
    """Whether each score is above what half of all are."""
    scores = table["score"].to_numpy()
    return scores > np.median(scores)


@pytest.mark.spark
@pytest.mark.parametrize("name", ["logistic_regression", "gradient_boosted_trees"])
def test_spark_gives_what_scikit_learn_gives(
    planted: duckdb.DuckDBPyConnection, context: Context, name: str
) -> None:
    here, there = (made(planted, context, name, by) for by in ("local", "spark"))
    assert here.keys() == there.keys()
    for relation in (f"scores.{name}", f"features.{name}_nested"):
        one, other = sorted_by_ids(here[relation]), sorted_by_ids(there[relation])
        assert one.drop(["score"]).equals(other.drop(["score"]))
        if name == "logistic_regression":  # a convex problem, which has one solution
            assert np.abs(one["score"].to_numpy() - other["score"].to_numpy()).max() < 0.02
        assert (upper_half(one) == upper_half(other)).mean() > 0.9
    for relation, columns in {
        "tuning": ["parameters", "fold", "is_final"],
        "importance": ["feature"],
    }.items():
        one, other = here[f"features.{name}_{relation}"], there[f"features.{name}_{relation}"]
        assert one.select(columns).equals(other.select(columns))
    shares = [tables[f"features.{name}_importance"]["importance"].to_numpy() for tables in (here, there)]
    assert [share.sum() for share in shares] == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize(
    ("chosen", "master", "has_frames", "expected"),
    [
        ("auto", None, False, "local"),
        ("auto", "local[2]", False, "local"),
        ("auto", "spark://host:7077", False, "spark"),
        ("auto", "local[2]", True, "spark"),
        ("local", "spark://host:7077", True, "local"),
        ("spark", None, False, "spark"),
    ],
)
def test_what_trains(
    context: Context, chosen: str, master: str | None, has_frames: bool, expected: str
) -> None:
    assert solver(chosen, replace(context, spark_master=master, has_frames=has_frames)) == expected


@pytest.mark.slow
def test_spark_where_there_is_none_is_told_of_in_one_line(
    planted: duckdb.DuckDBPyConnection, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark_session, "_running", None)
    for module in [name for name in sys.modules if name.split(".")[0] in ("pyspark", "py4j")]:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(
        UnavailableError, match=r"Spark is not installed .*pip install 'recsys\[spark\]'"
    ) as told:
        made(planted, context, "decision_tree", "spark")
    assert "\n" not in str(told.value)


def test_another_solver_is_refused() -> None:
    with pytest.raises(UsageError, match="solver"):
        Project.load(overrides=["classifiers.solver=weka"])
