"""Train the four classifiers and ALS with both solvers, and print a table for docs/models.md.

``python -m tests.bench.solvers DIR`` builds the paper's models of a data directory twice, with scikit-learn and
NumPy (local) and with Spark ML, each in a fresh process.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

SOLVERS = ("local", "spark")
HEADINGS = ("model", "accuracy, local", "accuracy, Spark ML", "seconds, local", "seconds, Spark ML")


def leaderboard(data: Path, folder: Path, solver: str, threads: int) -> dict[str, Mapping[str, Any]]:
    """Build the paper's models with a solver and return the rows of its leaderboard by model."""
    warehouse = folder / f"{solver}.duckdb"
    chosen = [flag for name in ("classifiers", "als") for flag in ("--set", f"{name}.solver={solver}")]
    place = ["--warehouse", str(warehouse)]
    _recsys("build", "--paper", "--data", str(data), "--threads", str(threads), *place, *chosen)
    rows: list[dict[str, Any]] = json.loads(_recsys("leaderboard", "--json", *place))
    return {row["model"]: row for row in rows if row["solver"] == solver}


def _recsys(*arguments: str) -> str:
    command = [sys.executable, "-m", "recsys", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def table(found: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """Return the rows of all solvers side by side, as a table in Markdown."""
    local, spark = (found[solver] for solver in SOLVERS)
    lines = [_line(HEADINGS), _line(["---", *["---:"] * 4])]
    for model in sorted(local.keys() & spark.keys(), key=lambda model: -local[model]["accuracy"]):
        accuracies = [f"{rows[model]['accuracy']:.4f}" for rows in (local, spark)]
        seconds = [f"{rows[model]['seconds']:.1f}" for rows in (local, spark)]
        lines.append(_line([f"`{model}`", *accuracies, *seconds]))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Build twice and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="recsys-solvers-") as folder:
        found = {solver: leaderboard(given.data, Path(folder), solver, given.threads) for solver in SOLVERS}
    print(table(found))


if __name__ == "__main__":
    main()
