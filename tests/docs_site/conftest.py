"""The catalogue of the small warehouse, as files."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys.docs_site.folder import write
from tests.browser import browser

__all__ = ["browser"]


@pytest.fixture(scope="session")
def folder(small_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("catalogue") / "pages"
    assert write(small_warehouse, out) == len(list(out.glob("*.html")))
    return out
