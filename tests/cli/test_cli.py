"""The command line as a person uses it: what it prints, and its exit statuses."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import duckdb
import pytest

from recsys.backends.duckdb.connection import reading
from recsys.cli import commands as commands_package
from recsys.cli.commands import NAMES, load
from recsys.cli.program import run
from recsys.errors import UsageError
from recsys.serving import interactive
from tests.commands import recsys
from tests.conftest import SMALL
from tests.given import write_directory


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp('it\'s a "folder" with spaces')
    data = write_directory(folder / "data", SMALL)
    done = recsys("build", "--sql-only", "--data", data, "--warehouse", folder / "w.duckdb")
    assert done.returncode == 0, done.stderr
    return data, folder / "w.duckdb", done


def test_a_build_ends_with_a_leaderboard_and_the_way_on(built):
    _, warehouse, done = built
    assert "Leaderboard" in done.stdout
    assert "adaptive" in done.stdout
    assert "tracks without artist" in done.stdout
    assert (
        f"recsys sql --warehouse '{str(warehouse).replace(chr(39), chr(39) + chr(34) + chr(39) + chr(34) + chr(39))}'"
        in done.stdout
    )
    assert "\x1b[" not in done.stdout


def test_a_second_build_says_that_nothing_changed(built):
    data, warehouse, _ = built
    done = recsys("build", "--sql-only", "--data", data, "--warehouse", warehouse)
    assert done.returncode == 0
    assert done.stdout.startswith("0 of ")
    assert "is up to date" in done.stdout


def test_a_part_of_the_models_makes_a_warehouse_of_its_own(built, tmp_path):
    data, _, _ = built
    done = recsys(
        "build", "--data", data, "--warehouse", tmp_path / "w.duckdb", "--select", "+hierarchy.items"
    )
    assert done.returncode == 0, done.stderr
    query = [
        "sql",
        "select count(*) as n from hierarchy.items",
        "--csv",
        "--warehouse",
        tmp_path / "w.duckdb",
    ]
    assert recsys(*query).stdout == "n\n13\n"


def test_a_plan_names_what_would_run(built):
    data, warehouse, _ = built
    done = recsys(
        "build",
        "--sql-only",
        "--plan",
        "--set",
        "adaptive.album=0.9",
        "--data",
        data,
        "--warehouse",
        warehouse,
    )
    assert "run   scores.adaptive" in done.stdout
    assert "keep  staging.ratings" in done.stdout


def test_an_explanation_ends_with_the_score(built):
    _, warehouse, _ = built
    own = recsys("explain", "100", "3", "--model", "adaptive", "--warehouse", warehouse).stdout
    assert "\nadaptive score " in own
    chosen = recsys("explain", "100", "3", "--warehouse", warehouse).stdout
    assert re.fullmatch(r"score [\d.-]+ of 3 for user 100, by \w+", chosen.rstrip().splitlines()[-1])


def test_published_figures_stand_beside_data_that_they_speak_of(built, tmp_path):
    """Those of the Cup's format; other data has no such column, in leaderboard and models alike."""
    _, warehouse, _ = built
    assert "published" in recsys("leaderboard", "--wide", "--warehouse", warehouse).stdout
    assert "published" not in recsys("leaderboard", "--warehouse", warehouse).stdout
    other = shutil.copy(warehouse, tmp_path / "w.duckdb")
    with duckdb.connect(str(other)) as connection:
        connection.execute("update marts.build set value = 'ratings.parquet' where name = 'train'")
    for words in (("leaderboard", "--wide"), ("models", "--wide")):
        printed = recsys(*words, "--warehouse", other).stdout
        assert "adaptive" in printed
        assert "published" not in printed and "Dror et al." not in printed
        assert "Dror et al." in recsys(*words, "--warehouse", warehouse).stdout
    row = json.loads(recsys("leaderboard", "--json", "--warehouse", other).stdout)[0]
    assert "published_accuracy" not in row and "ndcg" in row


