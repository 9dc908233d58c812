"""The examples run, each beside a warehouse."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
TESTED = {"films.py", "plain_sql.sql", "polars_reads_it.py"}


@pytest.fixture
def folder(small_warehouse, tmp_path):
    """A folder with the small warehouse where the examples look for one."""
    (tmp_path / "warehouse").mkdir()
    shutil.copyfile(small_warehouse, tmp_path / "warehouse" / "recsys.duckdb")
    return tmp_path


def test_every_example_is_tested():
    assert {path.name for path in EXAMPLES.iterdir() if path.is_file()} == TESTED


def test_polars_reads_a_warehouse(folder):
    command = [sys.executable, EXAMPLES / "polars_reads_it.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "adaptive" in done.stdout
    lists = duckdb.sql(
        """select count(*), count(distinct "user") from read_parquet($1)""",
        params=[str(folder / "top.parquet")],
    )
    assert lists.fetchall()[0][1] == 2


def test_the_oldest_client_runs_the_plain_sql(folder):
    client = Path(sys.executable).with_name("duckdb")
    with (EXAMPLES / "plain_sql.sql").open() as script:
        done = subprocess.run(
            [client, "-bail"], stdin=script, cwd=folder, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "own rating" in done.stdout
    assert (folder / "submission.csv").read_text().startswith("TrackID,Predictor\n100_")
