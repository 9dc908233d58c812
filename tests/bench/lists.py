"""Lists of `recsys` and of other packages on the same data: quality, processor time and memory, side by side.

    python -m tests.bench.lists FILE... [--seed 1] [--seconds 30] [--only recsys ...] [--peers PYTHON] [--keep DIRECTORY]

FILE is Last.fm's `user_artists.dat`, MovieLens's `ratings.csv`, RecBole's `ml-100k.inter`, or any other file of user,
item, value and perhaps time. A fifth of the likes of each user with at least five is hidden at random, the rest is a
CSV file (`tests.bench.list_data`). `recsys` imports it, builds and recommends by its defaults; each peer is tuned for
`--seconds` of processor time on a validation split of the same file (`tests.bench.list_peers`), and runs in the Python
of `--peers`. Everything unseen competes; hidden items without other interactions count as misses.

Prints a table in Markdown for each file: NDCG@10 with its 95 % interval (1,000 bootstraps over users) and the letters of
models that differ significantly from no better one, recall@20, coverage of 10 items a list, processor time and peak
memory of everything from the CSV file to the lists.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from recsys.evaluation.bootstrap import groups, interval
from recsys.evaluation.ranking import HeldOut, by_user, coverage, judged
from recsys.learners.lists.interactions import positions
from tests.bench.list_data import held_out, read
from tests.bench.measure import MEBIBYTE, Contestant, Measurement, measure

OWN = "recsys"
PEERS = (
    "implicit ALS",
    "implicit BM25",
    "LensKit ImplicitMF",
    "LensKit ItemKNN",
    "irspack IALS",
    "irspack EDLAE",
    "irspack SLIM",
    "irspack RP3beta",
)
K, LONG = 10, 20


@dataclass(frozen=True)
class Entry:
    """A recommender's lists as item positions (users, 20), what it chose, and what it took."""

    name: str
    items: np.ndarray
    chosen: str
    took: Measurement


def recsys_steps(known: Path, folder: Path) -> list[Sequence[str]]:
    """Return the commands of a person: import, build, recommend."""
    data, warehouse, program = folder / "data", folder / "lists.duckdb", [sys.executable, "-m", "recsys"]
    return [
        [*program, "import", str(known), "--out", str(data)],
        [*program, "build", "--data", str(data), "--warehouse", str(warehouse)],
        [
            *program,
            "recommend",
            "--all",
            "-k",
            str(LONG),
            "--out",
            str(folder / "lists.csv"),
            "--warehouse",
            str(warehouse),
        ],
    ]


def run(name: str, known: Path, folder: Path, seconds: float, python: str) -> tuple[Path, str, Measurement]:
    """Return the file of lists, the last line that was printed, and the sum of all steps."""
    lists = folder / "lists.csv"
    if name == OWN:
        steps = recsys_steps(known, folder)
    else:
        peer = ["-m", "tests.bench.list_peers", name, str(known), str(lists), "--seconds", str(seconds)]
        steps = [[python, *peer]]
    logs = [folder / f"step{number}" for number, _ in enumerate(steps, 1)]
    found = [measure(Contestant(name, step, log)) for step, log in zip(steps, logs, strict=True)]
    took = Measurement(
        sum(one.seconds for one in found),
        sum(one.cpu_seconds for one in found),
        max(one.peak_bytes for one in found),
    )
    return lists, (logs[-1] / "log.txt").read_text(errors="replace").splitlines()[-1], took


def load(path: Path, users: np.ndarray, items: np.ndarray) -> np.ndarray:
    """Return the lists of a CSV file with columns user, item and rank as positions (users, 20), -1 for none."""
    found = np.full((len(users), LONG), -1)
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    user, item, rank = (np.array([int(row[name]) for row in rows]) for name in ("user", "item", "rank"))
    found[np.searchsorted(users, user), rank - 1] = positions(items, item)
    return found


def entries(
    file: Path, folder: Path, names: Sequence[str], seed: int, seconds: float, python: str
) -> tuple[list[Entry], HeldOut, int]:
    """Return the lists of each program, the hidden likes, and the number of items."""
    table = read(file)
    hidden = table.hidden(seed)
    users, items, likes = held_out(table, hidden)
    known = folder / "known.csv"
    table.rows(~hidden).write(known)
    found = []
    for name in names:
        own = folder / name.replace(" ", "_")
        own.mkdir(exist_ok=True)
        record = own / "measured.json"
        if not record.exists():
            measured = run(name, known, own, seconds, python)
            record.write_text(json.dumps([str(measured[0]), measured[1], asdict(measured[2])]))
        path, printed, numbers = json.loads(record.read_text())
        took = Measurement(**numbers)
        found.append(Entry(name, load(Path(path), users, items), printed, took))
        print(f"{file.stem}: {name}: {took.cpu_seconds:.0f} CPU s; {printed}", file=sys.stderr, flush=True)
    return found, likes, len(items)


def rows(found: Sequence[Entry], likes: HeldOut, item_count: int) -> Iterator[str]:
    """Yield a row for each program, the best first."""
    quality: Mapping[str, np.ndarray] = {
        one.name: judged(by_user(one.items, likes, K)["ndcg"]) for one in found
    }
    by_name, letters = {one.name: one for one in found}, groups(quality)
    for name, letter in letters.items():
        one, values = by_name[name], interval(quality[name])
        recall = judged(by_user(one.items, likes, LONG)["recall"]).mean()
        covered = coverage(one.items[:, :K], np.ones(item_count, bool))
        yield (
            f"| {f'**{name}**' if name == OWN else name} "
            f"| {_share(values.mean)} ({_share(values.lower)} to {_share(values.upper)}) {letter} | {_share(recall)} "
            f"| {_share(covered)} | {one.took.cpu_seconds:.0f} | {one.took.peak_bytes / MEBIBYTE:,.0f} MiB |"
        )


def _share(value: float) -> str:
    return f"{value:.3f}".replace("0.", ".", 1)


def main() -> None:
    """Print the table of each file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=30.0, help="processor time of each peer's search")
    parser.add_argument("--only", nargs="+", choices=(OWN, *PEERS), default=(OWN, *PEERS))
    parser.add_argument(
        "--peers", default=sys.executable, help="Python with the packages of the extra `bench`"
    )
    parser.add_argument(
        "--keep", type=Path, help="where files are kept; what was measured there is not run again"
    )
    given = parser.parse_args()
    for file in given.files:
        with tempfile.TemporaryDirectory() as scratch:
            folder = (given.keep or Path(scratch)) / file.stem
            folder.mkdir(parents=True, exist_ok=True)
            found, likes, items = entries(file, folder, given.only, given.seed, given.seconds, given.peers)
        print(f"\n| {file.stem} | NDCG@10 | recall@20 | coverage | CPU s | peak memory |")
        print("|---|---|---|---|---|---|", *rows(found, likes, items), sep="\n", flush=True)


if __name__ == "__main__":
    main()
