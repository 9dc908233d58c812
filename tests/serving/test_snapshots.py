"""One engine for each published file: a replaced one closes behind its last reader."""

from __future__ import annotations

import shutil
import time

import duckdb
import pytest

from recsys.serving.snapshots import Snapshots


def test_a_replaced_file_closes_behind_its_last_reader(films, tmp_path):
    warehouse = tmp_path / "w.duckdb"
    shutil.copyfile(films("stars"), warehouse)
    snapshots = Snapshots(warehouse)
    with snapshots.reading() as (old, connection):
        shutil.copyfile(warehouse, tmp_path / "new.duckdb").replace(warehouse)
        with snapshots.reading() as (new, other):
            assert new is not old
            assert other.execute("select count(*) > 0 from marts.build").fetchall() == [(True,)]
        assert connection.execute("select count(*) > 0 from marts.build").fetchall() == [(True,)]
    for _ in range(100):
        try:
            connection.execute("select 1").fetchall()
            time.sleep(0.05)
        except duckdb.ConnectionException:
            break
    else:
        pytest.fail("the replaced file stays open")
    with snapshots.reading() as (current, _):
        assert current is new
    snapshots.close()
