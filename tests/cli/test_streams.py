"""Streams that are closed, signals, too little memory and broken packages: the work's status, one line each."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from recsys.backends.duckdb import connection
from recsys.cli.failures import broken_package, explained
from recsys.errors import BuildError
from tests.given import build_sql, headed


def run(words, **options):
    command = [sys.executable, "-m", "recsys", *map(str, words)]
    return subprocess.run(command, check=False, timeout=120, text=True, **options)


class TestClosedStreams:
    @pytest.fixture
    def closed(self):
        """What closes the streams with these numbers before the program begins."""

        def closing(*numbers):
            return lambda: [os.close(number) for number in numbers]

        return closing

    @pytest.mark.parametrize("numbers", [(1,), (0, 1, 2)], ids=str)
    def test_a_build_is_published_whole(self, closed, numbers, small_data, tmp_path):
        warehouse = tmp_path / "w.duckdb"
        words = ("build", "--data", small_data, "--warehouse", warehouse, "--select", "+staging.genres")
        found = run(words, preexec_fn=closed(*numbers), stderr=None if 2 in numbers else subprocess.PIPE)
        assert found.returncode == 0
        assert not found.stderr
        assert run(("sql", "from staging.genres", "--csv", "--warehouse", warehouse), stdout=-1).stdout == (
            "genre_id\n30\n31\n"
        )

    @pytest.mark.parametrize(
        "words", [("leaderboard",), ("sql", "select 1"), ("submit", "adaptive", "out.csv")]
    )
    def test_a_command_ends_as_its_work_does(self, closed, words, small_warehouse, tmp_path):
        before = small_warehouse.read_bytes()
        all_words = (*words, "--warehouse", small_warehouse)
        found = run(all_words, preexec_fn=closed(1), stderr=subprocess.PIPE, cwd=tmp_path)
        assert (found.returncode, found.stderr) == (0, "")
        assert small_warehouse.read_bytes() == before

    def test_an_error_keeps_its_status(self, closed, tmp_path):
        found = run(("leaderboard", "--warehouse", tmp_path / "no"), preexec_fn=closed(1, 2))
        assert found.returncode == 2

    def test_a_full_device_is_named_in_a_line(self, small_warehouse):
        with Path("/dev/full").open("w") as full:
            words = ("sql", "select 1", "--warehouse", small_warehouse)
            found = run(words, stdout=full, stderr=subprocess.PIPE)
        assert found.returncode == 1
        assert len(found.stderr.splitlines()) == 1
        assert "No space left on device" in found.stderr


class TestHangUp:
    @pytest.fixture
    def prompt(self, small_warehouse):
        """A command that waits for its input, started with or without an ear for SIGHUP."""

        def started(handler):
            return subprocess.Popen(
                [sys.executable, "-m", "recsys", "sql", "--csv", "--warehouse", small_warehouse],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                preexec_fn=lambda: signal.signal(signal.SIGHUP, handler),  # noqa: PLW1509  no threads here
            )

        return started

    def test_it_is_ignored_under_nohup(self, prompt):
        with prompt(signal.SIG_IGN) as process:
            process.send_signal(signal.SIGHUP)
            out, complaint = process.communicate("select 7 as x", timeout=60)
        assert (process.returncode, out, complaint) == (0, "x\n7\n", "")


class TestMemory:
    def test_it_is_said_in_a_line(self):
        line = explained(MemoryError())
        assert line is not None
        assert line.startswith("not enough memory; close other programs")

    @pytest.mark.parametrize(
        "error",
        [
            duckdb.OutOfMemoryException("Out of Memory Error: Allocation failure"),
            RuntimeError("can't start new thread"),
            ImportError("libarrow.so: failed to map segment from shared object"),
            pa.ArrowMemoryError("malloc of size 320 failed"),
        ],
        ids=lambda error: type(error).__name__,
    )
    def test_it_is_known_in_the_words_of_others(self, error):
        line = explained(error)
        assert line is not None
        assert line.startswith("not enough memory; close other programs")
        assert "\n" not in line

    def test_an_engine_without_room_calls_no_warehouse_damaged(self, small_warehouse, monkeypatch):
        class Full:
            """A connection that has no memory for anything."""

            def execute(self, *arguments):
                raise duckdb.OutOfMemoryException("Out of Memory Error: Allocation failure")

            def close(self):
                pass

        monkeypatch.setattr(connection, "_engine", Full)
        with pytest.raises(duckdb.OutOfMemoryException):
            connection.opened(small_warehouse)

    def test_a_query_without_room_says_so_in_a_line(self, small_warehouse):
        query = (
            "set memory_limit = '20MB'; set temp_directory = ''; select list(i) from range(100000000) t(i)"
        )
        found = run(("sql", query, "--warehouse", small_warehouse), stderr=subprocess.PIPE)
        assert found.returncode == 1
        assert len(found.stderr.splitlines()) == 1, found.stderr
        assert "Error: not enough memory" in found.stderr

    def test_a_build_without_room_names_the_model_in_a_line(self, tmp_path, small_data):
        models = tmp_path / "sql"
        (models / "staging").mkdir(parents=True)
        (models / "parameters.toml").write_text("")
        text = "select list(i) as x from range(100000000) as t(i)"
        (models / "staging" / "wide.sql").write_text(headed(text))
        with pytest.raises(BuildError) as caught:
            build_sql(small_data, tmp_path / "w.duckdb", sql=models)
        message = str(caught.value)
        assert message.startswith(f"{models / 'staging' / 'wide.sql'}: not enough memory: give --memory")
        assert "\n" not in message


class TestBrokenPackages:
    @pytest.mark.parametrize("package", ["duckdb", "pyarrow", "click"])
    @pytest.mark.parametrize(
        "content",
        [
            "raise ImportError('libx.so: cannot open shared object file')",
            "raise OSError('libx.so is missing')",
            "1 +",
        ],
        ids=["import", "library", "syntax"],
    )
    def test_it_is_named_in_a_line(self, package, content, tmp_path, small_warehouse):
        folder = tmp_path / "site-packages" / package
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text(content)
        path = os.pathsep.join([str(tmp_path / "site-packages"), *filter(None, sys.path)])
        found = run(
            ("recommend", "100", "--warehouse", small_warehouse),
            env={**os.environ, "PYTHONPATH": path},
            stderr=subprocess.PIPE,
        )
        assert found.returncode == 1
        assert len(found.stderr.splitlines()) == 1, found.stderr
        assert found.stderr.startswith(f"Error: the package {package} does not load (")

    def test_a_fault_of_this_program_is_no_broken_package(self):
        with pytest.raises(ZeroDivisionError) as caught:
            build_sql(1 / 0, Path("unused"))
        assert broken_package(caught.value) is None
        assert explained(caught.value) is None
