"""A watched folder: complete files only, each once, refused with a reason, and builds on a schedule."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from recsys.backends.database import Limits
from recsys.backends.duckdb.connection import reading
from recsys.engine import manifest
from recsys.engine.build import build
from recsys.engine.publish import Workplace
from recsys.engine.rebuilding import rebuild_options
from recsys.engine.watching.folder import Watch
from recsys.engine.watching.schedule import Schedule
from recsys.errors import BusyError, UsageError
from recsys.serving.freshness import freshness
from recsys.sources import parquet
from recsys.sources.changing import changing
from tests import shop
from tests.given import Silent, build_sql
from tests.shop import HEADER
from tests.torture.programs import ROOT, command

DAY = 86_400


class Notes:
    """A reporter that remembers what happened; a build is only noted."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def taken(self, path, options, result) -> None:
        self.lines.append(("taken", path.name))

    def known(self, path) -> None:
        self.lines.append(("known", path.name))

    def refused(self, path, reason) -> None:
        self.lines.append(("refused", reason))

    def delayed(self, reason) -> None:
        self.lines.append(("delayed", reason))

    def build(self, data, warehouse) -> None:
        self.lines.append(("build", warehouse.name))


@pytest.fixture(scope="module")
def imported(tmp_path_factory) -> Path:
    return shop.imported(tmp_path_factory.mktemp("imported"))


@pytest.fixture(scope="module")
def built(imported, tmp_path_factory, pytestconfig) -> Path:
    return shop.built(pytestconfig, imported, tmp_path_factory.mktemp("built") / "w.duckdb")


@pytest.fixture
def data(imported, tmp_path) -> Path:
    return Path(shutil.copytree(imported, tmp_path / "data"))


@pytest.fixture
def warehouse(built, tmp_path) -> Path:
    return Path(shutil.copy(built, tmp_path / "w.duckdb"))


