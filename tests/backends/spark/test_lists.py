"""Lists for everybody from a cluster: those of one machine, in a folder that is there as a whole or not at all."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from recsys.backends.database import Limits
from recsys.backends.duckdb.connection import reading
from recsys.backends.spark import session as spark_session
from recsys.backends.spark.store import Store
from recsys.cli import program
from recsys.project import Project
from recsys.project.contract import Context
from recsys.serving import query_templates
from recsys.serving.cluster import lists
from recsys.serving.lists import Recommender, RecommendRequest
from recsys.sources.directory import discover
from tests.backends.spark.compared import is_near
from tests.backends.spark.stored import stored
from tests.given import build_sql, write_directory
from tests.serving.test_lists import USERS, files

K = 4
SELECTED = (
    "+staging.users",
    "+staging.items",
    "+staging.albums",
    "+staging.candidates",
    "+hierarchy.*",
    "+priors.*",
)
SELECTED += tuple(f"+features.{name}" for name in ("retrieval_weights", "popular_tracks", "level_tracks"))
OVERRIDES = ("catalogue_ranker.candidates=12",)
BROKEN = (
    "update marts.requests set sql = 'select error(''out of order'') as x' where relation = 'retrieval.best'"
)
# Relations that learners make, as they could be: a build without them takes a second, and one with them twenty.
LEARNED = """
    create schema if not exists learned;
    create table learned.user_factors as
        select distinct user_id, [sin(user_id), cos(user_id)] as factors from staging.ratings;
    create table learned.item_factors as
        select item_id, [cos(item_id), sin(3 * item_id)] as factors, 0.1 * sin(item_id) as bias from hierarchy.items;
    create table learned.history_weights as
        select unnest(['album_rating', 'album_liked', 'artist_rating', 'artist_liked']) as feature,
            unnest([0.5, 0.25, 0.125, 0.1]) as weight;
    create table learned.retrieval_trees as select * replace (threshold::double as threshold, value::double as value)
    from (values
        (0, 0, 'affinity_share', 0.4, 1, 2, true, null),
        (0, 1, null, null, null, null, null, -0.5),
        (0, 2, 'taxonomy_contrast', 0.1, 3, 4, false, null),
        (0, 3, null, null, null, null, null, 0.25),
        (0, 4, null, null, null, null, null, 0.75),
        (1, 0, 'level_value', 80.0, 1, 2, false, null),
        (1, 1, null, null, null, null, null, -0.1),
        (1, 2, null, null, null, null, null, 0.2))
        as trees (tree, node, feature, threshold, left_node, right_node, is_missing_left, value)"""


@pytest.fixture(scope="module")
def of_one_machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("one")
    data, warehouse = write_directory(folder / "data", files()), folder / "w.duckdb"
    build_sql(data, warehouse, selected=SELECTED, overrides=OVERRIDES)
    asked = query_templates.table(Project.load(None, OVERRIDES, discover(data)))
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(LEARNED)
        connection.register("asked", asked)
        connection.execute("create or replace table marts.requests as from asked")
    return warehouse


@pytest.fixture(scope="module")
def warehouse(of_one_machine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stored(of_one_machine, tmp_path_factory.mktemp("cluster") / "w.duckdb")


@pytest.fixture
def recommend(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What the command says of lists for everybody; ``status`` is how it is to end."""

    def run(warehouse: Path, *options: object, status: int = 0) -> str:
        command = ["recommend", "--all", "-k", K, "--warehouse", warehouse, *options]
        monkeypatch.setattr(sys, "argv", ["recsys", *map(str, command)])
        if status == 0:
            program.run()
            return capfd.readouterr().out
        with pytest.raises(SystemExit) as end:
            program.run()
        said = capfd.readouterr().err
        assert (end.value.code, said.count("\n")) == (status, 1), said
        return said

    return run


@pytest.fixture(autouse=True)
def unchanged(warehouse: Path, tmp_path: Path) -> Iterator[None]:
    """Whatever happens, the store has what it had, and nothing hidden lies beside the lists."""
    before = sorted(warehouse.parent.rglob("*"))
    yield
    assert sorted(warehouse.parent.rglob("*")) == before
    assert not [*tmp_path.glob(".*")]


