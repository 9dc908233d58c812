"""``recsys forget`` as it is typed: what it prints, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys.cli.commands.forget import _sentences
from recsys.engine.forgetting import Forgotten, Request
from tests.commands import recsys

RATINGS = "user,item,rating,timestamp\nu1,m1,5,30\nu1,m2,1,10\nu2,m1,3,20\nu3,m2,3,20\nu3,m3,4,21\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "ratings.csv").write_text(RATINGS)
    done = recsys("import", tmp_path / "ratings.csv", "--noun", "film", "--out", tmp_path / "data")
    assert done.returncode == 0
    return tmp_path / "data"


def test_items_are_all_words_up_to_the_next_option(data: Path) -> None:
    done = recsys("forget", "u1", "--items", "m2", "m3", "--data", data, "--threads", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"forgot 1 user and 2 films: 4 ratings of {data}",
        "Warehouses built from these data still have them: repeat with --warehouse FILE",
    ]


def test_what_stays_is_said_with_the_command_that_removes_it() -> None:
    request = Request(["u1"], [], Path("data/mine"), Path("mine.duckdb"))
    assert _sentences(request, Forgotten(1, 0, 2, "film", 30, 1500), False) == [
        "forgot 1 user: 2 ratings of data/mine, 1,500 rows in 30 relations of mine.duckdb",
        "What models learned from them, and totals that count them, stay until the next build:",
        "  recsys build --data data/mine --warehouse mine.duckdb",
    ]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["u9"], "no user 'u9' in DATA; did you mean 'u1' or 'u2' or 'u3'?"),
        (["--items", "x"], "no item 'x' in DATA"),
        ([], "give users to forget, or items with --items"),
        (["u1", "--rebuild"], "--rebuild: give the warehouse to build with --warehouse FILE"),
        (["u1", "u2", "u3"], "DATA: no rating would be left; delete the folder instead"),
        (["u1", "--warehouse", "none.duckdb"], "no warehouse at none.duckdb. Create it: recsys build --data DIR "
         "--warehouse none.duckdb"),
    ],
)  # fmt: skip
def test_what_cannot_be_forgotten_is_one_line(data: Path, words: list[str], sentence: str) -> None:
    done = recsys("forget", *words, "--data", data)
    assert done.returncode == 2
    assert done.stderr == f"Error: {sentence.replace('DATA', str(data))}\n"
