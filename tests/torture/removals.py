"""Users forgotten by programs that are killed, have no room, come two at a time, or run under the eyes of readers."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow.parquet as pq

import recsys
from recsys.sources import parquet
from tests import shop
from tests.given import build_sql
from tests.shop import OTHER, USER
from tests.torture.programs import ROOT, command, confined, litter, run, stop

READERS = 3

State = dict[str, Any]


@dataclass(frozen=True)
class Shop:
    """An imported data directory and its warehouse, of some users with ids that stand out."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> Shop:
        folder.mkdir(exist_ok=True)
        build_sql(shop.imported(folder), folder / "w.duckdb")
        return cls(folder)

    @contextmanager
    def copied(self) -> Iterator[Path]:
        """A folder with a copy of both."""
        with TemporaryDirectory(dir=self.folder) as name:
            copy = Path(name)
            shutil.copytree(self.folder / "data", copy / "data")
            shutil.copy(self.folder / "w.duckdb", copy / "w.duckdb")
            yield copy

    @cached_property
    def before(self) -> tuple[State, State]:
        return both(self.folder)

    @cached_property
    def after(self) -> tuple[State, State]:
        """What is left without the user, and without the other one too."""
        with self.copied() as copy:
            recsys.forget(USER, data=copy / "data", warehouse=copy / "w.duckdb")
            return both(copy)

    @cached_property
    def after_two(self) -> tuple[State, State]:
        with self.copied() as copy:
            recsys.forget([USER, OTHER], data=copy / "data", warehouse=copy / "w.duckdb")
            return both(copy)


def words(folder: Path, user: str = USER) -> tuple[object, ...]:
    return ("forget", user, "--data", folder / "data", "--warehouse", folder / "w.duckdb")


def both(folder: Path) -> tuple[State, State]:
    """What the data directory and the warehouse hold."""
    return rows(folder / "data"), content(folder / "w.duckdb")


def rows(data: Path) -> State:
    metadata = parquet.metadata(data)
    paths = {name: data / parquet.file_of(metadata, name) for name in parquet.COLUMNS}
    return {name: pq.read_table(path).to_pylist() for name, path in paths.items() if path.exists()}


def content(warehouse: Path) -> State:
    """The rows of each relation, as a count and a sum of hashes."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        names = connection.sql(
            "select table_schema || '.' || table_name from information_schema.tables "
            "where table_schema || '.' || table_name <> 'marts.build' order by 1"
        ).fetchall()
        digest = "select count(*), sum(hash(row)::hugeint) from {} as row"
        return {name: connection.sql(digest.format(name)).fetchall() for (name,) in names}


def traces(folder: Path, *users: str) -> list[str]:
    """The files that have the id of a user, as bytes."""
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(user.encode() in path.read_bytes() for user in users)
    ]


def crash_forget(of: Shop, after: float, confinement: str | None = None) -> bool:
    """Kill a removal after some seconds, or where the confinement says; whether it was killed.

    Asserts that each of data and warehouse is as before or as after it, and that the next one needs no hand.
    """
    with of.copied() as folder:
        asked = confined(confinement, *words(folder)) if confinement else command(*words(folder))
        ended = stop(asked, after, signal.SIGKILL)
        data, warehouse = both(folder)
        assert data in (of.before[0], of.after[0])
        assert warehouse in (of.before[1], of.after[1])
        done = run(command(*words(folder)))
        is_done = (data, warehouse) == of.after
        assert (done.returncode, "no user" in done.stderr) == ((2, True) if is_done else (0, False)), (
            done.stderr
        )
        _is_forgotten(folder, of)
        return ended.status == -signal.SIGKILL


def forget_with_room(of: Shop, limit: int) -> bool:
    """Forget where no file may grow beyond some bytes; whether it failed, with nothing changed."""
    with of.copied() as folder:
        done = run(confined(f"file-size={limit}", *words(folder)))
        if done.returncode:
            assert done.returncode in (1, 2), done.stderr
            assert (done.stderr.count("\n"), "Traceback" in done.stderr) == (1, False), done.stderr
            assert both(folder) == of.before
            assert _litter(folder) == []
            assert run(command(*words(folder))).returncode == 0
        _is_forgotten(folder, of)
        return done.returncode != 0


def two_at_once(of: Shop) -> int:
    """Forget two users at the same time; how many were refused and asked again."""
    with of.copied() as folder:
        started = [
            subprocess.Popen(command(*words(folder, user)), cwd=ROOT, stderr=subprocess.PIPE, text=True)
            for user in (USER, OTHER)
        ]
        ended = [(process.communicate(timeout=120)[1], process.returncode) for process in started]
        refused = 0
        for user, (complaint, status) in zip((USER, OTHER), ended, strict=True):
            if status:
                refused += 1
                assert status == 2 and "another append or forget changes these data" in complaint, complaint
                assert run(command(*words(folder, user))).returncode == 0
        assert both(folder) == of.after_two
        assert traces(folder, USER, OTHER) == []
        return refused


def with_readers(of: Shop) -> tuple[int, int]:
    """Forget two users under the eyes of readers; their answers, and how many states they saw."""
    with of.copied() as folder:
        warehouse, done = folder / "w.duckdb", folder / "stop"
        asked = [sys.executable, "-m", "tests.torture.reader", str(warehouse), str(done), "build_id"]
        readers = [
            subprocess.Popen(asked, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(READERS)
        ]
        try:
            for user in (USER, OTHER):
                assert run(command(*words(folder, user))).returncode == 0
        finally:
            done.touch()
            ended = [reader.communicate(timeout=120) for reader in readers]
        assert all(reader.returncode == 0 for reader in readers), [complaint for _, complaint in ended]
        reports = [json.loads(output) for output, _ in ended]
        return sum(count for count, _ in reports), len({build for _, seen in reports for build in seen})


def _is_forgotten(folder: Path, of: Shop) -> None:
    assert both(folder) == of.after
    assert traces(folder, USER) == []
    assert _litter(folder) == []


def _litter(folder: Path) -> list[str]:
    return [*litter(folder), *(name for name in litter(folder / "data") if name != ".lock")]
