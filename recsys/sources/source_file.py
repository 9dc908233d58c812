"""An input file of a data directory, and how its bytes are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recsys.errors import InputError
from recsys.sources.remote import Remote

CHUNK = 1 << 22  # bytes read at a time


@dataclass(frozen=True)
class SourceFile:
    """Describe an input file.

    Attributes
    ----------
    name : str
        Source name, such as 'tracks'.
    path : Path or Remote
    digest : str
        SHA-256 of its bytes.
    byte_count : int
    line_count : int
        Line feeds, or rows of Parquet.
    """

    name: str
    path: Path | Remote
    digest: str
    byte_count: int
    line_count: int

    @property
    def local(self) -> Path:
        """Return the path on this machine; raise TypeError for a remote file."""
        if isinstance(self.path, Remote):
            raise TypeError(f"{self.path} is not a file of this machine")
        return self.path


def read_chunks(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file in pieces; raise InputError if it cannot be read."""
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except OSError as error:
        raise InputError(path, None, None, f"a readable file: {error.strerror}") from None
