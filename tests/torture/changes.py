"""Appending and forgetting that is killed, has no room, comes twice at a time, or runs under the eyes of readers."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow.parquet as pq

from recsys.sources import parquet
from tests import shop
from tests.given import build_sql
from tests.relations import untimed
from tests.shop import HEADER, OTHER, USER
from tests.torture.programs import ROOT, command, confined, litter, run, stop

READERS = 3
CHANGES = ("append", "forget")
OF_APPENDS = (
    "seq",
    "generation",
    "added",
    "added_at",
)  # columns that differ when the same rows are appended twice
NEW = {
    "new.csv": f"{USER},novel-wvkq-5,4,1700000000\nnew-1,novel-wvkq-1,5,1700000001\nnew-1,novel-new,2,1700000002\n",
    "more.csv": f"{OTHER},novel-wvkq-6,4,1700000003\nnew-2,novel-wvkq-1,5,1700000004\n",
}

State = dict[str, Any]


@dataclass(frozen=True)
class Shop:
    """An imported data directory and its warehouse, and what each change makes of them."""

    folder: Path
    states: dict[tuple[str, ...], tuple[State, State]] = field(default_factory=dict)

    @classmethod
    def create(cls, folder: Path) -> Shop:
        folder.mkdir(exist_ok=True)
        build_sql(shop.imported(folder), folder / "w.duckdb")
        return cls(folder)

    @contextmanager
    def copied(self) -> Iterator[Path]:
        """A folder with a copy of both, and the files to append."""
        with TemporaryDirectory(dir=self.folder) as name:
            copy = Path(name)
            shutil.copytree(self.folder / "data", copy / "data")
            shutil.copy(self.folder / "w.duckdb", copy / "w.duckdb")
            for file, lines in NEW.items():
                (copy / file).write_text(f"{HEADER}\n{lines}")
            yield copy

    def after(self, *changes: str) -> tuple[State, State]:
        """What data and warehouse hold after these changes, one after the other."""
        if changes not in self.states:
            with self.copied() as folder:
                for change in changes:
                    done = run(command(*words(folder, change)))
                    assert done.returncode == 0, done.stderr
                self.states[changes] = both(folder)
        return self.states[changes]


def words(folder: Path, change: str, second: bool = False) -> tuple[object, ...]:
    """The command of a change; the second one is about other rows."""
    about = (OTHER if second else USER) if change == "forget" else folder / [*NEW][second]
    return (change, about, "--data", folder / "data", "--warehouse", folder / "w.duckdb")


def both(folder: Path) -> tuple[State, State]:
    """What the data directory and the warehouse hold."""
    return rows(folder / "data"), content(folder / "w.duckdb")


def rows(data: Path) -> State:
    metadata = parquet.metadata(data)
    paths = {name: data / parquet.file_of(metadata, name) for name in parquet.COLUMNS}
    found = {name: pq.read_table(path) for name, path in paths.items() if path.exists()}
    return {
        name: table.drop_columns([one for one in OF_APPENDS if one in table.column_names]).to_pylist()
        for name, table in found.items()
    }


def content(warehouse: Path) -> State:
    """The rows of each relation, as a count and a sum of hashes."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        described = connection.sql(
            "select schema_name || '.' || table_name, list(column_name) from duckdb_columns() "
            "where not internal and schema_name || '.' || table_name <> 'marts.build' group by 1 order by 1"
        ).fetchall()
        state = {}
        for name, columns in described:
            compared = ", ".join(f'"{column}"' for column in sorted(columns) if column not in OF_APPENDS)
            digest = (
                f"select count(*), sum(hash({compared})::hugeint) from (select {untimed(name)} from {name})"
            )
            state[name] = connection.sql(digest).fetchall()
        return state


def traces(folder: Path) -> list[str]:
    """The files of data and warehouse that have the id of the user who is forgotten, as bytes."""
    sought = USER.encode()
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in NEW]
    return [path.name for path in files if sought in path.read_bytes()]


