"""Define the errors that a command prints as one line, with the exit status of each."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


class Error(Exception):
    """End a command with a message instead of a traceback; exit status 1."""

    exit_status = 1


RecsysError = Error  # its name inside the package, where `Error` alone would say too little


class BuildError(Error):
    """Report a model that failed to render, to run or to satisfy its header."""


class UnavailableError(BuildError):
    """Report that a learner cannot run on this machine; the build continues without it."""


class UsageError(Error):
    """Report arguments, or files that they name, that cannot be used; exit status 2."""

    exit_status = 2


class BusyError(UsageError):
    """Report data or a warehouse that another process changes or reads: the same command works later."""


class WarehouseError(UsageError):
    """Report a warehouse that is missing, incomplete, or cannot be read."""


class ForeignFileError(WarehouseError):
    """Report another program's file, or a file in use, which a build never replaces."""


class DamagedFileError(WarehouseError):
    """Report a file that may be a damaged warehouse: a build replaces it only with ``--full-refresh``."""


class UnknownIdError(UsageError):
    """Report a user or item id that is not in the data."""


class InputError(Error):
    """Report a line of an input file that breaks the format; exit status 2.

    The message is one line: ``FILE:LINE: 'TEXT': expected EXPECTATION``.
    """

    exit_status = 2

    def __init__(self, path: str | Path, line: int | None, text: str | None, expected: str) -> None:
        self.path, self.line, self.text, self.expected = Path(path), line, text, expected
        where = str(path) if line is None else f"{path}:{line}"
        what = "" if text is None else f"{_shortened(text)!r}: "
        super().__init__(f"{where}: {what}expected {expected}")


def _shortened(text: str, limit: int = 80) -> str:
    """Shorten offending text, so that even a gigabyte-long line fits a message."""
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text):,} characters)"


def unknown(kind: str, given: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return "no such KIND" with the nearest known name; if none is near, ``otherwise`` or all names."""
    from difflib import get_close_matches  # imported here because only errors need it

    names = sorted(known)
    near = get_close_matches(given, names, n=1)
    hint = f"did you mean {' or '.join(near)}?" if near else otherwise or f"choose from {', '.join(names)}"
    return f"no such {kind}; {hint}"


def least_similarity(text: str) -> float:
    """Return the Jaro-Winkler similarity to a text from which an id or a name is offered instead.

    A wrong letter leaves two thirds of a text of two letters, and more than 0.8 of a longer one. A long name
    that has the letters of the text by chance is below 0.8.
    """
    return 0.65 if len(text) <= 2 else 0.8


def unwritable(path: object, error: Exception, remedy: str = "choose another file") -> UsageError:
    """Build the error for a file or folder that the system does not let us write."""
    reason = getattr(error, "strerror", None) or (str(error).splitlines() or [type(error).__name__])[0]
    return UsageError(f"{path}: cannot be written ({reason}); {remedy}")
