"""Runs the commands of the README and of the chapters that go on from it, in one folder, one page after the other.

With ``--write`` it renews the output that they show.

With ``--table`` it renews the table of models in docs/models.md, and runs nothing; ``--write`` does so too.

A block ```` ```console ```` holds lines ``$ command`` with the output below each. The commands run in one
folder, one after the other. Output is compared to the letter, except where a line is ``...``: it stands for
any number of lines. In a table with a column ``seconds`` these may be any numbers.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recsys.docs_site.model_table import markdown, models
from recsys.project import Project
from recsys.sources.directory import OPTIONAL

README = Path(__file__).parent.parent / "README.md"
DOCS = README.parent / "docs"
MODELS = DOCS / "models.md"
WALKS = (README, DOCS / "lists.md", DOCS / "cup.md")  # in this order: each finds what the one before has made
LEARNED_WALKS = (DOCS / "tutorial.md",)  # builds learned models: renewed with --write, too slow for the tests
BLOCK = re.compile(r"(?<=^```console\n)(.*?)(?=^```$)", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Session:
    """A command of a page and the lines that it is said to print."""

    command: str
    shown: tuple[str, ...]


def sessions(text: str) -> Iterator[Session]:
    for block in BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = part.rstrip().split("\n")
            while command.endswith("\\"):
                command = f"{command[:-1]}{shown.pop(0).strip()}"
            yield Session(command, tuple(shown))


def prepared(folder: Path) -> Path:
    """A folder in which the commands can run: a clone, as far as they need one."""
    shutil.copytree(README.parent / "examples", folder / "examples")
    return folder


def run(command: str, folder: Path) -> tuple[str, ...]:
    """What a command prints in a folder, with this Python's `recsys` on the path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "NO_COLOR": "1", "COLUMNS": "100"}
    done = subprocess.run(
        command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise AssertionError(f"$ {command}\nexit status {done.returncode}: {done.stderr}")
    return tuple(line.rstrip() for line in done.stdout.rstrip().split("\n"))


def agrees(shown: tuple[str, ...], printed: tuple[str, ...]) -> bool:
    """Whether a command printed what is shown, where ``...`` stands for any lines."""
    return re.fullmatch("\n".join(patterns(shown)), "\n".join(printed)) is not None


def patterns(shown: tuple[str, ...]) -> Iterator[str]:
    """A regular expression for each line; below the heading ``seconds`` there is any number."""
    timed: slice | None = None
    for line in map(str.rstrip, shown):
        heading = re.search(r"  (seconds)\b", line)
        timed = slice(*heading.span(1)) if heading else timed
        if line == "...":
            yield r"(?:.*\n?)*?"
        elif timed and re.fullmatch(r" *\d+\.\d", line[timed]):
            yield rf"{re.escape(line[: timed.start])}[ \d.]{{7}}{re.escape(line[timed.stop :])}"
        else:
            yield re.escape(line)


def renewed(text: str, folder: Path) -> str:
    """A page with what its commands print now; blocks with ``...`` stay as they are."""

    def rewrite(match: re.Match[str]) -> str:
        lines = []
        for session in sessions(f"```console\n{match[0]}```"):
            printed = run(session.command, folder)
            shown = session.shown if "..." in session.shown else printed
            lines += [f"$ {session.command}", *shown]
        return "\n".join(lines) + "\n"

    return BLOCK.sub(rewrite, text)


def tabled(text: str) -> str:
    """A page with the table of the models as they are now."""
    table = markdown(models(Project.load(present=OPTIONAL)))
    return re.sub(r"(?<=<!-- models -->\n).*?(?=\n<!-- /models -->)", lambda _: table, text, flags=re.DOTALL)


def main(request: str) -> None:
    if request in ("--table", "--write"):
        MODELS.write_text(tabled(MODELS.read_text(encoding="utf-8")), encoding="utf-8")
    if request == "--table":
        return
    with tempfile.TemporaryDirectory() as name:
        folder = prepared(Path(name))
        for page in (*WALKS, *LEARNED_WALKS):
            text = renewed(page.read_text(encoding="utf-8"), folder)
            if request == "--write":
                page.write_text(text, encoding="utf-8")
            else:
                print(text)


if __name__ == "__main__":
    main("".join(sys.argv[1:]))
