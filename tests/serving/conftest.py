"""Warehouses of the three generated data sets, each built once."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import cache
from tests.serving import imported


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Callable[[str], Path]:
    """The warehouse of a kind of feedback: stars, counts or likes."""
    made: dict[str, Path] = {}
    source = Path(imported.__file__).read_text()

    def make(kind: str, out: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            imported.build(Path(folder), kind, 7, out)

    def warehouse(kind: str) -> Path:
        if kind not in made:
            out = tmp_path_factory.mktemp("films") / f"{kind}.duckdb"
            made[kind] = cache.warehouse(
                pytestconfig, f"films-{kind}", f"{source} {kind}", lambda path: make(kind, path), out
            )
        return made[kind]

    return warehouse
