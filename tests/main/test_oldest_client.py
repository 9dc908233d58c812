"""Every macro and every relation in DuckDB 1.5, the oldest client that the README names.

Its command-line program is the PyPI package duckdb-cli. A macro is bound only where it is called, and a view
only where it is read, so that nothing less than this finds a function that the client lacks.
"""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path

import pytest

from recsys.sources.importing.options import Options as Imported
from recsys.sources.importing.recipe import run as run_import
from tests.given import build_sql
from tests.main.conftest import NEWCOMER
from tests.reference import Dataset

CLIENT = Path(sys.executable).with_name("duckdb")
MACROS = (
    "select distinct schema_name || '.' || function_name, parameters from duckdb_functions() "
    "where function_type = 'table_macro' and not internal"
)
RELATIONS = "select table_schema || '.' || table_name from information_schema.tables"


def ask(warehouse: Path, *queries: str) -> list[list[str]]:
    """The rows of all queries in the old client, each under its header; its complaint fails the test."""
    words = [str(CLIENT), "-readonly", "-bail", "-csv", str(warehouse), "; ".join(queries)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return list(csv.reader(io.StringIO(done.stdout)))


@pytest.fixture(scope="module")
def named_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse of imported texts."""
    folder = tmp_path_factory.mktemp("named")
    (folder / "ratings.csv").write_text("user,item,rating\nann,m1,1\nann,O'Hara,5\nbob,m3,1\n")
    (folder / "films.csv").write_text("item,title,artist\nm1,First,\nm3,\"Third, isn't it\",O'Hara\n")
    imported = Imported(
        [str(folder / "ratings.csv")], folder / "data", items=str(folder / "films.csv"), holdout=0
    )
    run_import(imported)
    build_sql(folder / "data", folder / "w.duckdb")
    return folder / "w.duckdb"


def refusal(warehouse: Path, query: str) -> str:
    words = [str(CLIENT), "-readonly", "-csv", str(warehouse), query]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    return done.stderr


def test_the_client_is_that_old(learned_file: Path) -> None:
    assert CLIENT.exists(), "pip install duckdb-cli, which is in the extra 'dev'"
    assert ask(learned_file, "select version()")[1][0].startswith("v1.5.")


def test_every_macro_can_be_called(learned_file: Path, dataset: Dataset) -> None:
    user, track = dataset.candidates[0]
    arguments = {
        **dict.fromkeys(("user_id", "the_user"), user),
        **dict.fromkeys(("track_id", "the_track", "item_id", "the_item"), track),
        **dict.fromkeys(("k", "how_many"), 3),
        **dict.fromkeys(("model", "one_model"), "'adaptive'"),
        "other_model": "'max_genre'",
        "the_model": "'max_genre'",
        "the_text": f"'{track}'",
        "the_kind": "'track'",
        "the_lists": "'marts.recommendations'",
        "the_items": f"[{track}]",
        "the_users": f"[{user}]",
    }
    of_users = {**arguments, "the_text": f"'{user}'"}
    macros = ask(learned_file, MACROS)[1:]
    calls = [
        f"from {name}({', '.join(str(known[word]) for word in words.strip('[]').split(', '))})"
        for name, words in macros
        for known in [of_users if name == "internal.user_id_of" else arguments]
    ]
    names = {"explain", "recommend", "submission", "probabilities", "history"}
    assert {f"main.{name}" for name in names} <= {name for name, _ in macros}
    ask(learned_file, *calls)


def test_every_relation_can_be_read(learned_file: Path) -> None:
    relations = [name for (name,) in ask(learned_file, RELATIONS)[1:]]
    assert {"staging.ratings", "features.candidates", "scores.adaptive", "marts.leaderboard"} <= set(
        relations
    )
    ask(learned_file, *(f"from {name} limit 3" for name in relations))


@pytest.mark.parametrize("call", ["explain(99999, 100)", "recommend(99999, 3)", "history(99999)"])
def test_an_unknown_user_is_told_of(learned_file: Path, call: str) -> None:
    assert "no user 99999 in the training file or the test file" in refusal(learned_file, f"from {call}")


NAMED = [
    ("select item, name from recommend('ann', 1)", [["item", "name"], ["m3", "Third, isn't it"]]),
    ("select rank, item, model from recommend('ann', 1)", [["rank", "item", "model"], ["1", "m3", "popularity"]]),
    ("select count(*) as n from explain('ann', 'Third, isn''t it', 'adaptive') where evidence = 'own rating of artist O''Hara'", [["n"], ["1"]]),
    ("select item, name, rating from history('bob')", [["item", "name", "rating"], ["m3", "Third, isn't it", "0"]]),
    ("select count(*) as n from similar('m1', 3)", [["n"], ["0"]]),
]  # fmt: skip


@pytest.mark.parametrize(("query", "rows"), NAMED)
def test_original_ids_and_names_are_taken_and_shown(
    named_file: Path, query: str, rows: list[list[str]]
) -> None:
    assert ask(named_file, query) == rows


@pytest.mark.parametrize("call", ["recommend('nobody', 3)", "explain('nobody', 'm1')", "history('nobody')"])
def test_an_unknown_name_is_reported(named_file: Path, call: str) -> None:
    assert "no user nobody in the data" in refusal(named_file, f"from {call}")


def test_a_user_without_ratings_has_an_empty_history(learned_file: Path) -> None:
    assert ask(learned_file, f"select count(*) from history({NEWCOMER})")[1] == ["0"]


def test_each_piece_of_evidence_names_its_model(learned_file: Path, dataset: Dataset) -> None:
    user, track = dataset.candidates[0]
    said = [row[0] for row in ask(learned_file, f"select evidence from explain({user}, {track}, 'adaptive')")]
    assert len(said) == len(set(said))
    assert {"prediction for the album by the autoencoder", "prediction for the album by ALS"} <= set(said)
