"""A warehouse of views over a store answers as one of tables does, whatever people ask it."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from starlette.testclient import TestClient

import recsys
from recsys.backends.duckdb.connection import reading
from recsys.cli import program
from recsys.report import page
from recsys.serving.sandbox import Limits
from recsys.ui.app import application
from tests.backends.spark.compared import is_near

PAIR = "select user_id, track_id from staging.candidates order by all limit 1"
RATED = "select track_id from staging.tracks join staging.ratings on item_id = track_id order by all limit 1"


@pytest.fixture(scope="module")
def warehouses(
    on_duckdb: Path, on_spark: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """Copies: a process has a file open with one set of settings at a time, and `evaluate` adds to it."""
    folder = tmp_path_factory.mktemp("answers")
    paths = folder / "duckdb.duckdb", folder / "spark.duckdb"
    for one, path in zip((on_duckdb, on_spark), paths, strict=True):
        shutil.copyfile(one, path)
    return paths


@pytest.fixture(scope="module")
def pair(on_duckdb: Path) -> tuple[int, int]:
    with duckdb.connect(str(on_duckdb), read_only=True) as warehouse:
        return warehouse.execute(PAIR).fetchone()


@pytest.fixture(scope="module")
def rated(on_duckdb: Path) -> int:
    with duckdb.connect(str(on_duckdb), read_only=True) as warehouse:
        return warehouse.execute(RATED).fetchone()[0]


@pytest.fixture
def said(
    warehouses: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., list[str]]:
    """What a command prints of each of the two."""

    def run(*arguments: object) -> list[str]:
        texts = []
        for warehouse in warehouses:
            command = ["recsys", *map(str, arguments), "--warehouse", str(warehouse)]
            monkeypatch.setattr(sys, "argv", command)
            program.run()
            texts.append(capsys.readouterr().out)
        return texts

    return run


def test_commands_print_the_same(said: Callable[..., list[str]], pair: tuple[int, int], rated: int) -> None:
    for command in (
        ("explain", *pair),
        ("recommend", pair[0], "-k", 5),
        ("recommend", "--ratings", f"{rated}=90", "-k", 5),
        ("similar", rated),
        ("sql", "select model, accuracy, users from marts.leaderboard order by all"),
        ("evaluate",),
        ("sql", "from marts.recommendations order by all"),
    ):
        one, other = map(json.loads, said(*command, "--json"))
        assert one, command
        for row in (*one, *other):
            row.pop("seconds", None)
        assert is_same(one, other), command


def test_the_leaderboard_is_printed(said: Callable[..., list[str]]) -> None:
    one, other = said("leaderboard")
    assert "adaptive" in one
    seconds = re.compile(r" +\d+\.\d(?= *[█▏▎▍▌▋▊▉]* *$)", re.MULTILINE)  # the last column before the bars
    assert seconds.search(one)
    assert seconds.sub("", one) == seconds.sub("", other)


def test_submissions_and_lists_for_everybody_are_the_same_files(
    warehouses: tuple[Path, Path], said: Callable[..., list[str]], tmp_path: Path
) -> None:
    outs = [tmp_path / "one.csv", tmp_path / "other.csv"]
    for name, options in (("submit", ["adaptive"]), ("recommend", ["--all", "-k", "3", "--out"])):
        for out in outs:
            said(name, *options, out)
        # said() asks the warehouse of DuckDB first, and that of Spark last
        assert outs[0].read_bytes() == outs[1].read_bytes()


def test_the_report_and_the_catalogue_are_whole(warehouses: tuple[Path, Path], tmp_path: Path) -> None:
    left_out = [page.write(warehouse, tmp_path / f"{warehouse.stem}.html") for warehouse in warehouses]
    assert left_out[0] == left_out[1]


def test_the_explorer_shows_the_same(
    warehouses: tuple[Path, Path], pair: tuple[int, int], rated: int
) -> None:
    user, track = pair
    paths = (
        "/",
        "/search?q=1",
        f"/users/{user}",
        f"/users/{user}/lists",
        f"/users/{user}/tracks/{track}",
        f"/tracks/{rated}",
        "/models/adaptive",
        "/sql?query=select+count(*)+from+staging.ratings",
        f"/api/recommend?user={user}",
        f"/api/similar?item={rated}",
        f"/api/explain?user={user}&item={track}",
    )
    clients = [
        TestClient(application(one, Limits(seconds=60), seed=1), base_url="http://127.0.0.1:8350")
        for one in warehouses
    ]
    for path in paths:
        one, other = (client.get(path) for client in clients)
        assert (one.status_code, other.status_code) == (200, 200), (path, other.text[-2000:])
        if path.startswith("/api"):
            assert is_same(one.json(), other.json()), path


def is_same(one: object, other: object) -> bool:
    """The same lists, objects and values, reals to 1e-9."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(is_same, one, other))
    return is_near(one, other)


def test_the_library_answers(warehouses: tuple[Path, Path], pair: tuple[int, int]) -> None:
    answers = []
    for path in warehouses:
        with recsys.open(path) as warehouse:
            answers.append(
                [
                    warehouse.leaderboard().fetchall(),
                    warehouse.explain(*pair).fetchall(),
                    warehouse.recommend([pair[0]], k=5).fetchall(),
                    warehouse.predictions("adaptive").fetchall(),
                    warehouse.sql("from submission('adaptive')").fetchall(),
                ]
            )
    assert is_same(*answers)


def test_a_guarded_reader_sees_the_store_and_nothing_else(on_spark: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    with recsys.open(on_spark) as warehouse:
        expected = warehouse.sql("select count(*) from staging.ratings").fetchall()
    with reading(on_spark, guarded=True) as connection:
        assert connection.sql("select count(*) from staging.ratings").fetchall() == expected
        with pytest.raises(duckdb.PermissionException):
            connection.sql(f"from read_csv('{tmp_path}/secret.csv')").fetchall()
