"""A folder that cannot be written to, another user, another DuckDB, another locale, no terminal."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from tests.torture.programs import command, confined, run


@pytest.fixture
def shared(small_warehouse):
    """A warehouse in a folder that its readers may read and not write to."""
    with tempfile.TemporaryDirectory(prefix='it\'s a "folder" ') as name:
        folder = Path(name)
        shutil.copy(small_warehouse, folder / "w.duckdb")
        (folder / "w.duckdb").chmod(0o444)
        folder.chmod(0o555)
        yield folder / "w.duckdb"
        folder.chmod(0o755)


def as_a_reader(*arguments: object) -> list[str]:
    """The program as a user to whom the modes of files apply, as they do not to root."""
    return confined("privileged=no", *arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ("leaderboard",),
        ("explain", 100, 1),
        ("recommend", 100, "-k", 2),
        ("sql", "select count(*) from (select hash(range) from range(100000) order by 1)"),
    ],
    ids=lambda words: words[0],
)
def test_a_reader_needs_no_right_to_write(shared, arguments):
    done = run(as_a_reader(*arguments, "--warehouse", shared), HOME="/nonexistent")
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in shared.parent.iterdir()) == ["w.duckdb"]


@pytest.mark.parametrize(
    "arguments", [("build", "--sql-only", "--data", "DATA"), ("submit", "adaptive", "OUT")]
)
def test_writing_without_the_right_ends_in_one_line(shared, small_data, arguments):
    places = {"DATA": small_data, "OUT": shared.with_name("out.csv")}
    words = [places.get(word, word) for word in arguments]
    done = run(as_a_reader(*words, "--warehouse", shared))
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1
    assert "cannot" in done.stderr


def test_input_without_the_right_to_read_is_named(small_data, tmp_path):
    data = shutil.copytree(small_data, tmp_path / "data")
    (data / "trainItem2.txt").chmod(0o000)
    done = run(as_a_reader("build", "--data", data, "--warehouse", tmp_path / "w.duckdb"))
    assert done.returncode == 2
    assert done.stderr == f"Error: {data / 'trainItem2.txt'}: expected a readable file: Permission denied\n"


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C", "LANG": "", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "TZ": "Asia/Kathmandu"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1", "TZ": "America/St_Johns", "LC_ALL": "de_DE.ISO-8859-1"},
        {"TERM": "dumb", "COLUMNS": "20"},
    ],
    ids=["C", "ascii", "latin-1", "dumb"],
)
@pytest.mark.parametrize(
    "arguments", [("leaderboard",), ("sql", "select chr(252) || chr(38899) as x")], ids=["leaderboard", "sql"]
)
def test_any_locale_does(small_warehouse, environment, arguments):
    done = run(command(*arguments, "--warehouse", small_warehouse), **environment)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout
