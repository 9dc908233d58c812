"""Many readers of the explorer at a time: how long a page takes them, alone, together and through a build.

    python -m tests.bench.readers WAREHOUSE [--data DIRECTORY] [--readers 16] [--seconds 20]

The explorer of a copy of the warehouse runs in a process of its own. Each reader asks for
one page after another, without a pause: the first page, users, items, pairs, lists and searches. No reader has asked for
the page of a user, an item or a pair before, so that no page but the first was made already. With ``--data``, the
directory that the warehouse was built from, the copy is built anew meanwhile with another constant, and the first page
is then asked for once more: it must be of the new build.

Prints medians and 95 % quantiles, pages a second, errors, and the server's processor time a page, which says more than
times do on a machine that is busy otherwise.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import itertools
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from recsys.backends.duckdb.connection import reading

SERVE = (
    "import sys; from pathlib import Path; from recsys.ui.app import serve; serve(Path(sys.argv[1]), port=0)"
)
TICK = os.sysconf("SC_CLK_TCK")
DRAWN = 5000  # users, items and pairs to ask for, each once unless there are fewer
KINDS = ("home", "user", "item", "pair", "lists", "search")
SHARES = (2, 6, 6, 3, 1, 4)  # how often each kind is asked for
ALONE = 10  # pages of a kind, asked for one by one


@dataclass
class Timed:
    """Seconds that pages took, by kind, and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    errors: list[str] = field(default_factory=list)

    @property
    def all(self) -> list[float]:
        return [one for found in self.seconds.values() for one in found]


class Explorer:
    """The process that answers."""

    def __init__(self, warehouse: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(warehouse)], stdout=subprocess.PIPE, text=True, env=environment
        )
        assert self.process.stdout
        self.port = int(re.search(r":(\d+)/", self.process.stdout.readline())[1])

    def processor(self) -> float:
        """Seconds of processor time so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK


@contextlib.contextmanager
def explorer(warehouse: Path) -> Iterator[Explorer]:
    found = Explorer(warehouse)
    try:
        yield found
    finally:
        found.process.terminate()
        found.process.wait(30)


def addresses(warehouse: Path) -> dict[str, list[str]]:
    """Pages of each kind, in an order that a seed gives."""
    drawn = f"order by hash({{0}}) limit {DRAWN}"
    with reading(warehouse) as connection:

        def asked(sql: str, *columns: str) -> list[tuple[int, ...]]:
            return connection.execute(f"{sql} {drawn.format(', '.join(columns))}").fetchall()

        users = asked("select user_id from marts.user_activity", "user_id")
        items = asked("select item_id, item_type from hierarchy.items", "item_id")
        pairs = asked("select user_id, track_id from staging.candidates", "user_id", "track_id")
    return {
        "home": ["/"],
        "user": [f"/ids/user/{user}" for (user,) in users],
        "item": [f"/ids/item/{item}" for item, _ in items],
        "pair": [f"/pair?user={user}&track={track}" for user, track in pairs],
        "lists": [f"/users/{user}/lists?part=1" for (user,) in users],
        "search": [f"/search.json?q={item}" for item, _ in items],
    }


def get(connection: http.client.HTTPConnection, path: str) -> tuple[int, bytes]:
    """The page that a path leads to."""
    for _ in range(3):
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status not in (303, 307):
            break
        path = answer.headers["location"]
    return answer.status, body


def ask(port: int, kind: str, path: str, timed: Timed) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    begun = time.perf_counter()
    try:
        status, body = get(connection, path)
        timed.seconds[kind].append(time.perf_counter() - begun)
        if status >= 400:
            timed.errors.append(f"{status} {path} {body[:80]!r}")
    except (OSError, http.client.HTTPException) as error:
        timed.errors.append(f"{type(error).__name__} {path}")
    finally:
        connection.close()


def crowd(port: int, pages: Mapping[str, Iterator[str]], readers: int, until: threading.Event) -> Timed:
    """Readers, each a thread that asks until the event is set."""
    timed = Timed()

    def read(seed: int) -> None:
        draw = random.Random(seed)
        while not until.is_set():
            kind = draw.choices(KINDS, SHARES)[0]
            ask(port, kind, next(pages[kind]), timed)

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return timed


def told(title: str, timed: Timed, wall: float, processor: float) -> None:
    found = sorted(timed.all)
    median, late = statistics.median(found), found[int(len(found) * 0.95)]
    print(
        f"{title:28} {1000 * median:6.0f} ms median  {1000 * late:6.0f} ms at 95 %  {len(found) / wall:6.1f} pages/s"
        f"  {len(timed.errors)} errors  {1000 * processor / len(found):5.0f} ms processor time a page"
    )
    for error in timed.errors[:5]:
        print(f"    {error}")


def during(seconds: float, work: Sequence[str]) -> threading.Event:
    """An event that is set after some seconds, or once a command is done."""
    over = threading.Event()

    def wait() -> None:
        if work:
            subprocess.run(work, check=True, capture_output=True)
        time.sleep(seconds)
        over.set()

    threading.Thread(target=wait, daemon=True).start()
    return over


def build_of(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    return re.search(r"Build <code>(\w+)", get(connection, "/")[1].decode())[1]


def main(warehouse: Path, data: Path | None, readers: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copyfile(warehouse, Path(folder) / "w.duckdb"))
        pages = addresses(copy)
        with explorer(copy) as served:
            print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
            ask(served.port, "home", "/catalogue/scores.adaptive.html", Timed())  # waits for all columns
            for kind in KINDS:
                ask(served.port, kind, pages[kind][-1], Timed())  # opens what the first page of a kind opens
                alone, begun, used = Timed(), time.perf_counter(), served.processor()
                for path in pages[kind][:ALONE]:
                    ask(served.port, kind, path, alone)
                told(f"one reader, {kind}", alone, time.perf_counter() - begun, served.processor() - used)
            rebuild = [sys.executable, "-m", "recsys", "build", "--data", str(data), "--warehouse", str(copy)]
            rebuild += ["--sql-only", "--set", "bayes.confidence=11"]
            unseen = {kind: itertools.cycle(pages[kind][ALONE:-1] or pages[kind]) for kind in KINDS}
            before = build_of(served.port)
            for title, work in (
                (f"{readers} readers", []),
                *([(f"{readers} through a build", rebuild)] if data else []),
            ):
                begun, used = time.perf_counter(), served.processor()
                timed = crowd(served.port, unseen, readers, during(2 if work else seconds, work))
                told(title, timed, time.perf_counter() - begun, served.processor() - used)
            if data:
                print("the next request shows the new build:", build_of(served.port) != before)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--readers", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    main(options.warehouse, options.data, options.readers, options.seconds)
