"""A database with one relation, for the tests of both engines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from recsys.backends.database import Limits
from recsys.backends.duckdb.database import Writer
from tests.backends.numbers import ROWS


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    writer = Writer(tmp_path / "w.duckdb", Limits(2, "500MB"), tmp_path / "spill")
    writer.prepare(["features"])
    writer.create(
        "features.numbers", "table", f"select {ROWS} - n as n, n * 0.5 as half from range({ROWS}) as t(n)"
    )
    yield writer
    writer.close()
