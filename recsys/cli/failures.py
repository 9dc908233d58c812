"""One line for failures of the machine and of the installation, in place of a traceback."""

from __future__ import annotations

import traceback
from pathlib import Path

PACKAGE = str(Path(__file__).resolve().parents[1])
SITE = "site-packages"
OUT_OF_MEMORY = (
    *("Out of Memory Error", "Cannot allocate memory", "failed to map segment", "bad_alloc"),
    "can't start new thread",
)


def explained(error: BaseException) -> str | None:
    """Return one line about a failure that is not the program's; None for any other exception."""
    first_line = next(iter(str(error).strip().splitlines()), "") or type(error).__name__
    if isinstance(error, MemoryError) or any(text in str(error) for text in OUT_OF_MEMORY):
        return (
            "not enough memory; close other programs, or lower --threads or --memory"
            f"{'' if isinstance(error, MemoryError) else f' ({first_line})'}"
        )
    package = broken_package(error) if isinstance(error, Exception) else None
    if package is not None:
        return f"the package {package} does not load ({first_line}); install it again"
    return None


def broken_package(error: Exception) -> str | None:
    """Return the package that failed while this program imported it; None where nothing was imported."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [place for place, frame in enumerate(frames) if frame.filename.startswith(PACKAGE)]
    statement = (frames[own[-1]].line or "").split() if own else []
    if statement[:1] not in (["import"], ["from"]):
        return None
    files = [frame.filename for frame in frames[own[-1] + 1 :]]
    if isinstance(error, SyntaxError) and error.filename:
        files.append(error.filename)
    found = next(filter(None, map(_package, files)), statement[1].split(".")[0])
    return None if found == Path(PACKAGE).name else found


def _package(file: str) -> str | None:
    """Return the package that a file of an installation belongs to."""
    parts = Path(file).parts
    if SITE not in parts:
        return None
    return parts[parts.index(SITE) + 1].removesuffix(".py")
