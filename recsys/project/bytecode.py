"""Templates as Python code, kept from one run to the next: compiling them takes longer than what they print.

The code lies in the user's cache folder (``$XDG_CACHE_HOME/recsys/templates``, else ``~/.cache``), one file
for each name of a model, as Python keeps its own in ``__pycache__``. A file of another text, of another
release of Jinja or Python or of other rules of `recsys.project.templates` is compiled anew; where nothing can
be written, nothing is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import CodeType

import jinja2


def kept(
    environment: jinja2.Environment, name: str, source: str, compile_it: Callable[[str], CodeType]
) -> CodeType:
    """The code of a template: what an earlier run kept under this name, if it was of this text."""
    store = _store()
    if store is None:
        return compile_it(source)
    bucket = store.get_bucket(environment, f"{_rules()} {name}", None, source)
    if bucket.code is None:
        bucket.code = compile_it(source)
        with contextlib.suppress(OSError):
            store.set_bucket(bucket)
    return bucket.code


@cache
def _store() -> jinja2.FileSystemBytecodeCache | None:
    """The user's folder, which nobody else may write to; None where it cannot be had."""
    with contextlib.suppress(OSError, RuntimeError):
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "recsys" / "templates"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = folder.stat()
        if found.st_uid == os.getuid() and not found.st_mode & 0o022:
            return jinja2.FileSystemBytecodeCache(str(folder), "%s.code")
    return None


@cache
def _rules() -> str:
    """What else decides on the code of a text."""
    rules = Path(__file__).with_name("templates.py").read_bytes()
    return f"{version('jinja2')} {hashlib.sha1(rules, usedforsecurity=False).hexdigest()}"
