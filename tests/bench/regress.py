"""This checkout compared with an earlier version: start, import and builds, both side by side in one run.

    python -m tests.bench.regress OLD [--data DIR | --scale small] [--times 3]

OLD is a wheel, or a tag or commit of this repository; its wheel is then built. Both versions are installed
next to each other and share the packages of this environment, so that only the code differs. The ratio is that
of this checkout to the earlier version: above 1 it became slower, or takes more memory.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
from rich.console import Console

from tests.bench.importing import MADE
from tests.bench.measure import Contestant, interleave, show
from tests.bench.warehouse import CACHE, demo_data

ROOT = Path(__file__).parents[2]
RATINGS = 1_000_000  # of the file that is imported
NOW, THEN = "now", "before"


def wheel_of(source: Path, folder: Path) -> Path:
    """Build the wheel of a source tree in a folder."""
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(source)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (wheel,) = folder.glob("*.whl")
    return wheel


def is_known(old: str) -> bool:
    """Return whether there is such a wheel, tag or commit."""
    if old.endswith(".whl"):
        return Path(old).is_file()
    asked = ["git", "-C", str(ROOT), "rev-parse", "--verify", "--quiet", f"{old}^{{commit}}"]
    return not subprocess.run(asked, stdout=subprocess.DEVNULL, check=False).returncode


def tree_of(commit: str, folder: Path) -> Path:
    """Unpack the tree of a tag or commit."""
    folder.mkdir()
    archive = subprocess.run(["git", "-C", str(ROOT), "archive", commit], check=True, stdout=subprocess.PIPE)
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    return folder


def installed(wheel: Path, folder: Path) -> list[str]:
    """Install a wheel into a folder without its requirements; the command that runs it."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--no-deps"]
    subprocess.run([*pip, "--target", str(folder), str(wheel)], check=True)
    return ["env", f"PYTHONPATH={folder}", sys.executable, "-P", "-m", "recsys"]


def jobs(data: Path, ratings: Path) -> dict[str, list[str]]:
    """The arguments of each measured command by its name; OUT is where it writes."""
    build = ["build", "--data", str(data), "--warehouse", "OUT/recsys.duckdb", "--quiet"]
    return {
        "recsys --help": ["--help"],
        f"recsys import, {RATINGS:,} ratings": ["import", str(ratings), "--out", "OUT/data"],
        f"recsys build --sql-only, {data.name} demo data": [*build, "--sql-only"],
        f"recsys build, {data.name} demo data": build,
    }


def main() -> None:
    """Install both versions and print a table for each command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("old", metavar="OLD", help="a wheel, tag or commit")
    parser.add_argument("--data", type=Path, help="a data directory; default: demo data")
    parser.add_argument("--scale", default="small", help="of the demo data, without --data")
    parser.add_argument("--times", type=int, default=3, help="runs of each version")
    options = parser.parse_args()
    if not is_known(options.old):
        print(
            f"Error: OLD={options.old}: expected a wheel, or a tag or commit of this repository",
            file=sys.stderr,
        )
        sys.exit(2)
    data = (options.data or demo_data(options.scale)).resolve()
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as name:
        folder = Path(name).resolve()
        before = Path(options.old)
        if before.suffix != ".whl":
            before = wheel_of(tree_of(options.old, folder / "tree"), folder / "before")
        programs = {
            NOW: installed(wheel_of(ROOT, folder / "now"), folder / "now-installed"),
            THEN: installed(before, folder / "before-installed"),
        }
        ratings = folder / "ratings.csv"
        duckdb.connect().execute(MADE, {"rows": RATINGS, "path": str(ratings)})
        for title, words in jobs(data, ratings).items():
            contestants = [
                Contestant(
                    version,
                    [*program, *(word.replace("OUT", str(folder / version)) for word in words)],
                    folder / version,
                )
                for version, program in programs.items()
            ]
            show(title, interleave(contestants, options.times), Console())


if __name__ == "__main__":
    main()
