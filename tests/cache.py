"""Cache built warehouses between test runs, by a hash of all that they are made from."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).parents[1]
NO_PART_OF_A_BUILD = {"cli", "docs_site", "report", "serving", "ui"}  # packages of recsys


def warehouse(
    config: pytest.Config, name: str, made_from: str, make: Callable[[Path], object], out: Path
) -> Path:
    """Copy a warehouse from the cache to a file; build it first if the cache has none of this code.

    Parameters
    ----------
    config : pytest.Config
        Knows the folder of the cache; without pytest's cache the warehouse is always built.
    name : str
        What the warehouse is called in the cache.
    made_from : str
        The input of the build; the code is always part of the hash.
    make : callable
        Builds the warehouse at a path.
    out : Path
        The file to write.
    """
    if getattr(config, "cache", None) is None:
        make(out)
        return out
    folder = Path(config.cache.mkdir("warehouses"))
    digest = hashlib.sha256(f"{_code()} {made_from}".encode()).hexdigest()[:16]
    kept = folder / f"{name}-{digest}.duckdb"
    if not kept.is_file():
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            make(Path(scratch) / kept.name)
            (Path(scratch) / kept.name).replace(kept)
        for old in set(folder.glob(f"{name}-*.duckdb")) - {kept}:
            old.unlink(missing_ok=True)
    return Path(shutil.copy(kept, out))


@cache
def _code() -> str:
    """Return a hash of ``sql/``, of the Python code that builds, and of the engine's version."""
    digest = hashlib.sha256(f"{sys.version} {duckdb.__version__}".encode())
    for path in sorted(_files()):
        digest.update(f"{path.relative_to(ROOT)} {path.stat().st_size} ".encode() + path.read_bytes())
    return digest.hexdigest()


def _files() -> Iterator[Path]:
    yield from (path for path in (ROOT / "sql").rglob("*") if path.is_file())
    for path in (ROOT / "recsys").rglob("*.py"):
        if path.relative_to(ROOT / "recsys").parts[0] not in NO_PART_OF_A_BUILD:
            yield path
