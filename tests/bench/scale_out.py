"""The SQL half from Parquet to the leaderboard: DuckDB on this machine and Spark on a cluster of loopback.

    nice python -m tests.bench.scale_out DIRECTORY [--copies 1 21] [--without MODEL ...] [--only duckdb|spark]

``DIRECTORY`` is a data directory, in text or as ``recsys synth`` writes it. It is staged once and written as
Parquet with all its users ``copies`` times over, each copy under ids of its own, so that users, ratings and
candidates grow and the catalogue stays; ``--without`` leaves models out. DuckDB gets as much memory as the
workers have together, and as many threads. Wall time, processor time of all processes, and the largest resident memory of each kind of process.
Both leaderboards must be the same.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from tests.backends.spark.standalone import children, standalone
from tests.bench.measure import MEBIBYTE
from tests.parquet import converted

TICK = 0.1  # seconds between two looks at the processes; what one does in its last tick is not counted
HEAP = 0.75  # of a worker's memory; the rest is for what Java keeps outside its heap
SHUFFLED = "zstd"  # what a shuffle is packed with: half the disk, and a quarter more time, of Spark's default
KINDS = {
    "CoarseGrainedExecutorBackend": "executor",
    "deploy.worker.Worker": "worker",
    "deploy.master.Master": "master",
    "SparkSubmit": "driver (Java)",
}
SECONDS_PER_TICK = 1 / os.sysconf("SC_CLK_TCK")
LEADERBOARD = "select model, round(accuracy, 9), users from marts.leaderboard order by all"


@dataclass
class Watched:
    """What processes took so far: seconds of user and system by process, peak bytes by kind."""

    seconds: dict[int, float] = field(default_factory=dict)
    peaks: dict[str, int] = field(default_factory=dict)

    def look(self, process: int) -> None:
        with contextlib.suppress(OSError, IndexError):  # it ended just now
            line = Path(f"/proc/{process}/cmdline").read_text()
            kind = next((name for word, name in KINDS.items() if word in line), "recsys")
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            self.seconds[process] = (int(fields[11]) + int(fields[12])) * SECONDS_PER_TICK
            peak = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
            if peak:
                self.peaks[kind] = max(self.peaks.get(kind, 0), int(peak[1]) * 1024)


@contextlib.contextmanager
def watched(roots: Iterable[int]) -> Iterator[Watched]:
    """Look at these processes and all that they started until the block ends."""
    seen, over = Watched(), threading.Event()

    def watch() -> None:
        while not over.wait(TICK):
            for process in {one for root in roots for one in (root, *children(root))}:
                seen.look(process)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


@dataclass(frozen=True)
class Run:
    """One build; ``store_bytes`` is what it left on disk."""

    engine: str
    ratings: int
    seconds: float
    cpu_seconds: float
    peaks: dict[str, int]
    store_bytes: int
    leaderboard: list[tuple[object, ...]]


def run(engine: str, data: Path, folder: Path, workers: int, memory: str, without: Sequence[str] = ()) -> Run:
    """Build once, in an empty folder; RuntimeError with the end of what the build said if it fails."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "recsys", "build", "--sql-only", "--select", "+marts.leaderboard"]
    command += ["--threads", str(workers), *(word for model in without for word in ("--without", model))]
    command += ["--data", str(data), "--warehouse", str(folder / "w.duckdb")]
    with contextlib.ExitStack() as stack:
        others, environment = [], dict(os.environ)
        if engine == "spark":
            cluster = stack.enter_context(standalone(folder, workers, memory, java_options=""))
            command += ["--engine", "spark", "--master", cluster.master, "--store", str(folder / "store")]
            others = [process.pid for process in cluster.started]
            environment = cluster.environment | {"SPARK_CONF_DIR": str(_settings(folder, memory))}
        else:
            command += ["--memory", f"{workers * _gibibytes(memory):g}GiB"]
        log = folder / "build.log"
        begun = time.perf_counter()
        with log.open("wb") as stream:
            process = subprocess.Popen(command, env=environment, stdout=stream, stderr=subprocess.STDOUT)
            with watched([process.pid, *others]) as seen:
                status = process.wait()
        seconds = time.perf_counter() - begun
    if status:
        raise RuntimeError(f"{engine} ended with status {status}:\n{log.read_text()[-2000:]}")
    with duckdb.connect(str(folder / "w.duckdb"), read_only=True) as warehouse:
        board = warehouse.execute(LEADERBOARD).fetchall()
        (count,) = warehouse.execute("select count(*) from staging.ratings").fetchone() or (0,)
    kept = [path for path in folder.rglob("*") if path.is_file() and "work-" not in str(path)]
    size = sum(path.stat().st_size for path in kept)
    return Run(engine, count, seconds, sum(seen.seconds.values()), seen.peaks, size, board)


