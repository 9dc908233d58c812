"""Remember between runs what a check of a text found, so that unchanged models are not parsed again.

One file in the user's cache folder, next to the compiled templates. A result is found by a digest of the
text, of the code that checks it and of the release of DuckDB, whose parser decides. Without a cache folder
nothing is remembered.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import json
import os
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from recsys.project.bytecode import cache_folder

MOST = 20_000  # results that are kept, the latest
RULES = ("single_query.py", "literal.py", "parsing.py", "templates.py")  # they find what is remembered


def remembered(kind: str, arguments: str, find: Callable[[], Any]) -> Any:
    """Return ``find()``, a JSON value, or what it returned in an earlier run for the same arguments.

    Parameters
    ----------
    kind : str
        Name of the check.
    arguments : str
        Everything that the result depends on, in addition to the code of `RULES`.
    find : callable
        Makes the result.
    """
    key = hashlib.sha256(f"{_rules()}\0{kind}\0{arguments}".encode()).hexdigest()[:32]
    known = _known()
    if key not in known:
        known[key] = find()
    return known[key]


@cache
def _rules() -> str:
    """Return a digest of the code and settings that decide, without the arguments."""
    texts = [Path(__file__).with_name(name).read_text(encoding="utf-8") for name in RULES]
    return hashlib.sha256("\0".join([version("duckdb"), *texts]).encode()).hexdigest()


@cache
def _known() -> dict[str, Any]:
    """Return the results of earlier runs; new ones are written when the program ends."""
    folder, found = cache_folder("checks"), dict[str, Any]()
    if folder is None:
        return found
    path = folder / "results.json"
    with contextlib.suppress(OSError, ValueError):
        found = dict(json.loads(path.read_text(encoding="utf-8")))
    atexit.register(_write, path, found, len(found))
    return found


def _write(path: Path, found: dict[str, Any], before: int) -> None:
    """Replace the file if there are new results; another process may do so at the same time."""
    if len(found) == before:
        return
    with contextlib.suppress(OSError):
        temporary = path.with_name(f"{path.name}.{os.getpid()}")
        temporary.write_text(json.dumps(dict(list(found.items())[-MOST:])), encoding="utf-8")
        temporary.replace(path)