def crash(of: Shop, change: str, after: float, confinement: str | None = None) -> bool:
    """Kill a change after some seconds, or where the confinement says; whether it was killed.

    Asserts that each of data and warehouse is as before or as after it, and that the next one needs no hand.
    """
    with of.copied() as folder:
        asked = words(folder, change)
        ended = stop(confined(confinement, *asked) if confinement else command(*asked), after, signal.SIGKILL)
        data, warehouse = both(folder)
        assert data in (of.after()[0], of.after(change)[0])
        assert warehouse in (of.after()[1], of.after(change)[1])
        done = run(command(*asked))
        is_gone = change == "forget" and (data, warehouse) == of.after(change)
        assert (done.returncode, "no user" in done.stderr) == ((2, True) if is_gone else (0, False)), (
            done.stderr
        )
        _is_complete(folder, of, change)
        return ended.status == -signal.SIGKILL


def with_room(of: Shop, change: str, limit: int) -> bool:
    """Change where no file may grow beyond some bytes; whether it failed, with nothing changed."""
    with of.copied() as folder:
        done = run(confined(f"file-size={limit}", *words(folder, change)))
        if done.returncode:
            assert done.returncode in (1, 2), done.stderr
            assert (done.stderr.count("\n"), "Traceback" in done.stderr) == (1, False), done.stderr
            assert both(folder) == of.after()
            assert _litter(folder) == []
            assert run(command(*words(folder, change))).returncode == 0
        _is_complete(folder, of, change)
        return done.returncode != 0


def two_at_once(of: Shop, change: str) -> int:
    """Make two changes at the same time; how many were refused by name and asked again."""
    with of.copied() as folder:
        asked = [words(folder, change, second) for second in (False, True)]
        started = [
            subprocess.Popen(command(*one), cwd=ROOT, stderr=subprocess.PIPE, text=True) for one in asked
        ]
        ended = [(process.communicate(timeout=120)[1], process.returncode) for process in started]
        refused = 0
        for one, (complaint, status) in zip(asked, ended, strict=True):
            if status:
                refused += 1
                assert status == 2, complaint
                assert (
                    "another append or forget changes" in complaint or "another build is running" in complaint
                )
                assert run(command(*one)).returncode == 0
        changed = 3 + 2 if change == "append" else -2 * 9
        with duckdb.connect(str(folder / "w.duckdb"), read_only=True) as connection:
            counts = connection.sql("select count(*) from staging.ratings").fetchall()[0][0]
        total = len(rows(folder / "data")["ratings"]) + len(rows(folder / "data").get("appended", []))
        held_out = len(of.after()[0]["held_out"]) - len(rows(folder / "data")["held_out"])
        assert counts == total == len(of.after()[0]["ratings"]) + changed + held_out
        return refused


def with_readers(of: Shop, change: str) -> tuple[int, int]:
    """Make two changes under the eyes of readers; their answers, and how many states they saw."""
    with of.copied() as folder:
        warehouse, done = folder / "w.duckdb", folder / "stop"
        asked = [sys.executable, "-m", "tests.torture.reader", str(warehouse), str(done), "changes"]
        readers = [
            subprocess.Popen(asked, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(READERS)
        ]
        try:
            for second in (False, True):
                assert run(command(*words(folder, change, second))).returncode == 0
        finally:
            done.touch()
            ended = [reader.communicate(timeout=120) for reader in readers]
        assert all(reader.returncode == 0 for reader in readers), [complaint for _, complaint in ended]
        reports = [json.loads(output) for output, _ in ended]
        return sum(count for count, _ in reports), len({build for _, seen in reports for build in seen})


def _is_complete(folder: Path, of: Shop, change: str) -> None:
    assert both(folder) == of.after(change)
    assert change != "forget" or traces(folder) == []
    assert _litter(folder) == []


def _litter(folder: Path) -> list[str]:
    return [*litter(folder), *(name for name in litter(folder / "data") if name != ".lock")]
