"""``python -m tests.torture``: the long form of the attacks, and a table of what the product survived."""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from tests.torture.figures import FULL, SHARES, Attack, Budget, Figure


def main() -> int:
    """Run every attack for its share of the time; exit status 1 if the product failed one."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="for all attacks together")
    parser.add_argument("--full", action="store_true", help="every count to its end, and full scale in 1 GB")
    parser.add_argument("--only", help="one attack by its name")
    given = parser.parse_args()
    shares = FULL if given.full else SHARES
    chosen = {attack: share for attack, share in shares.items() if given.only in (None, attack.__name__)}
    figures = [_run(attack, given.seconds * share) for attack, share in chosen.items()]
    _print(figures)
    return int(any(figure.outcome.startswith("FAILED") for figure in figures))


def _run(attack: Attack, seconds: float) -> Figure:
    begun = time.monotonic()
    with TemporaryDirectory(prefix="recsys torture ") as folder:
        try:
            figure = attack(Path(folder), Budget(seconds))
        except Exception as error:
            traceback.print_exception(error)
            figure = Figure(attack.__name__, f"FAILED: {(str(error) or repr(error)).splitlines()[0]}")
    print(
        f"{time.monotonic() - begun:6.0f} s  {figure.attack}: {figure.outcome}", file=sys.stderr, flush=True
    )
    return figure


def _print(figures: list[Figure]) -> None:
    table = Table("attack", "what happened", title="What it survives")
    for figure in figures:
        table.add_row(figure.attack, figure.outcome)
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