@pytest.mark.parametrize("words", [[], ["leaderboard"], ["models"]], ids=" ".join)
def test_help_cites_where_published_figures_are_from(words):
    printed = " ".join(recsys(*words, "--help").stdout.split())
    assert "the paper that this project follows" in printed
    assert "Dror et al., The Yahoo! Music Dataset and KDD-Cup'11" in printed


def test_a_data_set_is_made_once_and_again_on_request(tmp_path):
    words = ("synth", tmp_path / "data", "--scale", "tiny", "--quiet")
    first = recsys(*words)
    assert first.returncode == 0
    assert first.stdout.startswith(f"{tmp_path / 'data'}: ") and first.stdout.count("\n") == 1
    refused = recsys(*words)
    assert refused.returncode == 2
    assert (
        "already has a demo data set; replace it with --force" in refused.stderr
        and refused.stderr.count("\n") == 1
    )
    assert recsys(*words, "--force").returncode == 0


def test_the_leaderboard_is_json_on_request(built):
    _, warehouse, _ = built
    done = recsys("leaderboard", "--json", "--warehouse", warehouse)
    rows = json.loads(done.stdout)
    assert {"model", "accuracy", "auc", "published_accuracy", "seconds", "evaluated_on"} <= set(rows[0])
    accuracies = [row["accuracy"] for row in rows]
    assert accuracies == sorted(accuracies, reverse=True)


def test_sql_answers_as_table_csv_and_json(built):
    _, warehouse, _ = built
    query = "select 1 as x, 'a' as y"
    assert "│ a" in recsys("sql", query, "--warehouse", warehouse).stdout
    assert recsys("sql", query, "--csv", "--warehouse", warehouse).stdout == "x,y\n1,a\n"
    assert json.loads(recsys("sql", query, "--json", "--warehouse", warehouse).stdout) == [{"x": 1, "y": "a"}]


def test_sql_reads_a_query_from_a_pipe(built):
    _, warehouse, _ = built
    done = recsys("sql", "--csv", "--warehouse", warehouse, stdin="select 41 + 1 as answer;")
    assert done.stdout == "answer\n42\n"


def test_sql_takes_dot_commands_and_several_statements(built):
    _, warehouse, _ = built
    assert "marts.leaderboard" in recsys("sql", ".tables", "--warehouse", warehouse).stdout
    assert "rating" in recsys("sql", "--warehouse", warehouse, stdin=".schema staging.ratings;\n").stdout
    both = recsys("sql", "select 1 as a; select 2 as b", "--csv", "--warehouse", warehouse)
    assert both.stdout == "a\n1\nb\n2\n"


def test_json_has_no_word_for_some_numbers_and_no_two_columns_of_a_name(built):
    _, warehouse, _ = built
    done = recsys("sql", "select 'nan'::double as x", "--json", "--warehouse", warehouse)
    assert json.loads(done.stdout) == [{"x": None}]
    assert recsys("sql", "select 1 as a, 2 as a", "--json", "--warehouse", warehouse).returncode == 2


def test_a_reader_that_has_seen_enough_is_no_error(built):
    _, warehouse, _ = built
    command = f"{sys.executable} -m recsys sql --csv 'from range(1000000)' --warehouse \"$1\" | head -1"
    words = ["bash", "-o", "pipefail", "-c", command, "bash", str(warehouse)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "range\n", "")


def test_a_build_with_closed_output_keeps_the_warehouse(built, tmp_path):
    data, _, _ = built
    command = f'{sys.executable} -u -m recsys build --sql-only --data "$1" --warehouse "$2" | head -1'
    words = ["bash", "-o", "pipefail", "-c", command, "bash", str(data), str(tmp_path / "w.duckdb")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "Error: output closed; build cancelled, nothing changed\n")
    assert not (tmp_path / "w.duckdb").exists()


