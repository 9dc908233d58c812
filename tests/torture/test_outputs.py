"""No command writes over what it reads, or over any DuckDB file, by whatever name; a refusal changes nothing."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import duckdb
import pytest

from recsys.errors import UsageError
from recsys.outputs import OF_THE_CUP, check_output, replacing
from recsys.sources import directory
from recsys.sources.importing import recipe
from recsys.sources.importing.options import Options
from tests.commands import recsys
from tests.conftest import SMALL
from tests.given import write_directory

SUBMISSION = "TrackID,Predictor\n100_1,1\n100_3,0\n100_4,0\n100_5,1\n101_4,1\n101_99,0\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, small_warehouse: Path) -> Path:
    """A folder with a warehouse, another DuckDB file, submissions, models, and links to them."""
    folder = tmp_path_factory.mktemp("place")
    shutil.copy(small_warehouse, folder / "w.duckdb")
    with duckdb.connect(str(folder / "sales.db")) as connection:
        connection.execute("create table sales as select 1 as amount")
    write_directory(folder / "data", SMALL)
    (folder / "ratings.csv").write_text("user,item,rating\n1,2,5\n2,1,4\n")
    recipe.run(Options([folder / "ratings.csv"], folder / "imported"))
    (folder / "subs").mkdir()
    (folder / "subs" / "a.csv").write_text(SUBMISSION)
    (folder / "scores.csv").write_text("a.csv,0.8\n")
    (folder / "mine.csv").write_text("4,90\n")
    (folder / "link.csv").symlink_to("w.duckdb")
    os.link(folder / "sales.db", folder / "hard.svg")
    (folder / "link.parquet").symlink_to("sales.db")
    return folder


ENSEMBLE = ("ensemble", "subs", "--scores", "scores.csv", "--candidates", "data/testItem2.txt", "--out")
SUBMIT = ("submit", "--warehouse", "w.duckdb", "adaptive")
RECOMMEND = ("recommend", "--warehouse", "w.duckdb", "--all", "--out")
DUCKDB, READ, DATA = (
    "is a DuckDB file, which is never replaced; choose another file",
    "is an input of this command; choose another file",
    "is a file of a data directory; choose another file",
)
REFUSED = [
    ((*SUBMIT, "w.duckdb"), DUCKDB),
    ((*SUBMIT, "link.csv"), DUCKDB),
    ((*SUBMIT, "sales.db"), DUCKDB),
    ((*SUBMIT, "w.duckdb.wal"), DUCKDB),
    ((*SUBMIT, "data"), "is a folder; give a file"),
    ((*SUBMIT, "/dev/null"), "a device"),
    ((*SUBMIT, "data/trainItem2.txt"), DATA),
    ((*RECOMMEND, "imported/ratings.parquet"), DATA),
    (("report", "--warehouse", "w.duckdb", "--out", "imported/dataset.json"), DATA),
    (("sql", "--warehouse", "w.duckdb", "copy (select 1) to 'data/testItem2.txt'"), DATA),
    ((*ENSEMBLE, "scores.csv"), READ),
    ((*ENSEMBLE, "subs/a.csv"), READ),
    ((*ENSEMBLE, "data/testItem2.txt"), READ),
    ((*ENSEMBLE, "sales.db"), DUCKDB),
    ((*RECOMMEND, "link.parquet"), DUCKDB),
    (("recommend", "--warehouse", "w.duckdb", "--ratings", "mine.csv", "--out", "mine.csv"), READ),
    (("graph", "--out", "w.duckdb"), DUCKDB),
    (("graph", "--format", "svg", "--out", "hard.svg"), DUCKDB),
    (("report", "--warehouse", "w.duckdb", "--out", "w.duckdb"), DUCKDB),
    (("report", "--warehouse", "w.duckdb", "--picture", "hard.svg"), DUCKDB),
    (("sql", "--warehouse", "w.duckdb", "copy (select 1) to 'w.duckdb'"), DUCKDB),
    (("sql", "--warehouse", "w.duckdb", "select 1; copy (select 1) to 'link.csv' (header)"), DUCKDB),
    (
        ("sql", "--warehouse", "w.duckdb", "copy (select 1 as a) to '.' (partition_by (a), overwrite)"),
        "has a DuckDB file in it, which is never replaced; choose another folder",
    ),
]


def contents(folder: Path) -> dict[Path, str]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != ".w.duckdb.lock")
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize(("words", "expected"), REFUSED, ids=lambda value: " ".join(value)[:60])
def test_what_is_read_is_not_replaced(words, expected, place):
    before = contents(place)
    found = recsys(*words, cwd=place)
    assert found.returncode == 2, found.stderr
    assert expected in found.stderr
    assert len(found.stderr.splitlines()) == 1
    assert contents(place) == before


def test_an_import_does_not_replace_the_folder_of_its_input(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "dataset.json").write_text("{}")
    ratings = tmp_path / "data" / "ratings.csv"
    ratings.write_text("user,item,rating\n1,2,5\n")
    with pytest.raises(UsageError, match=r"ratings\.csv is in it, and would be replaced"):
        recipe.run(Options([str(ratings)], tmp_path / "data", force=True))
    assert ratings.read_text() == "user,item,rating\n1,2,5\n"


def test_an_output_appears_whole_where_a_link_leads(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "out.csv").write_text("before")
    link = tmp_path / "out.csv"
    link.symlink_to("far/out.csv")
    with replacing(link) as unfinished:
        unfinished.write_text("after")
        assert link.read_text() == "before"
    assert link.is_symlink()
    assert (tmp_path / "far" / "out.csv").read_text() == "after"
    assert sorted(path.name for path in (tmp_path / "far").iterdir()) == ["out.csv"]


def test_an_output_that_fails_leaves_what_was_there(tmp_path):
    out = tmp_path / "out.csv"
    out.write_text("before")
    with pytest.raises(ZeroDivisionError):
        with replacing(out) as unfinished:
            unfinished.write_text("half")
            raise ZeroDivisionError
    assert out.read_text() == "before"
    assert [*tmp_path.iterdir()] == [out]


def test_a_file_in_a_folder_of_inputs_is_an_input(tmp_path):
    (tmp_path / "a.sql").write_text("select 1")
    check_output(tmp_path / "new.svg", [tmp_path])
    with pytest.raises(UsageError, match="is an input of this command; choose another file"):
        check_output(tmp_path / "a.sql", [tmp_path])


def test_all_files_of_the_format_are_known():
    names = [
        name for known in (directory.REQUIRED, directory.OPTIONAL) for of in known.values() for name in of
    ]
    assert all(OF_THE_CUP.fullmatch(name) and OF_THE_CUP.fullmatch(f"{name}.gz") for name in names)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(UsageError, match="its folder does not exist; create it"):
        check_output(tmp_path / "no" / "out.csv")