@pytest.fixture
def inbox(tmp_path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def watch(inbox, data, notes) -> Watch:
    return Watch(inbox, data, None, notes)


def rows(*users: str) -> str:
    return "\n".join([HEADER, *(f"{user},novel-wvkq-1,5,1700000000" for user in users)]) + "\n"


def users_of(data: Path) -> int:
    return parquet.metadata(data)["counts"]["users"]


def look_twice(watch: Watch) -> None:
    watch.look()
    watch.look()


def test_a_file_is_taken_when_two_looks_find_it_alike(inbox, data, watch, notes):
    (inbox / "a.csv").write_text(rows("new-1"))
    watch.look()
    assert notes.lines == []
    with (inbox / "a.csv").open("a") as file:
        file.write("new-2,novel-wvkq-2,4,1700000001\n")
    watch.look()
    assert notes.lines == []
    watch.look()
    assert notes.lines == [("taken", "a.csv")]
    assert [path.name for path in inbox.iterdir()] == ["done"]
    assert users_of(data) == shop.USERS + 2


@pytest.mark.parametrize("name", [".a.csv", "a.csv.part", "a.tmp", "empty.csv"])
def test_files_that_are_not_complete_are_left_alone(inbox, watch, notes, name):
    (inbox / name).write_text("" if name == "empty.csv" else rows("new-1"))
    look_twice(watch)
    assert notes.lines == []
    assert [path.name for path in inbox.iterdir()] == [name]


def test_a_file_that_cannot_be_read_is_put_aside_with_the_reason(inbox, data, watch, notes):
    before = (data / parquet.METADATA).read_bytes()
    (inbox / "bad.csv").write_text(f"{HEADER}\nnew-1,novel-wvkq-1,much,1700000000\n")
    look_twice(watch)
    (inbox / "bad.csv").write_text("other,columns\n1,2\n")
    look_twice(watch)
    first = (inbox / "refused" / "bad.csv.reason.txt").read_text()
    assert first.startswith("bad.csv:2: 'new-1,novel-wvkq-1,much,1700000000': expected a number")
    assert (inbox / "refused" / "bad-2.csv").read_text() == "other,columns\n1,2\n"
    assert "column" in (inbox / "refused" / "bad-2.csv.reason.txt").read_text()
    assert [kind for kind, _ in notes.lines] == ["refused", "refused"]
    assert (data / parquet.METADATA).read_bytes() == before


def test_the_same_bytes_are_taken_once(inbox, data, watch, notes):
    for name in ("a.csv", "b.csv", "a.csv"):
        (inbox / name).write_text(rows("new-1"))
        look_twice(watch)
    assert notes.lines == [("taken", "a.csv"), ("known", "b.csv"), ("known", "a.csv")]
    assert sorted(path.name for path in (inbox / "done").iterdir()) == ["a-2.csv", "a.csv", "b.csv"]


def test_a_crash_before_a_file_is_moved_doubles_no_row(inbox, data, watch, notes, monkeypatch):
    (inbox / "a.csv").write_text(rows("new-1"))
    monkeypatch.setattr(Watch, "_move", _crash)
    with pytest.raises(KeyboardInterrupt):
        look_twice(watch)
    monkeypatch.undo()
    after = parquet.metadata(data)
    look_twice(Watch(inbox, data, None, notes))
    assert notes.lines == [("known", "a.csv")]
    assert parquet.metadata(data) == after
    assert users_of(data) == shop.USERS + 1


def test_a_crash_between_data_and_warehouse_loses_no_row(inbox, data, warehouse, notes, monkeypatch):
    (inbox / "a.csv").write_text(rows("new-1"))
    monkeypatch.setattr(Workplace, "publish", _crash)
    with pytest.raises(KeyboardInterrupt):
        look_twice(Watch(inbox, data, warehouse, notes))
    monkeypatch.undo()
    assert (users_of(data), _users(warehouse)) == (shop.USERS + 1, shop.USERS)
    look_twice(Watch(inbox, data, warehouse, notes))
    assert notes.lines == [("known", "a.csv")]
    assert _users(warehouse) == shop.USERS + 1


def test_a_file_waits_while_another_command_changes_the_data(inbox, data, watch, notes):
    (inbox / "a.csv").write_text(rows("new-1"))
    with changing(data):
        look_twice(watch)
    watch.look()
    assert [kind for kind, _ in notes.lines] == ["delayed", "taken"]


def test_a_problem_that_is_not_of_the_file_ends_the_watch_and_keeps_the_file(inbox, data, warehouse, notes):
    watch = Watch(inbox, data, warehouse, notes)
    warehouse.unlink()
    (inbox / "a.csv").write_text(rows("new-1"))
    with pytest.raises(UsageError, match="no warehouse at"):
        look_twice(watch)
    assert (inbox / "a.csv").exists()
    assert users_of(data) == shop.USERS


def test_one_process_takes_the_files_of_a_folder(inbox, data, watch, notes):
    def pause() -> None:
        with pytest.raises(BusyError, match="another process takes its files"):
            Watch(inbox, data, None, notes).run(lambda: None)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watch.run(pause)


@pytest.mark.parametrize("text", ["daily", "daily 25:00", "0%", "100%", "10", "weekly 03:00", ""])
def test_a_schedule_that_cannot_be_read_is_refused(text):
    with pytest.raises(UsageError, match="expected a time such as 'daily 03:00', or a share such as 10%"):
        Schedule.parse(text)


def test_a_daily_build_begins_once_a_day_and_when_a_day_was_missed(inbox, data, warehouse, notes):
    settings, _ = manifest.published(warehouse)
    finished = datetime.fromisoformat(settings["finished_at"]).timestamp()
    local = datetime.fromtimestamp(finished)
    now = [finished + 60]
    schedule = Schedule.parse(f"daily {(local.hour + 1) % 24:02}:00")
    watch = Watch(inbox, data, warehouse, notes, schedule, clock=lambda: now[0])
    builds = []
    for hours in (0, 1, 1, 20, 25, 25, 73, 73):
        now[0] = finished + 60 + 3600 * hours
        watch.look()
        builds.append(len(notes.lines))
    assert builds == [0, 1, 1, 1, 2, 2, 3, 3]


def test_a_build_begins_beyond_a_share_that_is_not_learned(inbox, data, warehouse, notes):
    watch = Watch(inbox, data, warehouse, notes, Schedule.parse("1%"))
    watch.look()
    assert notes.lines == []
    (inbox / "a.csv").write_text(rows("new-1", "new-2", "new-3", "new-4"))
    look_twice(watch)
    with reading(warehouse) as connection:
        assert freshness(connection).interaction_share > 0.01
    watch.look()  # not again before another file
    assert notes.lines == [("taken", "a.csv"), ("build", "w.duckdb")]


def test_arguments_that_do_not_fit_are_refused(inbox, data, notes, tmp_path):
    with pytest.raises(UsageError, match="no such folder"):
        Watch(tmp_path / "none", data, None, notes)
    with pytest.raises(UsageError, match="--rebuild: give the warehouse to build"):
        Watch(inbox, data, None, notes, Schedule.parse("10%"))
    with pytest.raises(UsageError, match="no data that recsys import wrote"):
        Watch(inbox, tmp_path, None, notes)


def test_the_command_takes_files_and_ends_on_sigterm(inbox, data):
    (inbox / "a.csv").write_text(rows("new-1"))
    words = command("append", "--watch", inbox, "--data", data, "--every", 1)
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(2)]
    while not (inbox / "done" / "a.csv").exists():
        os.sched_yield()
    process.send_signal(signal.SIGTERM)
    _, complaint = process.communicate(timeout=60)
    assert f"watching {inbox} every 1 s" in lines[0]
    assert "a.csv: " in lines[1] and "1 rating added, of 1 user, 1 new user" in lines[1]
    assert process.returncode == 128 + signal.SIGTERM
    assert complaint == f"Terminated; files that were not taken stay in {inbox}\n"
    assert users_of(data) == shop.USERS + 1


def _crash(*_: object) -> None:
    raise KeyboardInterrupt


def _users(warehouse: Path) -> int:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.sql("select count(*) from staging.users").fetchall()[0][0]


def test_a_rebuild_keeps_the_parameters_of_the_last_build(data, warehouse):
    limits = Limits(threads=2)
    chosen = ("bayes.confidence=7.0", "tuning.seconds=0")
    assert rebuild_options(data, warehouse, limits).overrides == ()
    build_sql(data, warehouse, overrides=chosen)
    options = rebuild_options(data, warehouse, limits)
    assert options.overrides == chosen
    assert options.sql_only
    assert build(options, Silent()).ran == ()
