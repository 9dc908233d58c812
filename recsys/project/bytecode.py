"""Cache compiled templates between runs: compiling takes longer than rendering.

The code is in the user's cache folder (``$XDG_CACHE_HOME/recsys/templates``, else ``~/.cache``), one file per
model name, as Python's ``__pycache__``. A file for another text, another release of Jinja or Python, or other
rules of `recsys.project.templates` is recompiled; if the folder is not writable, nothing is cached.
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


def cached_code(
    environment: jinja2.Environment, name: str, source: str, compile_it: Callable[[str], CodeType]
) -> CodeType:
    """Return the compiled code of a template, from the cache if it holds this text under this name.

    Parameters
    ----------
    environment : jinja2.Environment
        The template syntax.
    name : str
        Name of the model.
    source : str
        Text of the template.
    compile_it : callable
        Compiles the text on a cache miss.
    """
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
    """Return the cache of templates; None without a cache folder."""
    folder = cache_folder("templates")
    return jinja2.FileSystemBytecodeCache(str(folder), "%s.code") if folder else None


def cache_folder(name: str) -> Path | None:
    """Return a folder of the user's cache; None if it cannot be made or is writable by others."""
    with contextlib.suppress(OSError, RuntimeError):
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "recsys" / name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = folder.stat()
        if found.st_uid == os.getuid() and not found.st_mode & 0o022:
            return folder
    return None


@cache
def _rules() -> str:
    """Return a digest of everything but the text that determines compiled code."""
    rules = Path(__file__).with_name("templates.py").read_bytes()
    return f"{version('jinja2')} {hashlib.sha1(rules, usedforsecurity=False).hexdigest()}"