def test_what_a_selection_leaves_behind_is_named_and_no_old_leaderboard_shown(built, tmp_path):
    data, warehouse, _ = built
    mine = shutil.copy(warehouse, tmp_path / "w.duckdb")
    words = ("build", "--sql-only", "--data", data, "--warehouse", mine, "--set", "adaptive.album=0")
    done = recsys(*words, "--select", "scores.adaptive")
    assert "out of date because not selected: " in done.stdout
    assert "Leaderboard" not in done.stdout
    assert "Leaderboard" in recsys(*words).stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["leaderboard"],
        ["explain", "100", "1"],
        ["recommend", "100"],
        ["submit", "adaptive", "o.csv"],
        ["evaluate"],
    ],
)
def test_a_warehouse_built_in_part_says_what_is_missing(built, tmp_path, arguments):
    data, _, _ = built
    part = ("--warehouse", tmp_path / "w.duckdb")
    recsys("build", "--sql-only", "--data", data, *part, "--select", "+hierarchy.items")
    done = recsys(*arguments, *part)
    assert done.returncode == 2
    assert "built in part, without" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_submission_named_gz_is_compressed(built, tmp_path):
    _, warehouse, _ = built
    recsys("submit", "adaptive", tmp_path / "a.csv", "--warehouse", warehouse)
    recsys("submit", "adaptive", tmp_path / "a.csv.gz", "--warehouse", warehouse)
    assert gzip.decompress((tmp_path / "a.csv.gz").read_bytes()) == (tmp_path / "a.csv").read_bytes()


def test_a_plan_writes_nothing(built, tmp_path):
    data, _, _ = built
    done = recsys(
        "build", "--sql-only", "--plan", "--data", data, "--warehouse", tmp_path / "new" / "w.duckdb"
    )
    assert done.returncode == 0
    assert list(tmp_path.iterdir()) == []


WRITES = {
    "create table x as select 1": "CREATE",
    "create or replace view marts.leaderboard as select 1": "CREATE",
    "drop table staging.ratings": "DROP",
    "select 1; alter table staging.ratings add column x int": "ALTER",
    "insert into staging.ratings from staging.ratings": "INSERT",
    "update staging.ratings set rating = 1": "UPDATE",
    "truncate staging.ratings": "DELETE",
    "comment on table staging.ratings is 'x'": "ALTER",
    "merge into staging.users using (select 1) as b on false when not matched then insert default values": "MERGE INTO",
    "begin; delete from staging.ratings; commit": "DELETE",
}


def test_sql_says_in_a_line_that_it_does_not_write(built):
    _, warehouse, _ = built
    before = hashlib.sha256(warehouse.read_bytes()).hexdigest()
    with reading(warehouse) as connection:
        for statement, kind in WRITES.items():
            with pytest.raises(UsageError) as caught:
                list(interactive.run(connection, statement, lambda share: None))
            assert str(caught.value) == f"{kind}: {interactive.READ_ONLY}"
    assert hashlib.sha256(warehouse.read_bytes()).hexdigest() == before
    done = recsys("sql", "drop table staging.ratings", "--warehouse", warehouse)
    assert (done.returncode, done.stderr) == (2, f"Error: DROP: {interactive.READ_ONLY}\n")


