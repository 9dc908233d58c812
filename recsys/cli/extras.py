"""Check for the optional packages that a command needs."""

from __future__ import annotations

import importlib.util

from recsys.errors import UsageError


def require_extra(extra: str, *packages: str) -> None:
    """Raise UsageError with the pip line if a package of an extra is missing."""
    absent = [package for package in packages if not importlib.util.find_spec(package)]
    if absent:
        raise UsageError(f"this needs {' and '.join(absent)}: pip install 'recsys[{extra}]'")
