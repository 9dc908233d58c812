"""The errors that a person is told of in one line, and the exit status each ends in."""

from __future__ import annotations

from pathlib import Path


class Error(Exception):
    """Anything that ends a command with a message instead of a traceback; exit status 1."""

    exit_status = 1


RecsysError = Error  # its name inside the package, where `Error` alone would say too little


class BuildError(Error):
    """A model failed to render, to run or to keep its promises."""


class UnavailableError(BuildError):
    """A learner cannot run on this machine; the build goes on without it and says so."""


class UsageError(Error):
    """The arguments, or what they point to, cannot be used; exit status 2."""

    exit_status = 2


class ForeignFileError(UsageError):
    """A file in the place of the warehouse is none of ours, or is in use: no build replaces it."""


class DamagedFileError(UsageError):
    """A file may have been a warehouse and cannot be opened: a build replaces it if it is told to."""


class UnknownIdError(UsageError):
    """No file knows the user or the track that was asked for."""


class InputError(Error):
    """A line of an input file breaks the format; exit status 2.

    The message is one line: ``FILE:LINE: 'TEXT': expected EXPECTATION``.
    """

    exit_status = 2

    def __init__(self, path: str | Path, line: int | None, text: str | None, expected: str) -> None:
        self.path, self.line, self.text, self.expected = Path(path), line, text, expected
        where = str(path) if line is None else f"{path}:{line}"
        what = "" if text is None else f"{_shortened(text)!r}: "
        super().__init__(f"{where}: {what}expected {expected}")


def _shortened(text: str, limit: int = 80) -> str:
    """The offending text, cut so that a line of a gigabyte still makes a line of a message."""
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text):,} characters)"
