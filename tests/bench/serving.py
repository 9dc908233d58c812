"""Requests a second of the ways to serve lists: a store of one's own, and the explorer's JSON.

    python -m tests.bench.serving WAREHOUSE [--clients 8] [--seconds 10]

Writes the lists of all users with ``recsys recommend --all``, loads the file into SQLite, which stands for the store of a
shop, and reads lists from there. Then asks the explorer of the same warehouse, a process of its own, for
``/api/recommend`` and ``/api/similar``: one client, and several at a time, each over one connection. Users are drawn at
random with a fixed seed. Prints requests a second, the median and the 95 % quantile, and the server's processor time.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pyarrow.parquet as pq

from recsys.backends.duckdb.connection import reading
from tests.bench.readers import Explorer, explorer

LENGTH = 10  # items of a list
SEED = 5
FIELDS = ("rank", "item", "name", "score", "reason")


def main(warehouse: Path, clients: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "top.parquet"
        begun = time.perf_counter()
        words = ["recommend", "--all", "-k", str(LENGTH), "--out", str(out), "--warehouse", str(warehouse)]
        subprocess.run([sys.executable, "-m", "recsys", *words], check=True, capture_output=True)
        written = time.perf_counter() - begun
        store, users = load(out, Path(folder) / "store.sqlite")
        print(
            f"recommend --all: {len(users):,} users in {written:.1f} s; into the store: {store.seconds:.1f} s"
        )
        report("own store, 1 client", ask_store(store.path, users, seconds))
    with reading(warehouse) as connection:
        items = [str(item) for (item,) in connection.execute("select item_id from lists.items").fetchall()]
        texts = dict(connection.execute("select item_id::varchar, original_id from staging.items").fetchall())
    of_items = [f"/api/similar?item={quote(texts.get(item, item))}&k={LENGTH}" for item in items]
    of_users = [f"/api/recommend?user={quote(user)}&k={LENGTH}" for user in users]
    with explorer(warehouse) as served:
        for title, paths in (("/api/recommend", of_users), ("/api/similar", of_items)):
            ask_explorer(served, paths, 1, 1.0)  # opens what the first request opens
            for count in dict.fromkeys((1, clients)):
                used = served.processor()
                found = ask_explorer(served, paths, count, seconds)
                report(f"{title}, {count} client{'s' if count > 1 else ''}", found, served.processor() - used)


class Store:
    """The lists in SQLite: a row of JSON for each user."""

    def __init__(self, path: Path, seconds: float) -> None:
        self.path, self.seconds = path, seconds


def load(lists: Path, path: Path) -> tuple[Store, list[str]]:
    """Load the file of lists; return the store and its users."""
    begun = time.perf_counter()
    of_users: dict[str, list[dict]] = {}
    for row in pq.read_table(lists).to_pylist():
        of_users.setdefault(row["user"], []).append({name: row[name] for name in FIELDS})
    with sqlite3.connect(path) as connection:
        connection.execute("create table lists (user text primary key, list text) without rowid")
        rows = ((user, json.dumps(found)) for user, found in of_users.items())
        connection.executemany("insert into lists values (?, ?)", rows)
    return Store(path, time.perf_counter() - begun), [*of_users]


def ask_store(path: Path, users: list[str], seconds: float) -> list[float]:
    connection = sqlite3.connect(path)

    def ask(user: str) -> bool:
        (found,) = connection.execute("select list from lists where user = ?", (user,)).fetchone()
        return len(json.loads(found)) > 0

    return repeat(ask, users, SEED, seconds)


def ask_explorer(served: Explorer, paths: list[str], clients: int, seconds: float) -> list[float]:
    """The seconds of each request, of all clients."""
    found: list[float] = []

    def work(seed: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)

        def ask(path: str) -> bool:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            return answer.status == 200

        found.extend(repeat(ask, paths, seed, seconds))
        connection.close()

    threads = [threading.Thread(target=work, args=(SEED + number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def repeat(ask: Callable[[str], bool], choices: list[str], seed: int, seconds: float) -> list[float]:
    """Ask for random choices for some seconds; the seconds of each request. An answer that fails ends it."""
    draw, found, ends = random.Random(seed), list[float](), time.perf_counter() + seconds
    while (begun := time.perf_counter()) < ends:
        choice = draw.choice(choices)
        if not ask(choice):
            raise SystemExit(f"{choice}: no answer")
        found.append(time.perf_counter() - begun)
    return found


def report(title: str, found: list[float], processor: float | None = None) -> None:
    ordered = sorted(found)
    clients = int(title.split()[-2])
    rate = clients * len(ordered) / sum(ordered)
    used = "" if processor is None else f", {1000 * processor / len(ordered):.1f} ms of processor time each"
    print(
        f"{title}: {rate:,.0f} requests/s, median {1000 * statistics.median(ordered):.2f} ms, "
        f"95 % within {1000 * ordered[int(len(ordered) * 0.95)]:.2f} ms{used}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    main(options.warehouse, options.clients, options.seconds)
