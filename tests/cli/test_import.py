"""``recsys import`` as it is typed: what it prints, what it refuses and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.terminal import on_terminal
from tests.commands import recsys

RATINGS = "userId,movieId,rating,timestamp\nu1,m1,5,30\nu1,m2,1,10\nu2,m1,3,20\n"
FILMS = "movieId,title,genres\nm1,First,Comedy|Drama\nm2,Second,\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ratings.csv").write_text(RATINGS)
    (tmp_path / "films.csv").write_text(FILMS)
    return tmp_path


def test_it_tells_what_it_took_for_what_and_what_to_type_next(folder: Path) -> None:
    out = folder / "data"
    done = recsys(
        "import", folder / "ratings.csv", "--items", folder / "films.csv", "--out", out, "--name", "title"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "detected: user = userId, item = movieId, rating = rating, time = timestamp",
        "detected in the items file: item = movieId, name = title (given), genres = genres",
        "feedback: ratings from 1 to 5 (values of rating are on a scale); ratings of 4 and more count as likes",
        f"all 2 rated items are in {folder / 'films.csv'}",
        "warning: no user has 6 likes (most: 1): models can hardly be compared",
        "warning: 1 user and 1 item with a single row",
        f"wrote {out}: 3 ratings of 2 items, 2 genres by 2 users",
        f"  recsys build --data {out}",
    ]  # fmt: skip


def test_a_file_without_a_header_has_numbered_columns_and_skipped_lines_are_told(tmp_path: Path) -> None:
    (tmp_path / "plays.dat").write_text("2\n3\n1\t51\t13883\n1\t52\t11\n2\t51\t1\n")
    (tmp_path / "artists.csv").write_text("id,name,url\n51,A,http://a\n52,B,http://b\n")
    done = recsys(
        "import", tmp_path / "plays.dat", "--items", tmp_path / "artists.csv", "--out", tmp_path / "data"
    )
    lines = done.stdout.splitlines()
    assert lines[0] == "detected: no header, user = column 1, item = column 2, rating = column 3"
    assert "kept for filters: url" in lines
    assert f"{tmp_path / 'plays.dat'}: skipped the first 2 lines, above the table" in lines


def test_what_is_given_is_no_guess(folder: Path) -> None:
    given = ("--scale", "0", "10", "--liked", "7", "--holdout", "0", "--user", "userId")
    done = recsys("import", folder / "ratings.csv", "--out", folder / "data", *given)
    assert "feedback: ratings from 0 to 10 (as given); ratings of 7 and more count as likes\n" in done.stdout
    assert done.stdout.startswith("detected: user = userId (given), item = movieId, rating")
    assert json.loads((folder / "data" / "dataset.json").read_text())["liked"] == 7


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere.csv"], "nowhere.csv: no such file"),
        (["ratings.csv", "--user", "usr"], "ratings.csv: no column 'usr'; columns: userId, movieId, rating, timestamp"),
        (["ratings.csv", "--scale", "1", "4"], "ratings.csv:2: 'u1,m1,5,30': expected a rating 1..4 in the column rating"),
        (["ratings.csv", "--liked", "6"], "--liked 6: expected a rating 1..5"),
        (["films.csv", "--user", "title", "--liked", "4"], "--liked: films.csv has likes without ratings: every row is a like"),
        (["cut.parquet"], "cut.parquet: expected a file that can be read: No magic bytes found at end of file 'cut.parquet'"),
        (["ratings.csv", "--separator", ""], "--separator '': expected one character or more"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_status_2_and_nothing_is_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], sentence: str
) -> None:
    monkeypatch.chdir(folder)
    (folder / "cut.parquet").write_text(RATINGS)
    before = sorted(path.name for path in folder.iterdir())
    done = recsys("import", *words, "--out", "data")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"Error: {sentence}\n")
    assert sorted(path.name for path in folder.iterdir()) == before


def test_what_is_there_is_replaced_by_force_alone(folder: Path) -> None:
    words = ("import", folder / "ratings.csv", "--out", folder / "data")
    assert recsys(*words).returncode == 0
    again = recsys(*words)
    assert (again.returncode, again.stderr) == (
        2,
        f"Error: {folder / 'data'} already exists; replace it with --force\n",
    )
    assert recsys(*words, "--force", "--scale", "0", "5").returncode == 0
    assert json.loads((folder / "data" / "dataset.json").read_text())["scale"] == [0, 5]


def test_a_terminal_shows_a_line_that_moves_and_keeps_what_was_found(folder: Path) -> None:
    with on_terminal("import", folder / "ratings.csv", "--out", folder / "data") as terminal:
        text = terminal.end()
    assert terminal.process.returncode == 0
    assert text.index("Importing") < text.index("detected: user = userId")
