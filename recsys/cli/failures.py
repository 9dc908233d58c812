"""One line for failures of the machine and of the installation, in place of a traceback."""

from __future__ import annotations

import traceback
from pathlib import Path

PACKAGE = str(Path(__file__).resolve().parents[1])
IMPORTING = "<frozen importlib"
SITE = "site-packages"
OUT_OF_MEMORY = ("Out of Memory Error", "Cannot allocate memory", "failed to map segment", "bad_alloc")


def explained(error: BaseException) -> str | None:
    """Return one line about a failure that is not the program's; None for any other exception."""
    first_line = next(iter(str(error).strip().splitlines()), "") or type(error).__name__
    if isinstance(error, MemoryError) or any(text in str(error) for text in OUT_OF_MEMORY):
        return (
            "Error: not enough memory: close other programs, or give --threads or --memory a smaller value"
            f"{'' if isinstance(error, MemoryError) else f' ({first_line})'}"
        )
    package = broken_package(error) if isinstance(error, Exception) else None
    if package is not None:
        return f"Error: the package {package} does not load ({first_line}): install it again"
    return None


def broken_package(error: Exception) -> str | None:
    """Return the package that failed while this program imported it; None where nothing was imported."""
    files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    own = [place for place, file in enumerate(files) if file.startswith(PACKAGE)]
    beyond = files[own[-1] + 1 :] if own else []
    name = getattr(error, "name", None) if isinstance(error, ImportError) else None
    if not beyond:
        is_foreign = name is not None and name.split(".")[0] != "recsys"
        return name.split(".")[0] if name is not None and is_foreign else None
    if not beyond[0].startswith(IMPORTING):
        return None
    return next(filter(None, map(_package, beyond)), name)


def _package(file: str) -> str | None:
    """Return the package that a file of an installation belongs to."""
    parts = Path(file).parts
    if SITE not in parts:
        return None
    return parts[parts.index(SITE) + 1].removesuffix(".py")
