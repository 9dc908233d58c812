"""``recsys recommend``: who it is for, where it goes, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from recsys.cli.commands.similar import SHARED
from tests.commands import recsys
from tests.given import build_sql, write_directory
from tests.serving.worlds import USERS, files


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lists")
    build_sql(write_directory(folder / "data", files()), folder / "w.duckdb")
    return folder / "w.duckdb"


def test_everybody_gets_a_list_in_a_file(warehouse: Path, tmp_path: Path) -> None:
    out = tmp_path / "top.parquet"
    done = recsys("recommend", "--all", "-k", "3", "--out", out, "--warehouse", warehouse)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{out}: {3 * len(USERS)} rows, by ")
    found = duckdb.sql(f"select \"user\", rank, item, score, reason from '{out}' order by all").fetchall()
    assert [row[:2] for row in found[:3]] == [("1", 1), ("1", 2), ("1", 3)]
    assert {row[0] for row in found} == {str(user) for user in USERS}
    text = tmp_path / "top.csv"
    assert recsys("recommend", "--all", "-k", "3", "--out", text, "--warehouse", warehouse).returncode == 0
    same = duckdb.sql(
        f"select \"user\"::varchar, rank, item::varchar, score, reason from '{text}' order by all"
    )
    assert same.fetchall() == found
    assert sorted(path.name for path in tmp_path.iterdir()) == ["top.csv", "top.parquet"]


def test_json_has_the_rows_of_the_users(warehouse: Path) -> None:
    done = recsys("recommend", "7", "3", "-k", "2", "--json", "--warehouse", warehouse)
    rows = json.loads(done.stdout)
    assert [(row["user"], row["rank"]) for row in rows] == [("3", 1), ("3", 2), ("7", 1), ("7", 2)]
    assert rows[0].keys() == {"user", "rank", "item", "name", "score", "reason"}


def test_a_visitor_is_recommended_to_from_words_or_a_file(warehouse: Path, tmp_path: Path) -> None:
    words = recsys("recommend", "--ratings", "1=90, 2=70", "--json", "--warehouse", warehouse)
    file = tmp_path / "mine.csv"
    file.write_text("item,rating\n1,90\n2,70\n")
    read = recsys("recommend", "--ratings", file, "--json", "--warehouse", warehouse)
    assert json.loads(words.stdout) == json.loads(read.stdout) != []
    assert not {"1", "2"} & {row["item"] for row in json.loads(words.stdout)}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "give a user id, --users FILE, --all or --ratings"),
        (["7", "--all"], "give only one of a user id, --users FILE, --all or --ratings"),
        (["--all"], "--all writes a file; add --out FILE.parquet or --out FILE.csv"),
        (["--all", "--out", "top.xlsx"], "top.xlsx: give a file name that ends in .parquet, .csv or .csv.gz"),
        (["--all", "--out", "none/top.csv"], "none/top.csv: its folder does not exist; create it"),
        (["999"], "999"),
        (["7", "--model", "magic"], "magic: no such list model; choose from"),
        (
            ["7", "--where", "colour = 'red'"],
            "there is no column colour; columns: item, name, album, artist, ",
        ),
        (["7", "--model", "adaptive"], "adaptive: scores test items and makes no lists; list models: "),
        (["7", "--where", "true; drop table x"], "give one SQL condition"),
        (["7", "--only", "none.txt"], "none.txt: no such file"),
        (["--users", "none.txt"], "none.txt: no such file"),
        (["7", "--diversity", "2"], "2"),
        (["--ratings", "1=190"], "--ratings: '1=190': give a rating from 0 to 100\n"),
        (["--ratings", "=90"], "'=90': give ITEM=VALUE"),
        (["--ratings", "none.csv"], "'none.csv': give ITEM=VALUE"),
        (["--ratings", "5555=90"], "5555"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = recsys("recommend", *words, "--warehouse", warehouse)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "place"),
    [("1,90\nx\n", ":2: 'x'"), ("1,90\n2,many\n", ":2: '2,many'"), ("", ": expected lines")],
)
def test_a_wrong_line_of_ratings_is_refused_with_its_number(
    warehouse: Path, tmp_path: Path, text: str, place: str
) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(text)
    done = recsys("recommend", "--ratings", file, "--warehouse", warehouse)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith(f"Error: {file}{place}")


def test_an_interruption_leaves_what_was_there(tmp_path: Path) -> None:
    import pyarrow as pa

    from recsys.serving import export

    out = tmp_path / "top.csv"
    out.write_text("as before")

    def blocks():
        yield pa.table({"user": ["1"]})
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export.write(blocks(), out)
    assert out.read_text() == "as before"
    assert list(tmp_path.iterdir()) == [out]


def test_a_batch_of_users_counts_those_that_the_data_do_not_have(warehouse: Path, tmp_path: Path) -> None:
    file, out = tmp_path / "users.txt", tmp_path / "lists.csv"
    file.write_text("user\n7\nnobody\n3\n")
    done = recsys("recommend", "--users", file, "-k", "2", "--out", out, "--warehouse", warehouse)
    assert done.returncode == 0, done.stderr
    assert "6 rows" in done.stdout
    assert "1 user is not in the data and got the list of a new user, by popularity" in done.stdout
    found = duckdb.sql(f"select \"user\", count(*) from '{out}' group by all order by all").fetchall()
    assert found == [("3", 2), ("7", 2), ("nobody", 2)]


def test_files_of_items_restrict_a_list(warehouse: Path, tmp_path: Path) -> None:
    plain = json.loads(recsys("recommend", "7", "-k", "3", "--json", "--warehouse", warehouse).stdout)
    file = tmp_path / "items.txt"
    file.write_text("\n".join(row["item"] for row in plain[1:]))
    only = recsys("recommend", "7", "-k", "3", "--only", file, "--json", "--warehouse", warehouse)
    assert json.loads(only.stdout) == [{**row, "rank": rank} for rank, row in enumerate(plain[1:], 1)]
    without = recsys("recommend", "7", "-k", "1", "--except", file, "--json", "--warehouse", warehouse)
    assert json.loads(without.stdout) == plain[:1]


def test_a_list_with_nothing_left_says_what_to_do(warehouse: Path) -> None:
    done = recsys("recommend", "7", "--where", "false", "--warehouse", warehouse)
    assert done.returncode == 0
    assert " ".join(done.stdout.split()) == (
        "No item is left to recommend: the user has interacted with every item that the filter allows. "
        "Allow more items, or add --include-rated."
    )


def test_an_item_that_nobody_chose_has_similar_ones_by_attributes(small_warehouse: Path) -> None:
    done = recsys("similar", "2", "--warehouse", small_warehouse)
    assert done.returncode == 0, done.stderr
    assert " ".join(done.stdout.split()).endswith(SHARED)
    rows = json.loads(recsys("similar", "2", "--json", "--warehouse", small_warehouse).stdout)
    assert rows and {row["source"] for row in rows} == {"attributes"}
