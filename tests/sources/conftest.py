"""What tests of several sources read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.parquet import converted


@pytest.fixture(scope="module")
def small_parquet(small_warehouse, tmp_path_factory) -> Path:
    """The small data directory as files of Parquet."""
    return converted(small_warehouse, tmp_path_factory.mktemp("parquet") / "data")