def test_a_submission_is_the_same_by_command_and_by_sql(built, tmp_path):
    _, warehouse, _ = built
    by_command, by_sql = tmp_path / "it's.csv", tmp_path / "b.csv"
    assert recsys("submit", "adaptive", by_command, "--warehouse", warehouse).returncode == 0
    statement = f"copy (from submission('adaptive')) to '{by_sql}' (header)"
    assert recsys("sql", statement, "--warehouse", warehouse).returncode == 0
    assert by_command.read_text() == by_sql.read_text()
    assert by_command.read_text().startswith("TrackID,Predictor\n100_1,")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["build", "--data", "nowhere", "--warehouse", "W"], "Error: nowhere: no such directory\n"),
        (
            ["build", "--data", "D", "--warehouse", "W", "--set", "x=1"],
            "Error: --set x=1: no such parameter; they are listed in sql/parameters.toml\n",
        ),
        (
            ["build", "--data", "D", "--warehouse", "W", "--memory", "lots"],
            "Error: --memory lots: give a size such as 4GB or 500MB\n",
        ),
        (
            ["build", "--data", "D", "--warehouse", "W", "--select", "nobody"],
            "Error: --select nobody: no such model; list them with recsys graph\n",
        ),
        (["build", "--data", "D", "--warehouse", "D"], "is a folder; give a file with --warehouse\n"),
        (
            ["build", "--data", "D", "--warehouse", "W", "--threads", "100000"],
            "Error: --threads 100000: give a whole number from 1 to 1024\n",
        ),
        (["build", "--data", "D", "--warehouse", "W", "--set", "materialized.scores=foo"], "one of table"),
        (
            ["build", "--data", "D", "--warehouse", "W", "--set", "folds.count=0"],
            "an integer from 2 up to 1000",
        ),
        (
            ["build", "--data", "D", "--warehouse", "W", "--sql", "D"],
            "no SQL models there (no parameters.toml); choose another folder with --sql\n",
        ),
        (
            ["graph", "--out", "no/folder/x.svg"],
            "Error: no/folder/x.svg: its folder does not exist; create it\n",
        ),
        (["submit", "adaptive", "D", "--warehouse", "W"], "is a folder; give a file\n"),
        (["sql", ".nonsense", "--warehouse", "W"], "Error: .nonsense: no such command; see .help\n"),
        (
            ["submit", "nobody", "out.csv", "--warehouse", "W"],
            "Error: nobody: no such model; choose from adaptive, content, ",
        ),
        (
            ["submit", "adaptive", "no/folder/out.csv", "--warehouse", "W"],
            "Error: no/folder/out.csv: its folder does not exist; create it\n",
        ),
        (["leaderboard", "--warehouse", "nowhere.duckdb"], "no warehouse at"),
        (["sql", "selec", "--warehouse", "W"], "Error: Parser Error: syntax error"),
        (
            ["sql", "select 1", "--csv", "--json", "--warehouse", "W"],
            "Error: give either --csv or --json, not both\n",
        ),
        (
            ["leaderboard", "--warehouse", "D/trainItem2.txt"],
            "not a readable warehouse, as it is not a DuckDB file; choose another",
        ),
        (["nonsense"], "Error: nonsense: no such command; see recsys --help\n"),
        (
            ["ensemble", "nowhere", "--scores", "s.csv", "--candidates", "t.txt", "--out", "o.csv"],
            "Error: nowhere: no such directory\n",
        ),
    ],
)
def test_wrong_arguments_end_in_one_clear_line_and_status_2(built, tmp_path, arguments, complaint):
    data, warehouse, _ = built
    places = {"D": str(data), "W": str(warehouse), "D/trainItem2.txt": str(data / "trainItem2.txt")}
    done = recsys(*(places.get(word, word) for word in arguments))
    assert done.returncode == 2
    assert complaint in done.stderr
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("content", [b"notes\n", None], ids=["text", "foreign"])
def test_a_build_replaces_no_file_that_is_no_warehouse(built, tmp_path, content):
    data, _, _ = built
    path = tmp_path / "notes[1].duckdb"
    if content is None:
        with duckdb.connect(str(path)) as connection:
            connection.execute("create table sales as select 1 as amount")
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    for more in ((), ("--full-refresh",), ("--plan",)):
        done = recsys("build", "--sql-only", "--data", data, "--warehouse", path, *more)
        assert done.returncode == 2
        assert done.stderr.startswith(f"Error: {path}: ") and done.stderr.count("\n") == 1
        assert done.stderr.endswith("; choose another file with --warehouse\n")
        assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_every_command_has_help_with_an_example():
    for name in NAMES:
        assert "recsys " + name in recsys(name, "--help").stdout.split("Options:")[0].split("\n", 1)[1], name


def test_a_build_without_candidates_has_the_leaderboard_of_lists_alone(tmp_path, small_data):
    data, warehouse = shutil.copytree(small_data, tmp_path / "data"), tmp_path / "w.duckdb"
    for name in ("testItem2.txt", "test2_new.txt", "truth2.txt"):
        (data / name).unlink()
    words = ("build", "--data", data, "--warehouse", warehouse, "--sql-only")
    assert "--no-candidates" in recsys(*words).stderr
    printed = recsys(*words, "--no-candidates").stdout, recsys("leaderboard", "--warehouse", warehouse).stdout
    for text in printed:
        assert "Leaderboard of lists" in text and "Leaderboard of test items" not in text


