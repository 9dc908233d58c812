"""The learned models: what each takes, how good it is, and why the autoencoder predicts exposure.

    python -m tests.bench.learners [--data DIR | --scale small]

builds a data set from scratch and prints seconds and peak memory of each learner, and what the models past the
paper cost, then builds the autoencoder again with other settings and prints what each does to
``autoencoder_fallback``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from tests.bench.growth import growth
from tests.bench.warehouse import RECSYS, demo_data

MEBIBYTE = 1 << 20

VARIANTS = {
    "as it is": [],
    "ratings alone (AutoRec)": ["autoencoder.negatives=0"],
    "three unrated for each rating": ["autoencoder.negatives=3"],
    "twice the hidden units": ["autoencoder.hidden=128"],
    "another seed": ["autoencoder.seed=1"],
}

COSTS = """
    select name, seconds, peak_bytes from marts.build
    where kind in ('table', 'view') and seconds > 1 order by seconds desc
"""
SCORES = "select model, accuracy, published_accuracy from marts.leaderboard"
CURVE = "select validation_loss, validation_auc from features.autoencoder_curve where is_kept"


def build(data: Path, warehouse: Path, settings: Sequence[str] = (), selected: Sequence[str] = ()) -> None:
    """A build in a process of its own; CalledProcessError if it fails."""
    command = [*RECSYS, "build", "--data", str(data), "--warehouse", str(warehouse)]
    options = [f"--set={setting}" for setting in settings] + [f"--select={name}" for name in selected]
    subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL)


def rows(warehouse: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(query).fetchall()


def costs(warehouse: Path) -> Table:
    """Models that took more than a second; the peak is that of Python and of Spark's JVM together."""
    table = Table("model", "seconds", "peak memory, MiB", title="what the learned models take")
    for name, seconds, peak in rows(warehouse, COSTS):
        table.add_row(name, f"{seconds:.1f}", f"{peak / MEBIBYTE:,.0f}")
    return table


def scores(warehouse: Path) -> Table:
    table = Table("model", "accuracy", "published", title="leaderboard")
    for model, accuracy, published in rows(warehouse, SCORES):
        table.add_row(model, f"{accuracy:.4f}", "" if published is None else f"{published:.3f}")
    return table


def variants(data: Path, warehouse: Path) -> Table:
    table = Table("autoencoder", "validation loss", "validation AUC", "autoencoder_fallback", "adaptive")
    for name, settings in VARIANTS.items():
        selected = ["features.autoencoder", "marts.predictions", "marts.leaderboard"]
        build(data, warehouse, settings, selected)
        ((loss, auc),) = rows(warehouse, CURVE)
        accuracy = {model: value for model, value, _ in rows(warehouse, SCORES)}
        found = (loss, auc, accuracy["autoencoder_fallback"], accuracy["adaptive"])
        table.add_row(name, *("" if value is None else f"{value:.4f}" for value in found))
    return table


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="a data directory with truth2.txt")
    parser.add_argument("--scale", default="small", choices=["tiny", "small", "full"])
    parser.add_argument("--select", help="measure one model alone")
    options = parser.parse_args()
    data, console = options.data or demo_data(options.scale), Console()
    with tempfile.TemporaryDirectory() as folder:
        warehouse = Path(folder) / "warehouse.duckdb"
        build(data, warehouse)
        console.print(costs(warehouse), growth(warehouse), scores(warehouse))
        console.print(variants(data, warehouse))


if __name__ == "__main__":
    sys.exit(main())