def _settings(folder: Path, memory: str) -> Path:
    """A folder of Spark's settings: executors of as much as a worker has, Java's own needs included."""
    conf = folder / "conf"
    conf.mkdir()
    heap = int(HEAP * 1024 * _gibibytes(memory))
    settings = f"spark.executor.memory {heap}m\nspark.io.compression.codec {SHUFFLED}\n"
    (conf / "spark-defaults.conf").write_text(settings)
    return conf


def _gibibytes(memory: str) -> float:
    return float(memory.removesuffix("g"))


def staged(directory: Path, folder: Path) -> Path:
    """A warehouse of what a data directory holds, and no more."""
    warehouse = folder / "staged.duckdb"
    command = [
        sys.executable,
        "-m",
        "recsys",
        "build",
        "--select",
        "staging.*",
        "--select",
        "+marts.data_quality",
    ]
    command += ["--data", str(directory), "--warehouse", str(warehouse)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return warehouse


def show(runs: Iterable[Run]) -> None:
    table = Table(title="The SQL half, from Parquet to the leaderboard")
    headings = (
        "ratings",
        "engine",
        "seconds",
        "CPU s",
        "CPU s / M ratings",
        "peak MiB of a process",
        "disk MiB",
    )
    for heading in headings:
        table.add_column(heading, justify="right")
    for one in runs:
        peaks = ", ".join(f"{kind} {peak / MEBIBYTE:,.0f}" for kind, peak in sorted(one.peaks.items()))
        table.add_row(
            f"{one.ratings:,}",
            one.engine,
            f"{one.seconds:.0f}",
            f"{one.cpu_seconds:.0f}",
            f"{one.cpu_seconds / one.ratings * 1e6:.1f}",
            peaks,
            f"{one.store_bytes / MEBIBYTE:,.0f}",
        )
    Console(width=160).print(table)


def show_rates(runs: Sequence[Run]) -> None:
    """What each further million ratings cost between the two largest sizes, and what more would at that rate."""
    by_size: dict[str, list[Run]] = {}
    for one in sorted(runs, key=lambda one: one.ratings):
        by_size.setdefault(one.engine, []).append(one)
    for engine, (*_, small, large) in ((name, found) for name, found in by_size.items() if len(found) > 1):
        millions = (large.ratings - small.ratings) / 1e6
        seconds = (large.cpu_seconds - small.cpu_seconds) / millions
        mebibytes = (large.store_bytes - small.store_bytes) / MEBIBYTE / millions
        print(
            f"{engine}: {seconds:.1f} CPU s and {mebibytes:.1f} MiB of disk for each further million ratings"
        )
        for many in (1_000, 10_000):
            hours, disk = many * seconds / 3600, many * mebibytes / 1024
            print(f"  at this rate {many:,} million take {hours:,.1f} core hours and {disk:,.0f} GiB")
    for ratings in sorted({one.ratings for one in runs}):
        found = {one.engine: one.cpu_seconds for one in runs if one.ratings == ratings}
        if len(found) == 2:
            print(
                f"{ratings:,} ratings: Spark takes {found['spark'] / found['duckdb']:.0f} times the processor time"
            )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directory", type=Path)
    parser.add_argument("--copies", type=int, nargs="+", default=[1])
    parser.add_argument("--without", nargs="+", default=[], help="models that are left out")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--memory", default="2g", help="of each worker, in g")
    parser.add_argument("--only", choices=["duckdb", "spark"])
    parser.add_argument("--scratch", type=Path, help="where data and warehouses are written")
    given = parser.parse_args()
    runs = []
    with tempfile.TemporaryDirectory(dir=given.scratch) as name:
        folder = Path(name)
        warehouse = staged(given.directory, folder)
        for copies in given.copies:
            data = converted(warehouse, folder / f"data-{copies}", copies)
            for engine in [given.only] if given.only else ["duckdb", "spark"]:
                chosen = given.workers, given.memory, given.without
                runs.append(run(engine, data, folder / engine, *chosen))
                show(runs[-1:])
            if not given.only and runs[-1].leaderboard != runs[-2].leaderboard:
                raise RuntimeError(f"other leaderboards: {runs[-2].leaderboard} and {runs[-1].leaderboard}")
            shutil.rmtree(data)
    show(runs)
    show_rates(runs)


if __name__ == "__main__":
    main()