@pytest.mark.parametrize("options", [("affinity",), ("catalogue_ranker", "--include-rated")])
def test_lists_are_those_of_one_machine(
    cluster: str,
    of_one_machine: Path,
    warehouse: Path,
    recommend,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
) -> None:
    """By affinity whether or not there is a Python on the workers."""
    if options == ("affinity",):
        monkeypatch.setattr(
            spark_session.session(Context(scratch=tmp_path)).sparkContext, "pythonExec", "/no/python"
        )
    one, other = tmp_path / "one.parquet", tmp_path / "lists"
    said = recommend(of_one_machine, "--out", one, "--model", *options)
    on_cluster = "--engine", "spark", "--master", cluster
    assert recommend(warehouse, "--out", other, "--model", *options, *on_cluster) == said.replace(
        str(one), str(other)
    )
    columns = duckdb.sql(f"describe from '{one}'").fetchall()
    assert duckdb.sql(f"describe from '{other}/*.parquet'").fetchall() == columns
    expected = duckdb.sql(f"from '{one}'").fetchall()
    found = duckdb.sql(f"from '{other}/*.parquet'").fetchall()
    assert len(expected) == K * len(USERS)
    assert all(all(map(is_near, *rows)) for rows in zip(found, expected, strict=True))


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ("--engine spark", "--engine spark needs --master; give local[N], spark://HOST:PORT"),
        ("--engine spark --master here", "--master here: give local[N]"),
        ("--engine spark --master spark://127.0.0.1:1", "no Spark master answers"),
        ("--master local[2]", "--master local[2]: only for --engine spark"),
        ("--engine spark --master local[2] --model magic", "magic: no such model"),
    ],
)
def test_no_cluster_is_one_line(
    cluster: str, warehouse: Path, recommend, tmp_path: Path, options: str, complaint: str
) -> None:
    assert complaint in recommend(warehouse, "--out", tmp_path / "lists", *options.split(), status=2)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("out", "complaint"),
    [
        ("file", "file: is a file; give a folder for the workers' files"),
        ("full", "full: has files in it; give a new or empty folder"),
        ("none/lists", "none/lists: its folder does not exist; create it"),
    ],
)
def test_no_place_for_the_lists_is_one_line(
    cluster: str, warehouse: Path, recommend, tmp_path: Path, out: str, complaint: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "part-0.parquet").touch()
    before = sorted(tmp_path.rglob("*"))
    on_cluster = "--engine", "spark", "--master", cluster
    assert complaint in recommend(warehouse, "--out", tmp_path / out, *on_cluster, status=2)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_warehouse_of_one_machine_is_one_line(
    cluster: str, of_one_machine: Path, recommend, tmp_path: Path
) -> None:
    on_cluster = "--engine", "spark", "--master", cluster
    said = recommend(of_one_machine, "--out", tmp_path / "lists", *on_cluster, status=2)
    assert "has no store that workers read: `recsys build --engine spark`" in said


@pytest.mark.parametrize("name", ["staging.ratings", "features.retrieval_weights"])
def test_files_of_the_store_that_are_damaged_or_gone_are_one_line(
    cluster: str, warehouse: Path, recommend, tmp_path: Path, name: str
) -> None:
    given = "--out", tmp_path / "lists", "--engine", "spark", "--master", cluster, "--model", "affinity"
    (file,) = warehouse.parent.glob(f"**/{name}/part-0.parquet")
    whole, moved = file.read_bytes(), file.parent.rename(tmp_path / "moved")
    gone = recommend(warehouse, *given, status=2)
    moved.rename(file.parent)
    file.write_bytes(whole[:40])
    damaged = recommend(warehouse, *given, status=2)
    file.write_bytes(whole)
    assert f"{file.parent}: missing from the store; build again with recsys build --engine spark" in gone
    assert f"{file.parent}: damaged files in the store (" in damaged
    assert "remove this folder and run recsys build --engine spark" in damaged


def test_a_cluster_is_for_everybody(warehouse: Path, monkeypatch: pytest.MonkeyPatch, capfd) -> None:
    command = ["recsys", "recommend", "7", "--engine", "spark", "--warehouse", str(warehouse)]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit, match="2"):
        program.run()
    assert capfd.readouterr().err == "Error: --engine spark makes lists of all users only; add --all\n"


@pytest.mark.parametrize("kind", ["no Python", "no packages"])
def test_a_worker_that_cannot_ask_trees_is_one_line(
    cluster: str, warehouse: Path, recommend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    python = tmp_path / "bin" / "python3"
    python.parent.mkdir()
    if kind == "no packages":
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
        python.chmod(0o755)
    context = spark_session.session(Context(scratch=tmp_path)).sparkContext
    monkeypatch.setattr(context, "pythonExec", str(python))
    given = "--out", tmp_path / "lists", "--engine", "spark", "--master", cluster
    said = recommend(warehouse, *given, "--model", "catalogue_ranker", status=2)
    assert "a worker cannot make retrieval.scores_catalogue_ranker in Python (" in said
    assert "pip install recsys==" in said
    assert f"for {python}" in said
    assert not (tmp_path / "lists").exists()


def test_a_failure_leaves_nothing(cluster: str, warehouse: Path, recommend, tmp_path: Path) -> None:
    broken = tmp_path / "broken.duckdb"
    broken.write_bytes(warehouse.read_bytes())
    with duckdb.connect(str(broken)) as connection:
        connection.execute(BROKEN)
    given = "--out", tmp_path / "lists", "--engine", "spark", "--master", cluster, "--model", "affinity"
    assert recommend(broken, *given, status=1) == "best: out of order\n"
    assert not (tmp_path / "lists").exists()


def test_an_interruption_leaves_nothing(cluster: str, warehouse: Path, tmp_path: Path) -> None:
    def stopped(fraction: float, message: str) -> None:
        if message != "users":
            raise KeyboardInterrupt

    request, place = RecommendRequest(K, "affinity"), lists.Cluster(cluster, Limits(2, "1GB"))
    with reading(warehouse) as connection, pytest.raises(KeyboardInterrupt):
        lists.write(Recommender(connection), request, tmp_path / "lists", place, stopped)
    assert not (tmp_path / "lists").exists()


def test_a_build_leaves_alone_what_is_being_made_and_clears_what_was_killed(tmp_path: Path) -> None:
    making, building = (Store(tmp_path / "store", letter * 32) for letter in "ab")
    with making.borrowed():
        building.open([])
        assert making.scratch("").is_dir()
    assert not (tmp_path / "store" / making.build_id).exists()
    making.open(None)
    (tmp_path / "store" / making.build_id / "lock").touch()
    building.open([])
    assert not (tmp_path / "store" / making.build_id).exists()
