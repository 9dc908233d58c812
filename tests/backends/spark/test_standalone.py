"""A real cluster: a build goes on when a worker is killed in the middle, and ends with the same rows.

Its workers need Spark and Java alone: none of them starts Python.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from recsys.engine import manifest
from tests.backends.spark.compared import unlike
from tests.backends.spark.standalone import SECONDS, standalone

SELECTED = ("--sql-only", "--select", "+features.candidates")
BEFORE_THE_KILL = 5  # relations that are there when the worker goes


def test_a_build_survives_the_loss_of_a_worker(
    small_data: Path, small_warehouse: Path, tmp_path: Path
) -> None:
    warehouse, store = tmp_path / "w.duckdb", tmp_path / "store"
    given = "--data", str(small_data), "--warehouse", str(warehouse), "--store", str(store), *SELECTED
    with standalone(tmp_path) as cluster:
        command = sys.executable, "-m", "recsys", "build", "--engine", "spark", "--master", cluster.master
        build = subprocess.Popen(
            [*command, *given], env=cluster.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        programs: set[str] = set()
        while build.poll() is None and len([*store.glob("*/*/*/_SUCCESS")]) < BEFORE_THE_KILL:
            programs |= cluster.programs()
            time.sleep(0.1)
        assert "java" in programs
        assert not [name for name in programs if "python" in name]
        assert build.poll() is None, "the build ended before the worker was killed"
        cluster.kill(cluster.workers[0])
        out, _ = build.communicate(timeout=10 * SECONDS)
        assert build.returncode == 0, out.decode()
    assert "features.candidates" in manifest.read(warehouse)
    assert unlike(small_warehouse, warehouse) == []
