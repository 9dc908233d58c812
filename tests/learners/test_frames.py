"""ALS and the classifiers from frames to frames: nothing of the data's size comes to this process."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame
from pyspark.sql.classic import dataframe as classic

from recsys.backends.spark import session as spark_session
from recsys.learners.als import learner as als
from recsys.project import Project
from recsys.project.contract import Context
from recsys.project.rendered import PythonCall
from recsys.sources.directory import OPTIONAL
from tests.learners.pipeline import QUICK
from tests.relations import held

# How a learner's rows move is the same after one alternation and with few trees.
BRIEF = (*QUICK, "als.iterations=1", "random_forest.trees=4")
MOST_ROWS = 60  # that a learner may bring here: folds, counts, shares of features


@dataclass(frozen=True)
class Stored:
    """A relation that can be had as a frame alone."""

    path: Path

    def frame(self, context: Context) -> DataFrame:
        return spark_session.session(context).read.parquet(str(self.path))

    def arrow(self) -> Any:
        raise AssertionError(f"{self.path.stem} came to this process")

    batches = arrow


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Within it, to bring a frame of many rows to this process is an error."""
    bring = classic.DataFrame.collect

    def collect(frame: DataFrame) -> list[Any]:
        rows = bring(frame)
        assert len(rows) <= MOST_ROWS, f"{len(rows)} rows of {frame.columns} came to this process"
        return rows

    def refused(frame: DataFrame, *arguments: object) -> None:
        raise AssertionError(f"{frame.columns} came to this process")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(classic.DataFrame, "collect", collect)
        for name in ("toArrow", "toPandas", "toLocalIterator"):
            patch.setattr(classic.DataFrame, name, refused)
        yield


def call_of(model: str, *overrides: str) -> PythonCall:
    call = Project.load(overrides=(*BRIEF, *overrides), present=OPTIONAL).render(model).call
    assert call is not None
    return call


@pytest.fixture
def written(planted: duckdb.DuckDBPyConnection, context: Context, tmp_path: Path):
    """Runs a model's learner over files, and makes views ``found_...`` of what it gives."""

    def run(model: str) -> Mapping[str, Any]:
        call, inputs = call_of(model), {}
        for argument, relation in call.relations.items():
            path = tmp_path / f"{relation}.parquet"
            planted.execute(f"copy (from {relation}) to '{path}'")
            inputs[argument] = Stored(path)
        learner = getattr(importlib.import_module(f"recsys.{call.module}"), call.function)
        with guarded():
            found = learner(inputs, call.settings, replace(context, has_frames=True))
            for relation, table in found.items():
                write(table, tmp_path / f"found-{relation}")
        for relation in found:
            view, files = f"found_{relation.replace('.', '_')}", f"{tmp_path}/found-{relation}/*.parquet"
            planted.execute(f"create or replace temp view {view} as from '{files}'")
        return found

    return run


def write(table: Any, folder: Path) -> None:
    """A frame by Spark; a table that is small."""
    if isinstance(table, DataFrame):
        table.write.parquet(str(folder))
    else:
        assert table.num_rows <= MOST_ROWS
        folder.mkdir()
        pq.write_table(table, folder / "part.parquet")


def asked(planted: duckdb.DuckDBPyConnection, query: str) -> tuple:
    return planted.execute(query).fetchall()[0]


def test_als_predicts_what_it_does_where_ratings_come_from_this_process(
    written, planted: duckdb.DuckDBPyConnection, context: Context
) -> None:
    name = "features.als_predictions"
    assert isinstance(written(name)[name], DataFrame)
    call = call_of(name, "als.solver=spark")
    inputs = {
        argument: planted.sql(f"from {relation} order by all").to_arrow_table()
        for argument, relation in call.relations.items()
    }
    expected = als.fit_predict(held(inputs), call.settings, context)[name]
    planted.register("expected", expected)
    key = "user_id, track_id, level, item_id"
    count, unmatched, furthest = asked(
        planted,
        "select count(*), count(*) filter (where a.prediction is null or b.prediction is null), "
        "max(abs(a.prediction - b.prediction)) "
        f"from expected as a full join found_features_als_predictions as b using ({key})",
    )
    assert count > MOST_ROWS
    assert unmatched == 0
    assert furthest < 0.01  # of 100


def test_a_classifier_is_as_good_on_frames(written, planted: duckdb.DuckDBPyConnection) -> None:
    name = "random_forest"
    found = written(f"scores.{name}")
    assert {relation for relation, table in found.items() if isinstance(table, DataFrame)} == {
        f"scores.{name}",
        f"features.{name}_nested",
    }
    accuracy = """
        select avg(((place <= count_ / 2)::int = label)::int), count(*) from (
            select user_id, track_id, label, count(*) over (partition by user_id) as count_,
                row_number() over (partition by user_id order by score desc, track_id) as place
            from {0} join staging.truth using (user_id, track_id)
        )"""
    here, there = (asked(planted, accuracy.format(one)) for one in (f"scores.{name}", f"found_scores_{name}"))
    assert there[1] == here[1]
    assert there[0] == pytest.approx(here[0], abs=2 * (here[0] * (1 - here[0]) / here[1]) ** 0.5 + 1e-9)
    for query in (
        "select held_out_fold, count(*) from {} group by all order by all",
        "select user_id, track_id, held_out_fold from {} order by all",
    ):
        one, other = (
            planted.execute(query.format(relation)).fetchall()
            for relation in (f"features.{name}_nested", f"found_features_{name}_nested")
        )
        assert one == other


def test_a_learner_that_brings_the_data_here_fails_these_tests(
    context: Context, planted: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    planted.execute(f"copy (from staging.candidates) to '{tmp_path}/c.parquet'")
    with guarded(), pytest.raises(AssertionError, match="came to this process"):
        spark_session.collect(Stored(tmp_path / "c.parquet").frame(context))
