"""Arrow imports pandas when a frame is asked for, and not before."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.torture.programs import ROOT

PROGRAM = """
import sys
import pyarrow as pa
from recsys.cli.without_pandas import without_pandas

without_pandas()
assert pa.table({"a": [1, 2]})["a"].to_numpy().tolist() == [1, 2]
print("pandas" in sys.modules)
print(pa.table({"a": [1, 2]}).to_pandas()["a"].sum(), "pandas" in sys.modules)
"""


def test_pandas_is_imported_where_a_frame_is_asked_for():
    words = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "3", "True"]


COMMAND = """
import sys
from recsys.cli import main

try:
    main()
finally:
    print("pandas" in sys.modules)
"""


@pytest.mark.parametrize(
    "words", [["recommend", "--all"], ["leaderboard"], ["explain", "1", "10"]], ids=" ".join
)
def test_commands_that_read_no_frames_do_not_import_pandas(small_warehouse, words):
    command = [sys.executable, "-c", COMMAND, *words, "--warehouse", str(small_warehouse)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.split()[-1] == "False", done.stderr
