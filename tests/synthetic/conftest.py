"""Demo data sets that the tests read and must not change."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys.synthetic import generate
from recsys.synthetic.reading import DataSet, read


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("synthetic") / "tiny"
    generate(directory, "tiny", seed=1)
    return directory


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("synthetic") / "small"
    generate(directory, "small", seed=1)
    return directory


@pytest.fixture(scope="session")
def small_set(small: Path) -> DataSet:
    return read(small)