def test_colours_are_for_terminals(built):
    _, warehouse, _ = built
    terminal = {"FORCE_COLOR": "1", "TERM": "xterm-256color", "NO_COLOR": ""}
    words = ("leaderboard", "--warehouse", warehouse)
    assert "\x1b[36m" in recsys(*words, **terminal).stdout
    assert "\x1b[36m" not in recsys(*words, **terminal | {"NO_COLOR": "1"}).stdout
    assert "\x1b[" not in recsys(*words, **terminal | {"TERM": "dumb"}).stdout


def test_a_build_from_another_folder_finds_its_models(built, tmp_path):
    data, _, _ = built
    done = recsys("build", "--sql-only", "--data", data, "--warehouse", "w.duckdb", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert Path(tmp_path / "w.duckdb").exists()


def test_submission_files_are_blended_without_ratings(built, tmp_path):
    data, warehouse, _ = built
    folder = tmp_path / "submissions"
    folder.mkdir()
    for model in ("adaptive", "max_genre", "weighted_average"):
        recsys("submit", model, folder / f"{model}.csv", "--warehouse", warehouse)
    (tmp_path / "scores.csv").write_text("adaptive.csv,0.79\nmax_genre.csv,0.70\nweighted_average.csv,0.76\n")
    given = ["--scores", tmp_path / "scores.csv", "--candidates", data / "testItem2.txt"]
    done = recsys("ensemble", folder, *given, "--out", tmp_path / "blend.csv")
    assert done.returncode == 0, done.stderr
    assert "expected accuracy" in done.stdout
    lines = (tmp_path / "blend.csv").read_text().splitlines()
    assert lines[0] == "TrackID,Predictor"
    assert sum(line.endswith(",1") for line in lines) == 3
    told = recsys("ensemble", folder, *given, "--out", tmp_path / "blend.csv", "--json")
    assert {known["file"] for known in json.loads(told.stdout)["inputs"]} == {
        "adaptive.csv",
        "max_genre.csv",
        "weighted_average.csv",
    }
    (folder / "stray.csv").write_text("1\n")
    refused = recsys("ensemble", folder, *given, "--out", tmp_path / "other.csv")
    assert refused.returncode == 2
    assert "stray.csv: expected a score" in refused.stderr
    assert not (tmp_path / "other.csv").exists()
    spared = recsys("ensemble", folder, *given, "--out", tmp_path / "other.csv", "--skip-invalid")
    assert spared.returncode == 0
    assert "Left out stray.csv" in spared.stderr


def test_a_command_imports_no_other_command_and_nothing_heavy():
    code = (
        "import sys; from recsys.cli.commands import load; load('leaderboard'); "
        "print(*sorted(m for m in sys.modules if m.startswith('recsys.cli.commands.')), "
        "*({'duckdb', 'pyarrow', 'numpy', 'rich'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "recsys.cli.commands.leaderboard\n"


def test_every_command_has_a_module_of_its_own():
    folder = Path(commands_package.__file__).parent
    assert sorted(path.stem.rstrip("_") for path in folder.glob("[!_]*.py")) == sorted(NAMES)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["lederboard"], "lederboard: no such command; did you mean leaderboard?"),
        (["leaderboard", "--wharehouse", "x"], "no such option --wharehouse; did you mean --warehouse?"),
        (["build"], "missing option --data; see recsys build --help"),
        (["build", "--data"], "--data needs a value"),
        (["leaderboard", "--json=1"], "--json takes no value"),
        (["explain", "1"], "missing argument ITEM; see recsys explain --help"),
        (["explain", "1", "2", "3"], "unexpected argument: 3; see recsys explain --help"),
        (["similar", "1", "-k", "0"], "-k 0: give a whole number from 1 to 1000000"),
        (["similar", "1", "-k", "ten"], "-k ten: give a whole number from 1 to 1000000"),
        (["ui", "--port", "70000"], "--port 70000: give a whole number from 0 to 65535"),
        (["graph", "--format", "pdf"], "--format pdf: choose text, mermaid or svg"),
        (["synth", "x", "--scale", "huge"], "--scale huge: choose tiny, small or full"),
        (["ensemble", "x", "--method", "best"], "--method best: choose least-squares, vote or average"),
        (["submit", "a", "b", "c"], "give a model and a file, or only a file: recsys submit [MODEL] OUT"),
        (["recommend"], "give a user id, --users FILE, --all or --ratings"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_each_wrong_call_has_a_line_that_says_what_to_do(words, line, capsys):
    assert status_of(words) == 2
    assert capsys.readouterr() == ("", f"Error: {line}\n")


def status_of(words: list[str]) -> object:
    """Run a command in this process and return its exit status."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as ended:
        patch.setattr(sys, "argv", ["recsys", *map(str, words)])
        run()
    return ended.value.code


def test_no_arguments_print_the_help(capsys):
    assert status_of([]) == 2
    assert capsys.readouterr().err.startswith("Usage: recsys [OPTIONS] COMMAND [ARGS]...\n")


def test_the_warehouse_can_be_named_once_for_all_commands(built, tmp_path):
    _, warehouse, _ = built
    named = {"RECSYS_WAREHOUSE": str(warehouse)}
    assert "adaptive" in recsys("leaderboard", **named).stdout
    other = recsys("leaderboard", "--warehouse", tmp_path / "none.duckdb", **named)
    assert other.stderr.startswith(
        f"Error: no warehouse at {tmp_path / 'none.duckdb'}. Create it: recsys build"
    )
    for name in NAMES:
        options = {option.name: option for option in load(name).params if isinstance(option, click.Option)}
        if "warehouse" in options:
            assert options["warehouse"].envvar == "RECSYS_WAREHOUSE", name


def test_the_graph_of_a_warehouse_has_the_models_of_its_build(built):
    _, warehouse, _ = built
    everything, made = recsys("graph").stdout, recsys("graph", "--warehouse", warehouse).stdout
    assert "adaptive" in made and "random_forest" not in made
    assert "random_forest" in everything


def test_tables_in_place_of_a_data_directory_are_to_be_imported(tmp_path, capsys):
    table = tmp_path / "my ratings.csv"
    table.write_text("user,item,rating\n")
    remedy = f"import it first: recsys import '{table}' --out NEW_DIR\n"
    assert status_of(["build", "--data", tmp_path, "--warehouse", tmp_path / "w.duckdb"]) == 2
    told = capsys.readouterr().err
    assert told == f"Error: {tmp_path}: is not a data directory; {remedy.replace(' it ', f' {table.name} ')}"
    assert status_of(["build", "--data", table, "--warehouse", tmp_path / "w.duckdb"]) == 2
    assert capsys.readouterr().err == f"Error: {table}: is a file; {remedy}"


def test_a_missing_file_of_the_cup_is_no_table_to_import(tmp_path, capsys):
    data = write_directory(tmp_path / "data", SMALL)
    (data / "trackData2.txt").unlink()
    (data / "notes.csv").write_text("x\n")
    assert status_of(["build", "--data", data, "--warehouse", tmp_path / "w.duckdb"]) == 2
    assert capsys.readouterr().err == f"Error: {data}: no file trackData2.txt (or the same with .gz)\n"


def test_a_model_with_a_typing_error_is_guessed(built, tmp_path):
    data, warehouse, _ = built
    at = ("--warehouse", warehouse)
    line = "Error: adaptiv: no such model; did you mean adaptive?\n"
    assert recsys("submit", "adaptiv", tmp_path / "x.csv", *at).stderr == line
    refused = recsys("recommend", "100", "--model", "popularty", *at)
    assert refused.stderr == "Error: popularty: no such list model; did you mean popularity?\n"
    refused = recsys("build", "--data", data, "--select", "adaptiv", *at)
    assert refused.stderr == "Error: --select adaptiv: no such model; did you mean adaptive?\n"
