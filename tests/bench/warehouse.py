"""From text files to heuristic scores: ``recsys build --sql-only`` of the paper's models, compared with the polars peer.

    python -m tests.bench.warehouse [--data DIR | --scale full] [--times 5] [--replicate 5]

measures both in one run, then both again on a history that is several times as long, and at last compares
their scores: exit status 1 if any differs. Without ``--data`` the demo data set is made, once, under
``build/``.
"""

from __future__ import annotations

import argparse
import gzip
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
from rich.console import Console
from rich.table import Table

from tests.bench.measure import Contestant, Measurement, interleave, median, show
from tests.bench.polars_peer import find, models

CACHE = Path("build/bench")
SEED = 1
TOLERANCE = 1e-9
BLOCK = 1 << 24
HEADER = re.compile(rb"^(?:\xef\xbb\xbf)?(\d+)\|", re.MULTILINE)
RECSYS = [sys.executable, "-m", "recsys"]
# What SQL has beyond the paper, and the peer has not: tests.bench.further measures it.
LISTS = ("lists.*", "list_validation.*")  # what lists from the whole catalogue draw on
BEYOND = ("content", "item_neighbours", "validation", "*item_weights", *LISTS)
PAPER = [word for name in BEYOND for word in ("--without", name)]
WAREHOUSE, PEER, KEEPING = "recsys build", "polars, scores alone", "polars, keeping all"


def demo_data(scale: str) -> Path:
    """The demo data set of that scale, made unless an earlier run left it."""
    directory = CACHE / scale
    if not directory.exists():
        command = [*RECSYS, "synth", str(directory), "--scale", scale, "--seed", str(SEED)]
        subprocess.run(command, check=True)
    return directory


def read_blocks(path: Path) -> Iterator[bytes]:
    """A file, plain or gzip-compressed, in blocks of whole lines."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
        while block := stream.read(BLOCK):
            yield block + stream.readline()


def shifted(block: bytes, offset: int) -> bytes:
    """The block with every user id of its headers raised by the offset."""
    return HEADER.sub(lambda match: b"%d|" % (int(match[1]) + offset), block)


def replicate(directory: Path, copies: int, target: Path) -> None:
    """Writes the data set again, its history as many times over, each copy under user ids of its own."""
    history = find(directory, "trainItem2", "trainIdx2")
    shutil.copytree(directory, target, ignore=shutil.ignore_patterns(history.name))
    users = 1 + max(int(user) for block in read_blocks(history) for user in HEADER.findall(block))
    with (target / "trainItem2.txt").open("wb") as stream:
        for copy in range(copies):
            for block in read_blocks(history):
                stream.write(shifted(block, copy * users))


def contestants(data: Path, out: Path) -> list[Contestant]:
    """The warehouse and its peer on the same files."""
    ours, peer, keeping = out / "recsys", out / "polars", out / "keeping"
    build = ["build", "--data", str(data), "--warehouse", str(ours / "warehouse.duckdb"), "--sql-only"]
    build += PAPER
    pipeline = [sys.executable, "-m", "tests.bench.polars_peer", str(data), str(peer)]
    kept = [*pipeline[:-1], str(keeping), "--keep"]
    return [
        Contestant(WAREHOUSE, [*RECSYS, *build], ours),
        Contestant(PEER, pipeline, peer),
        Contestant(KEEPING, kept, keeping),
    ]


def read_predictions(warehouse: Path) -> pl.DataFrame:
    """``marts.predictions`` of the models that the peer has."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        table = connection.sql("select model, user_id, track_id, score, predicted from marts.predictions")
        return pl.DataFrame(table.to_arrow_table()).filter(pl.col("model").is_in(list(models())))


def compare(out: Path) -> pl.DataFrame:
    """Per model, how far the two agree.

    ``unmatched`` candidates have a score of one program only; ``differing`` are those whose scores differ by
    more than the tolerance, and ``largest`` is the largest difference. ``flipped`` candidates are in other
    halves of their user's ranking, as happens where scores tie but for the last digit.
    """
    keys = pl.Schema({"model": pl.String, "user_id": pl.Int64, "track_id": pl.Int64})
    peer = pl.read_parquet(out / "polars" / "predictions.parquet").cast(keys)
    ours = read_predictions(out / "recsys" / "warehouse.duckdb").cast(keys)
    difference = (pl.col("score") - pl.col("score_peer")).abs()
    predicted = pl.col("predicted").cast(pl.Int8)
    return (
        ours.join(peer, on=list(keys), how="full", coalesce=True, suffix="_peer")
        .group_by("model")
        .agg(
            rows=pl.len(),
            unmatched=difference.is_null().sum(),
            differing=(difference > TOLERANCE).sum(),
            largest=difference.max(),
            flipped=(predicted != pl.col("predicted_peer")).sum(),
        )
        .sort("model")
    )


def growth(short: dict[str, list[Measurement]], long: dict[str, list[Measurement]]) -> Iterator[str]:
    """A line per contestant: its time on the longer history as a multiple of its time on the shorter."""
    for name, runs in long.items():
        before, after = median(short[name]), median(runs)
        time, memory = after.seconds / before.seconds, after.peak_bytes / before.peak_bytes
        yield f"{name}: {time:.2f} times the time, {memory:.2f} times the memory"


def arguments(description: str | None) -> argparse.Namespace:
    """The parsed command line of this benchmark, or of another that measures growth."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="a data directory")
    parser.add_argument("--scale", default="full", help="of the demo data set, without --data")
    parser.add_argument("--times", type=int, default=5, help="runs of each program")
    parser.add_argument("--replicate", type=int, default=5, help="length of the longer history; 1: none")
    return parser.parse_args()


def main() -> int:
    """Measures, prints, compares; 0 if both programs agree."""
    options, console = arguments(__doc__), Console()
    data = options.data or demo_data(options.scale)
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        short, long, longer_data = (Path(scratch, name) for name in ("short", "long", "data"))
        measured = interleave(contestants(data, short), options.times)
        show(f"{data}, as it is", measured, console)
        if options.replicate > 1:
            replicate(data, options.replicate, longer_data)
            again = interleave(contestants(longer_data, long), max(1, options.times // 3))
            show(f"{data}, history x {options.replicate}", again, console)
            console.print(*growth(measured, again), sep="\n")
        return report_agreement(compare(short), console)


def report_agreement(compared: pl.DataFrame, console: Console) -> int:
    """Prints the comparison; 0 if no score differs."""
    table = Table(title="recsys and polars, the same scores?")
    for heading in compared.columns:
        table.add_column(heading, no_wrap=True)
    for row in compared.iter_rows():
        table.add_row(*(f"{value:.1e}" if isinstance(value, float) else str(value) for value in row))
    console.print(table)
    differing = compared.filter((pl.col("unmatched") > 0) | (pl.col("differing") > 0))
    return int(not differing.is_empty())


if __name__ == "__main__":
    sys.exit(main())
