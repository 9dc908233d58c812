"""Running the program as its users do, under limits and signals, and asking a warehouse what it holds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb

from tests.conftest import SMALL
from tests.given import build_sql, write_directory
from tests.relations import untimed

ROOT = Path(__file__).resolve().parents[2]
Answers = dict[str, list[tuple[int, ...]]]
QUERIES = (
    "from submission('adaptive')",
    "from explain(100, 1)",
    "from recommend(100, 3)",
    "select * exclude (build_id, seconds, peak_bytes, reason) from marts.build where kind <> 'setting'",
)


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "recsys", *map(str, arguments)]


def confined(confinement: str, *arguments: object) -> list[str]:
    """The program under one of the confinements of `tests.torture.confined`."""
    return [sys.executable, "-m", "tests.torture.confined", confinement, *map(str, arguments)]


def run(words: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run to the end, without a terminal."""
    return subprocess.run(
        words,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        timeout=600,
    )


@dataclass(frozen=True)
class Stop:
    """How a program ended that got a signal; ``seconds`` from the signal to the end."""

    status: int
    complaint: str
    seconds: float


def stop(words: list[str], after: float, number: signal.Signals) -> Stop:
    """Start a program and send it a signal ``after`` seconds, if it still runs then."""
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        process.send_signal(number)
    begun = time.monotonic()
    _, complaint = process.communicate(timeout=120)
    return Stop(process.returncode, complaint, time.monotonic() - begun)


def answers(warehouse: Path) -> Answers:
    """What a warehouse answers: every relation's rows, as a count and a sum of hashes, and the macros'."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = connection.sql(
            "select table_schema || '.' || table_name from information_schema.tables "
            "where table_schema || '.' || table_name <> 'marts.build' order by 1"
        ).fetchall()
        queries = [*(f"select {untimed(table)} from {table}" for (table,) in tables), *QUERIES]
        digest = "select count(*), sum(hash(row)::hugeint) from ({}) as row"
        return {query: connection.sql(digest.format(query)).fetchall() for query in queries}


def litter(folder: Path) -> list[str]:
    """Files that were left behind; the lock and the rendered SQL stay on purpose."""
    return sorted(
        path.name
        for path in folder.iterdir()
        if (path.name.startswith(".") and not path.name.endswith(".lock")) or path.suffix in (".wal", ".tmp")
    )


@dataclass(frozen=True)
class World:
    """A data directory, a changed one, and the warehouse of each."""

    folder: Path
    before: Path
    after: Path
    built_before: Path
    built_after: Path

    @cached_property
    def answers_before(self) -> Answers:
        return answers(self.built_before)

    @cached_property
    def answers_after(self) -> Answers:
        return answers(self.built_after)

    @classmethod
    def create(cls, folder: Path) -> World:
        changed = {**SMALL, "trainItem2.txt": SMALL["trainItem2.txt"].replace("22\t0", "22\t60")}
        before = write_directory(folder / "before", SMALL)
        after = write_directory(folder / "after", changed)
        built_before, built_after = folder / "before.duckdb", folder / "after.duckdb"
        build_sql(before, built_before)
        build_sql(after, built_after)
        return cls(folder, before, after, built_before, built_after)
