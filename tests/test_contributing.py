"""The recipes of CONTRIBUTING.md, followed to the letter in a copy of the project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

# Python runs a module of this name when it starts: it hides the packages of the slow learners.
WITHOUT_SLOW_LEARNERS = """
from importlib import metadata

found = metadata.version


def version(package):
    if package in ("lightgbm", "numba", "pyspark", "torch"):
        raise metadata.PackageNotFoundError(package)
    return found(package)


metadata.version = version
"""

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(
    r"`(?P<file>[\w/]+\.\w+)`[^`]*?\n\n *```(?!sh)\w+\n(?P<text>.*?)\n *```|```sh\n(?P<commands>.*?)\n *```",
    re.DOTALL,
)


def dedented(text: str) -> str:
    return (
        re.sub(r"^   (?=-|\w|\)|select|\[| )", "", text, flags=re.MULTILINE)
        if text.startswith("   ")
        else text
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("copy")
    for part in ("recsys", "sql"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "warehouse").mkdir()
    return folder


def run(folder: Path, command: str, places: Sequence[Path] = ()) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    imported = os.pathsep.join(str(place) for place in (folder, *places))
    environment = {**os.environ, "PATH": path, "PYTHONPATH": imported, "COLUMNS": "120"}
    done = subprocess.run(
        command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"$ {command}\n{done.stderr}"
    return done.stdout


def test_the_recipes_end_on_the_leaderboard(copy, tmp_path):
    pytest.importorskip("sklearn", reason="the extra 'learners' is not installed")
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    recipe = text.split("## To add a model")[1].split("## What a header declares")[0]
    written, printed = [], ""
    for block in BLOCK.finditer(recipe):
        for command in (block["commands"] or "").splitlines():
            printed += run(copy, command.strip())
        if block["file"]:
            path = copy / block["file"]
            before = path.read_text() if path.exists() else ""
            path.write_text(
                f"{before}\n{dedented(block['text'])}\n" if before else f"{dedented(block['text'])}\n"
            )
            written.append(block["file"])
    assert written == [
        "sql/scores/artist_alone.sql",
        "sql/parameters.toml",
        "sql/scores/level_odds.sql",
        "sql/parameters.toml",
        "recsys/learners/level_odds.py",
    ]
    assert "artist_alone" in printed
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_SLOW_LEARNERS)
    build = "recsys build --data data/tiny --warehouse warehouse/tiny.duckdb --select +marts.leaderboard"
    run(copy, build, [tmp_path])
    query = "select model, evaluated_on, accuracy > 0.5 as learned from marts.leaderboard where model = 'level_odds'"
    printed = run(copy, f'recsys sql "{query}" --csv --warehouse warehouse/tiny.duckdb')
    assert printed.splitlines() == [
        "model,evaluated_on,learned",
        'level_odds,"truth2.txt, labelled users, cross-validated",true',
    ]
