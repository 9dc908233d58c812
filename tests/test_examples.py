"""The examples run, each in a folder with a warehouse, and the notebook prints what it shows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import nbformat
import pytest
from nbclient import NotebookClient

EXAMPLES = Path(__file__).parent.parent / "examples"
NOTEBOOK = EXAMPLES / "quickstart.ipynb"
TESTED = {"films.py", "plain_sql.sql", "polars_reads_it.py", NOTEBOOK.name}


@pytest.fixture
def folder(small_warehouse, tmp_path):
    """A folder with the small warehouse where the examples look for one."""
    (tmp_path / "warehouse").mkdir()
    shutil.copyfile(small_warehouse, tmp_path / "warehouse" / "recsys.duckdb")
    return tmp_path


def test_every_example_is_tested():
    assert {path.name for path in EXAMPLES.iterdir() if path.is_file()} == TESTED


def test_polars_reads_a_warehouse(folder):
    command = [sys.executable, EXAMPLES / "polars_reads_it.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "adaptive" in done.stdout
    lists = duckdb.sql(
        """select count(*), count(distinct "user") from read_parquet($1)""",
        params=[str(folder / "top.parquet")],
    )
    assert lists.fetchall()[0][1] == 2


def test_the_oldest_client_runs_the_plain_sql(folder):
    client = Path(sys.executable).with_name("duckdb")
    with (EXAMPLES / "plain_sql.sql").open() as script:
        done = subprocess.run(
            [client, "-bail"], stdin=script, cwd=folder, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "own rating" in done.stdout
    assert (folder / "submission.csv").read_text().startswith("TrackID,Predictor\n100_")


def executed(folder: Path) -> nbformat.NotebookNode:
    """The notebook after a run from its top in an empty folder, with this Python's `recsys` on the path."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    plain = {"COLUMNS": "100", "NO_COLOR": "1", "TTY_COMPATIBLE": "0"}  # a line that moves shows the time
    environment = {**os.environ, **plain, "PATH": path}
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}})
    client.execute(env=environment)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # when it ran
    return notebook


def printed(notebook: nbformat.NotebookNode) -> list[str]:
    """What each cell of code shows as text."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [
        "".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs)
        for cell in cells
    ]


def test_the_notebook_prints_what_it_shows(tmp_path):
    """`python -m tests.test_examples` runs it and keeps what it prints."""
    shown = nbformat.read(NOTEBOOK, as_version=4)
    assert printed(executed(tmp_path)) == printed(shown)


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        nbformat.write(executed(Path(place)), NOTEBOOK)
