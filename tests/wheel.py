"""What a stranger does with a release: installs the wheel into an empty environment and works somewhere else.

`make wheel` runs it: builds the sdist and from it the wheel, installs the wheel with the core packages alone,
then runs each command of `STEPS` in an empty folder, where nothing of the checkout can be found.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent
SHOWN = 4  # of the last lines that each command prints

PAIR = "recsys sql --csv \"select user_id || ' ' || track_id as pair from staging.candidates limit 1\""
STEPS = (
    "recsys --version",
    "recsys synth data/demo --scale tiny --seed 1",
    "recsys build --data data/demo --sql-only",
    "recsys leaderboard",
    f"recsys explain $({PAIR} | tail -1)",
    "recsys recommend 3 -k 3",
    "python films.py",
    "recsys import ratings.csv --items movies.csv --out data/films",
    "recsys build --data data/films --warehouse films.duckdb --sql-only",
    "recsys recommend --all --out top.parquet --warehouse films.duckdb",
    "recsys recommend --ratings '1=5,42=4.5' -k 3 --warehouse films.duckdb",
    "recsys similar 42 -k 3 --warehouse films.duckdb",
    "python from_the_readme.py",
)


def install(folder: Path) -> Path:
    """Build the distributions, install the wheel in an empty environment; the folder of its programs."""
    _run([sys.executable, "-m", "build", "--outdir", str(folder / "dist"), str(ROOT)], ROOT)
    (wheel,) = (folder / "dist").glob("*.whl")
    venv.create(folder / "venv", with_pip=True)
    programs = folder / "venv" / "bin"
    pip = [str(programs / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    _run([*pip, str(wheel)], folder)
    return programs


def work(programs: Path, folder: Path) -> None:
    """Run the steps in a folder, with nothing but the environment's programs before those of the system."""
    environment = {
        "HOME": str(folder),
        "PATH": f"{programs}{os.pathsep}{os.defpath}",
        "LANG": "C.UTF-8",
        "COLUMNS": "100",
    }
    shutil.copy(ROOT / "examples" / "films.py", folder)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    (folder / "from_the_readme.py").write_text(program, encoding="utf-8")
    for step in STEPS:
        print(f"$ {step}", flush=True)
        for line in _run(step, folder, environment).splitlines()[-SHOWN:]:
            print(f"  {line}")


def _run(command: str | list[str], folder: Path, environment: dict[str, str] | None = None) -> str:
    """What a command prints; the program ends with everything it said where it fails."""
    done = subprocess.run(
        command,
        shell=isinstance(command, str),
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{command}: exit status {done.returncode}\n{done.stdout}")
    return done.stdout


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="recsys-wheel-") as place:
        programs = install(Path(place))
        (Path(place) / "work").mkdir()
        work(programs, Path(place) / "work")
    print("the wheel works")
