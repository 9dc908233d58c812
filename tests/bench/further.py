"""The models past the paper, each from text files to its scores, and lists for everybody.

    python -m tests.bench.further [--data DIR | --scale full] [--times 5] [--replicate 5]

measures ``recsys build --select +scores.MODEL`` compared with the paper's heuristics, and ``recsys recommend --all`` on
a warehouse that is there already; then the heuristics and ``item_neighbours`` again on a history that is several
times as long. Without ``--data`` the demo data set is made, once, under ``build/``.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from rich.console import Console

from tests.bench.measure import Contestant, interleave, show
from tests.bench.warehouse import CACHE, PAPER, RECSYS, arguments, demo_data, growth, replicate

GROWING = "item_neighbours"
MODELS = (GROWING, "taxonomy_factors", "ranker")
LISTS = "recommend --all"
HEURISTICS = "the paper's heuristics"


def build(data: Path, warehouse: Path, *options: str) -> list[str]:
    """The command that builds a part of a warehouse."""
    return [*RECSYS, "build", "--data", str(data), "--warehouse", str(warehouse), *options]


def model(name: str, data: Path, out: Path) -> Contestant:
    """A build of one model and all that it reads."""
    folder = out / name
    return Contestant(name, build(data, folder / "warehouse.duckdb", "--select", f"+scores.{name}"), folder)


def heuristics(data: Path, out: Path) -> Contestant:
    """A build of what the paper's heuristics need, with their marts."""
    folder = out / "heuristics"
    return Contestant(HEURISTICS, build(data, folder / "warehouse.duckdb", "--sql-only", *PAPER), folder)


def lists(warehouse: Path, out: Path) -> Contestant:
    """A list for everybody from a warehouse that is there."""
    folder = out / "lists"
    command = [*RECSYS, "recommend", "--all", "--out", str(folder / "top.parquet")]
    return Contestant(LISTS, [*command, "--warehouse", str(warehouse)], folder)


def main() -> None:
    """Measures and prints."""
    options, console = arguments(__doc__), Console()
    data = options.data or demo_data(options.scale)
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        short, long, longer_data = (Path(scratch, name) for name in ("short", "long", "data"))
        warehouse = Path(scratch, "built", "warehouse.duckdb")
        made = build(data, warehouse, "--sql-only", "--without", "validation")
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        models = [model(name, data, short) for name in MODELS]
        measured = interleave([lists(warehouse, short), *models, heuristics(data, short)], options.times)
        show(f"{data}: the ratio is to {HEURISTICS}", measured, console)
        if options.replicate > 1:
            replicate(data, options.replicate, longer_data)
            longer = [model(GROWING, longer_data, long), heuristics(longer_data, long)]
            again = interleave(longer, max(1, options.times // 3))
            show(f"{data}, history x {options.replicate}", again, console)
            console.print(*growth(measured, again), sep="\n")


if __name__ == "__main__":
    main()
