"""SQL that reads what was learned means the same on Spark; at what reads none of it, tests/backends/spark looks."""

from __future__ import annotations

import re
from collections.abc import Mapping

import duckdb
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from recsys.backends.spark import session as spark_session
from recsys.backends.spark.connection import settings
from recsys.backends.spark.dialect_lint import complaints
from recsys.backends.spark.translation import translated, view_of
from recsys.project import Project
from recsys.project.contract import Context
from recsys.project.rendered import Rendered
from recsys.sources.directory import OPTIONAL
from tests.backends.spark.compared import is_near
from tests.learners.pipeline import QUICK

TABLES = "select table_catalog, table_schema || '.' || table_name from information_schema.tables"


@pytest.fixture(scope="module")
def places(planted: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The relations of the planted world, by the views that Spark has of them."""
    return {view_of(name): f"{catalog}.{name}" for catalog, name in planted.execute(TABLES).fetchall()}


@pytest.fixture(scope="module")
def session(
    planted: duckdb.DuckDBPyConnection,
    places: Mapping[str, str],
    asked: Mapping[str, Rendered],
    context: Context,
    tmp_path_factory: pytest.TempPathFactory,
) -> SparkSession:
    """A session of Spark with views of the rows that the models read."""
    folder, session = tmp_path_factory.mktemp("views"), spark_session.session(context).newSession()
    for name, value in settings(input_rows=0).items():
        session.conf.set(name, str(value))
    texts = " ".join(translated(rendered.sql).sql for rendered in asked.values())
    for view in places.keys() & set(re.findall(r"\w+__\w+", texts)):
        path = folder / f"{view}.parquet"
        pq.write_table(planted.sql(f"from {places[view]}").to_arrow_table(), path)
        session.read.parquet(str(path)).createOrReplaceTempView(view)
    return session


@pytest.fixture(scope="module")
def asked(places: Mapping[str, str]) -> dict[str, Rendered]:
    """The SQL models that a learner comes before; what is made of all scores, the parity of marts has."""
    project = Project.load(overrides=QUICK, present=OPTIONAL)
    after, found = set[str](), {}
    for name, rendered in project.graph().items():
        parents = project.parents(rendered)
        if rendered.call and rendered.call.module.startswith("learners."):
            after.add(name)
        elif after.intersection(parents):
            after.add(name)
            if rendered.model.layer != "marts" and all(view_of(one) in places for one in [name, *parents]):
                found[name] = rendered
    return found


def test_sql_that_reads_what_was_learned_is_the_same_on_spark(
    planted: duckdb.DuckDBPyConnection, session: SparkSession, asked: Mapping[str, Rendered]
) -> None:
    assert {"scores.taxonomy_factors", "scores.autoencoder_fallback", "scores.ease"} <= set(asked)
    unlike = []
    for name, rendered in asked.items():
        assert list(complaints(rendered.sql)) == []
        columns = [column for column, *_ in planted.execute(f"describe {rendered.sql}").fetchall()]
        ordered = f"select {', '.join(columns)} from {{}} order by {', '.join(rendered.model.key) or 'all'}"
        rows = planted.sql(ordered.format(f"({rendered.sql})")).fetchall()
        planted.register("made", session.sql(translated(rendered.sql).sql).toArrow())
        others = planted.sql(ordered.format("made")).fetchall()
        planted.unregister("made")
        pairs = zip(sum(rows, ()), sum(others, ()), strict=False)
        if len(rows) != len(others) or not all(is_near(one, other) for one, other in pairs):
            unlike.append(name)
    assert unlike == []
