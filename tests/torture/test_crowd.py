"""Many readers, two writers, and locks of the dead."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys

import duckdb
import pytest

from recsys.backends.database import Limits
from recsys.backends.duckdb.connection import reading
from recsys.backends.duckdb.database import Writer
from recsys.engine.publish import Workplace
from recsys.errors import UsageError
from tests.given import build_sql
from tests.torture.crowd import crowd
from tests.torture.programs import ROOT

READERS = 4  # `python -m tests.torture` has more
HOLDER = """
import sys, time
from pathlib import Path
from recsys.engine.publish import Workplace
with Workplace(Path(sys.argv[1])).held():
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def warehouse(world, tmp_path):
    return shutil.copy(world.built_before, tmp_path / "w.duckdb")


def test_readers_see_whole_builds_while_builds_are_published(world, warehouse):
    answered, seen = crowd(world, warehouse, builds=2, count=READERS)
    assert answered >= 2 * READERS
    assert seen == 2


def test_a_lock_of_a_dead_process_is_taken_over(world, warehouse):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, warehouse], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        with pytest.raises(UsageError, match=f"another build is running .process {holder.pid}."):
            build_sql(world.after, warehouse)
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.communicate()
    build_sql(world.after, warehouse)


def test_a_build_that_reads_its_own_file_keeps_its_lock(world, warehouse):
    """DuckDB's own lock is lost when its process opens and closes the file otherwise; ours is of another file."""
    with Workplace(warehouse).held() as workplace:
        writer = Writer(workplace.database, Limits(1, "1GB"), workplace.spill)
        writer.run("create table t as select 1 as x")
        workplace.database.read_bytes()
        with pytest.raises(UsageError, match="another build is running"):
            build_sql(world.after, warehouse)
        assert writer.value("select x from t") == 1
        writer.close()


def test_a_reader_that_hashes_the_file_reads_on(warehouse):
    """The published file is never written to, so the lock that the reader thereby loses guards nothing."""
    with reading(warehouse) as connection:
        before = connection.sql("from priors.overall").fetchall()
        warehouse.read_bytes()
        assert connection.sql("from priors.overall").fetchall() == before


def test_somebody_who_writes_to_the_warehouse_is_told_of(world, warehouse):
    """Another client with the file open for writing: readers and builds get one line."""
    held = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    client = subprocess.Popen(
        [sys.executable, "-c", held, warehouse], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert client.stdout is not None and client.stdout.readline() == "held\n"
        with pytest.raises(UsageError, match="in use by another program .*; close that first"):
            with reading(warehouse):
                pass
        with pytest.raises(UsageError, match="in use by another program .*; close that first"):
            build_sql(world.after, warehouse)
    finally:
        client.communicate()
    build_sql(world.after, warehouse)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        assert connection.sql("select count(*) from staging.ratings").fetchall() == [(6,)]
