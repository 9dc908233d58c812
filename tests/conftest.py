"""Fixtures that several test files share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests import cache
from tests.given import build_sql, write_directory
from tests.java import SHORT_LIVED

# Commands run as in a plain terminal, whatever the environment of the tests; some tests set another one.
os.environ.update(LC_ALL="C.UTF-8", TERM="xterm", JAVA_TOOL_OPTIONS=SHORT_LIVED)
for variable in ("PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"):
    os.environ.pop(variable, None)

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

LEARNED = ("+features.ranking", "+features.artist_siblings")  # relations of learners that SQL models read

# Markers by folder or file, so that `make quick` knows what takes long. A test may carry a marker of its own.
MARKERS = {
    "tests/backends/spark": "spark",
    "tests/learners/lists/test_cluster.py": "spark",
    "tests/learners/test_frames.py": "spark",
    "tests/learners/test_peers.py": "spark",
    "tests/learners/test_sql_on_spark.py": "spark",
    "tests/docs_site": "docs",
    "tests/test_architecture.py": "docs",
    "tests/test_contributing.py": "docs",
    "tests/test_examples.py": "docs",
    "tests/test_pictures.py": "docs",
    "tests/test_readme.py": "docs",
    "tests/test_site.py": "docs",
    "tests/backends/test_duckdb.py": "slow",
    "tests/backends/test_formats.py": "slow",
    "tests/cli": "slow",
    "tests/engine": "slow",
    "tests/main": "slow",
    "tests/report": "slow",
    "tests/project/test_scenario.py": "slow",
    "tests/serving": "slow",
    "tests/sources": "slow",
    "tests/sql/test_against_reference.py": "slow",
    "tests/sql/test_staging.py": "slow",
    "tests/sql/test_submissions.py": "slow",
    "tests/synthetic": "slow",
    "tests/test_import_ratings.py": "slow",
    "tests/torture": "slow",
    "tests/ui": "slow",
}
BY_FIXTURE = {"browser": "browser", "cluster": "spark", "poisoned": "slow", "odd": "slow"}

# Folders whose files share what takes long to make.
TOGETHER = ("tests/learners", "tests/backends/spark")

# Folders and files that begin, the longest first: no process is to have a long one left when the other has nothing to do.
FIRST = (
    "tests/backends/spark",
    "tests/learners",
    "tests/test_readme.py",
    "tests/ui/test_explorer_browser.py",
    "tests/sql/test_staging.py",
    "tests/torture",
    "tests/engine",
    "tests/cli",
    "tests/serving",
    "tests/sources",
    "tests/main",
    "tests/docs_site",
    "tests/report",
    "tests/test_contributing.py",
    "tests/test_examples.py",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark each test by where it is and by the fixtures that it uses; put those of `FIRST` in front."""
    items.sort(key=lambda item: _turn(item.path.relative_to(config.rootpath).as_posix()))
    for item in items:
        place = item.path.relative_to(config.rootpath).as_posix()
        found = {mark for start, mark in MARKERS.items() if f"{place}/".startswith(f"{start}/")}
        found |= {mark for name, mark in BY_FIXTURE.items() if name in getattr(item, "fixturenames", ())}
        for mark in found:
            item.add_marker(mark)


def _turn(place: str) -> int:
    """Return the place of a file or its folder in `FIRST`, or the end."""
    return next((turn for turn, start in enumerate(FIRST) if f"{place}/".startswith(f"{start}/")), len(FIRST))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Run the tests of a file in one process, and those of a folder of ``TOGETHER``."""
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
def small_warehouse(
    small_data: Path, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Path:
    """Its warehouse, SQL half only. Read it; a test that builds makes its own."""
    out = tmp_path_factory.mktemp("warehouse") / "small.duckdb"
    return cache.warehouse(pytestconfig, "small", str(SMALL), lambda path: build_sql(small_data, path), out)


@pytest.fixture(scope="session")
def schemas(
    small_data: Path,
    small_warehouse: Path,
    tmp_path_factory: pytest.TempPathFactory,
    pytestconfig: pytest.Config,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """An open warehouse, for the columns and types of its relations, those that only learners read among them."""

    def make(path: Path) -> None:
        shutil.copy(small_warehouse, path)
        build_sql(small_data, path, sql_only=False, selected=LEARNED)

    out = tmp_path_factory.mktemp("schemas") / "schemas.duckdb"
    path = cache.warehouse(pytestconfig, "schemas", f"{SMALL} {LEARNED}", make, out)
    connection = duckdb.connect(str(path), read_only=True)
    yield connection
    connection.close()
