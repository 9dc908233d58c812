"""URLs of files that a cluster's workers read, and this machine does not."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True)
class Remote:
    """Name a file or a folder on a file system that Spark reads, such as ``s3a://bucket/data``."""

    url: str

    def __str__(self) -> str:
        """Return the URL."""
        return self.url

    def __truediv__(self, name: str) -> Remote:
        """Return the URL of a file in this folder."""
        return Remote(f"{self.url.rstrip('/')}/{name}")

    @property
    def name(self) -> str:
        """Return the last part of the URL."""
        return self.url.rstrip("/").rpartition("/")[2]


def located(given: str | os.PathLike[str]) -> Path | Remote:
    """Parse the location of data: a path or ``file:`` URL of this machine, or a remote URL.

    Parameters
    ----------
    given : str or path

    Returns
    -------
    Path or Remote
    """
    parts = urlsplit(str(given))
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    return Remote(str(given)) if parts.scheme and "://" in str(given) else Path(given)
