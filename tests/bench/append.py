"""How long an append takes, first and after many others, and what readers of the explorer feel of it.

    python -m tests.bench.append [--scale full] [--rows 10000] [--users 1000] [--appends 100] [--folder DIRECTORY]

Imports the ratings of the demo data and builds a warehouse (``--sql-only``), then appends ratings of random users and
items by `recsys append --warehouse`, each run in a process of its own. While the second one runs, a reader asks the
explorer for one page after another. With ``--folder`` data and warehouse are kept there, and used again. Prints wall time,
processor time and peak memory; on a busy machine the processor time says more.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import recsys
from recsys import synthetic
from recsys.project.contract import Context
from recsys.sources.history import ratings
from tests.bench.measure import MEBIBYTE, Contestant, Measurement, measure, median
from tests.bench.readers import Timed, addresses, ask, explorer

KEPT = 3  # runs at either end; their median counts
SHOWN = ("user", "item", "lists", "home")


def prepared(folder: Path, scale: str) -> tuple[Path, Path]:
    """The data directory and the warehouse of the demo ratings."""
    data, warehouse = folder / "data", folder / "w.duckdb"
    if not data.exists():
        demo = folder / "demo"
        if not demo.exists():
            synthetic.generate(demo, scale, 1)
        train = next(path for path in (demo / "trainItem2.txt", demo / "trainIdx2.txt") if path.exists())
        found = ratings({"train": train}, {"lowest": 0, "highest": 100, "liked": 80}, Context(folder))
        with pq.ParquetWriter(folder / "ratings.parquet", COLUMNS) as writer:
            for batch in found["staging.ratings"]:
                writer.write_batch(batch.select(["user_id", "item_id", "rating"]).cast(COLUMNS))
        options = {"user": "user_id", "item": "item_id", "feedback": "ratings", "scale": (0, 100)}
        recsys.import_ratings(folder / "ratings.parquet", data, **options)
    if not warehouse.exists():
        subprocess.run(
            [sys.executable, "-m", "recsys", "build", "--sql-only", "--data", data, "--warehouse", warehouse],
            check=True,
        )
    return data, warehouse


COLUMNS = pa.schema({"user_id": pa.int32(), "item_id": pa.int32(), "rating": pa.int16()})


def rows(warehouse: Path, path: Path, count: int, users: int, seed: int) -> Path:
    """A file of ratings: items drawn as they are rated, by users who are drawn."""
    random = np.random.default_rng(seed)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        known = connection.sql("select user_id from marts.user_activity order by user_id").fetchnumpy()[
            "user_id"
        ]
        items = connection.sql(
            f"select item_id from staging.ratings using sample {4 * count} rows (reservoir, {seed})"
        )
        items = items.fetchnumpy()["item_id"]
    pairs = np.column_stack(
        [random.choice(random.choice(known, users), 2 * count), random.choice(items, 2 * count)]
    )
    pairs = np.unique(pairs, axis=0)
    pairs = random.permutation(pairs)[:count]
    table = {
        "user_id": pairs[:, 0],
        "item_id": pairs[:, 1],
        "rating": random.integers(0, 11, len(pairs)) * 10,
    }
    pq.write_table(pa.table(table), path)
    return path


def append(data: Path, warehouse: Path, given: Path) -> Measurement:
    words = [sys.executable, "-m", "recsys", "append", given, "--data", data, "--warehouse", warehouse]
    return measure(Contestant("append", [str(word) for word in words], data.parent / "output"))


def told(title: str, found: Measurement) -> None:
    peak = found.peak_bytes / MEBIBYTE
    print(f"{title:32} {found.seconds:6.2f} s  {found.cpu_seconds:6.2f} CPU s  {peak:6,.0f} MiB", flush=True)


def read_through(warehouse: Path, work) -> tuple[Timed, Timed]:
    """Pages before and while something runs."""
    pages = {kind: itertools.cycle(paths) for kind, paths in addresses(warehouse).items() if paths}
    with explorer(warehouse) as served:
        for kind in SHOWN:
            ask(served.port, kind, next(pages[kind]), Timed())
        before, during, over = Timed(), Timed(), threading.Event()
        for kind in SHOWN * 10:
            ask(served.port, kind, next(pages[kind]), before)

        def read() -> None:
            for kind in itertools.cycle(SHOWN):
                if over.is_set():
                    return
                ask(served.port, kind, next(pages[kind]), during)

        reader = threading.Thread(target=read)
        reader.start()
        try:
            work()
        finally:
            over.set()
            reader.join()
        for kind in SHOWN:  # the first pages of the new warehouse
            ask(served.port, kind, next(pages[kind]), during)
    return before, during


def pages_told(title: str, timed: Timed) -> None:
    slowest = {kind: max(found) for kind, found in timed.seconds.items() if found}
    shown = ", ".join(f"{kind} {1000 * seconds:.0f}" for kind, seconds in slowest.items())
    print(
        f"{title:32} {len(timed.all)} pages, slowest in ms: {shown}; {len(timed.errors)} errors", flush=True
    )


def main(scale: str, count: int, users: int, appends: int, folder: Path) -> None:
    # Another process prepares: a run counts the memory of the process that starts it as its own.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as aside:
        measured(scale, count, users, appends, folder, aside)


def measured(
    scale: str, count: int, users: int, appends: int, folder: Path, aside: ProcessPoolExecutor
) -> None:
    data, warehouse = aside.submit(prepared, folder, scale).result()
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        size = connection.sql("select count(*), count(distinct user_id) from staging.ratings").fetchall()[0]
        model = connection.sql("select model from lists.chosen").fetchall()[0][0]
    print(
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; {size[0]:,} ratings of {size[1]:,} users, "
        f"{warehouse.stat().st_size / MEBIBYTE:,.0f} MiB, lists by {model}",
        flush=True,
    )
    runs = []
    for number in range(appends + 1):
        given = aside.submit(rows, warehouse, folder / "new.parquet", count, users, number).result()
        if number == 1:
            before, during = read_through(
                warehouse, lambda given=given: runs.append(append(data, warehouse, given))
            )
            pages_told("pages, nothing else", before)
            pages_told("pages through an append", during)
        else:
            runs.append(append(data, warehouse, given))
        if number < KEPT or number > appends - KEPT:
            told(f"append {number + 1}", runs[-1])
    first, last = median(runs[:KEPT]), median(runs[-KEPT:])
    print(
        f"append {len(runs)} over append 1, medians of {KEPT}: {last.cpu_seconds / first.cpu_seconds:.2f} CPU, "
        f"{last.seconds / first.seconds:.2f} wall; {warehouse.stat().st_size / MEBIBYTE:,.0f} MiB"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", default="full")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--users", type=int, default=1000)
    parser.add_argument("--appends", type=int, default=100)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        place = options.folder or Path(temporary)
        place.mkdir(parents=True, exist_ok=True)
        main(options.scale, options.rows, options.users, options.appends, place)
