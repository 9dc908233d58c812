"""Fixtures that several test files share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.given import build_sql, write_directory

SMALL = {
    "trackData2.txt": "1|10|20|30|31\n2|10|None\n3|None|None|31\n4|11|21|30\n5|12|None|31\n",
    "albumData2.txt": "10|20|30\n11|None\n12|22|31\n",
    "artistData2.txt": "20\n21\n22\n",
    "genreData2.txt": "30\n31\n",
    "trainItem2.txt": "100|4\n10\t90\n30\t70\n2\t80\n22\t0\n101|2\n21\t50\n31\t100\n",
    "testItem2.txt": "100|4\n1\n3\n4\n5\n101|2\n4\n99\n",
    "test2_new.txt": "100|1|1\n100|3|0\n100|4|0\n100|5|1\n",
    "truth2.txt": "100|1|1\n100|3|0\n100|4|0\n100|5|1\n101|4|1\n101|99|0\n",
}


# Folders whose files share what takes long to make.
TOGETHER = ("tests/learners", "tests/backends/spark")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Where tests run in several processes, those of a file run in one, and those of a folder of ``TOGETHER``."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::", 1)[0]
            return next((folder for folder in TOGETHER if file.startswith(f"{folder}/")), file)

    return ByFile(config, log)


@pytest.fixture(scope="session")
def small_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory small enough to work out by hand."""
    return write_directory(tmp_path_factory.mktemp("small") / "data", SMALL)


@pytest.fixture(scope="session")
def small_warehouse(small_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its warehouse, SQL half only. Read it; a test that builds makes its own."""
    warehouse = tmp_path_factory.mktemp("warehouse") / "small.duckdb"
    build_sql(small_data, warehouse)
    return warehouse


@pytest.fixture(scope="session")
def schemas(
    small_data: Path, small_warehouse: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """An open warehouse, for the columns and types of its relations, those that only learners read among them.

    It is a copy: DuckDB lets a process open one file only with one set of settings at a time.
    """
    copy = Path(shutil.copy(small_warehouse, tmp_path_factory.mktemp("schemas") / "copy.duckdb"))
    build_sql(small_data, copy, sql_only=False, selected=("+features.ranking", "+features.artist_siblings"))
    connection = duckdb.connect(str(copy), read_only=True)
    yield connection
    connection.close()
