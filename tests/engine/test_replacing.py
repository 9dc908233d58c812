"""What is replaced keeps mode and links, and what was deleted leaves no bytes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import duckdb
import pytest

import recsys
from recsys.errors import ForeignFileError, UsageError
from recsys.outputs import replacing
from tests.given import build_sql

RATINGS = ["ann,x,5", "ann,y,4", "bob,x,3", "bob,z,5", "zebediah-quill,y,5", "zebediah-quill,z,4"]
SELECT = {"selected": ("staging.*", "priors.*", "hierarchy.*", "+marts.item_facts")}


def imported(folder: Path, rows: list[str]) -> Path:
    (folder / "ratings.csv").write_text("\n".join(["user,item,rating", *rows, ""]))
    recsys.import_ratings(folder / "ratings.csv", folder / "data", force=True, scale=(1, 5))
    return folder / "data"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_user_who_is_left_out_leaves_no_bytes(tmp_path):
    warehouse = tmp_path / "w.duckdb"
    build_sql(imported(tmp_path, RATINGS), warehouse, **SELECT)
    assert b"zebediah-quill" in warehouse.read_bytes()
    build_sql(imported(tmp_path, RATINGS[:-2]), warehouse, **SELECT)
    assert b"zebediah-quill" not in warehouse.read_bytes()
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        assert connection.sql("select free_blocks from pragma_database_size()").fetchall() == [(0,)]
        assert connection.sql("select count(*) from staging.users").fetchall() == [(2,)]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *(".w.duckdb.lock", "compiled", "data", "ratings.csv", "w.duckdb"),
    ]


def test_a_link_to_a_warehouse_stays_a_link_and_modes_stay(tmp_path):
    (tmp_path / "far").mkdir()
    real, link = tmp_path / "far" / "real.duckdb", tmp_path / "w.duckdb"
    link.symlink_to(real)
    build_sql(imported(tmp_path, RATINGS), link, **SELECT)
    assert link.is_symlink()
    real.chmod(0o640)
    before = real.stat()
    build_sql(imported(tmp_path, RATINGS[:-1]), link, **SELECT)
    assert link.is_symlink()
    assert (mode(real), real.stat().st_gid) == (0o640, before.st_gid)
    assert real.stat().st_ino != before.st_ino
    with recsys.open(link) as warehouse:
        assert warehouse.sql("select count(*) from staging.ratings").fetchall() == [(5,)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_owner_and_group_stay(tmp_path):
    out = tmp_path / "out.csv"
    out.write_text("old")
    os.chown(out, 12345, 23456)
    with replacing(out) as unfinished:
        unfinished.write_text("new")
    assert (out.read_text(), out.stat().st_uid, out.stat().st_gid) == ("new", 12345, 23456)


@pytest.mark.parametrize("bits", [0o600, 0o640, 0o444, 0o755])
def test_an_output_keeps_its_mode_and_is_private_until_then(tmp_path, bits):
    real, link = tmp_path / "real.csv", tmp_path / "out.csv"
    real.write_text("old")
    real.chmod(bits)
    link.symlink_to(real)
    with replacing(link) as unfinished:
        assert mode(unfinished) == 0o600
        unfinished.write_text("new")
    assert (real.read_text(), mode(real), link.is_symlink()) == ("new", bits, True)


def test_imported_data_keep_mode_and_link(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "far" / "data")
    imported(tmp_path, RATINGS)
    (tmp_path / "far" / "data").chmod(0o700)
    imported(tmp_path, RATINGS[:-1])
    assert (tmp_path / "data").is_symlink()
    assert mode(tmp_path / "far" / "data") == 0o700


def test_a_file_that_this_process_has_open_is_not_damaged(tmp_path):
    warehouse = tmp_path / "w.duckdb"
    data = imported(tmp_path, RATINGS)
    build_sql(data, warehouse, **SELECT)
    with duckdb.connect(str(warehouse)) as other:
        with pytest.raises(ForeignFileError, match="this process has it open already") as caught:
            recsys.open(warehouse)
        assert "full-refresh" not in str(caught.value)
        with pytest.raises(UsageError, match="this process has it open already"):
            build_sql(data, warehouse, **SELECT)
        assert other.sql("select count(*) from staging.ratings").fetchall() == [(6,)]


@pytest.mark.parametrize("name", ["ratings.csv", "u.data", "a.inter", "plays.tsv.gz", "events.jsonl"])
def test_a_folder_of_tables_is_to_be_imported_first(tmp_path, name):
    (tmp_path / "tables").mkdir()
    for file in ("items.csv", name):
        (tmp_path / "tables" / file).write_text("user,item\na,1\n")
    expected = rf"tables: is not a data directory; import {name} first: recsys import .*{name} --out"
    with pytest.raises(UsageError, match=expected):
        build_sql(tmp_path / "tables", tmp_path / "w.duckdb")
