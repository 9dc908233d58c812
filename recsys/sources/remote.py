"""Files that the workers of a cluster read and this machine does not, by their URLs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True)
class Remote:
    """A file or a folder on a file system that Spark reads, such as ``s3a://bucket/data``."""

    url: str

    def __str__(self) -> str:
        return self.url

    def __truediv__(self, name: str) -> Remote:
        return Remote(f"{self.url.rstrip('/')}/{name}")

    @property
    def name(self) -> str:
        return self.url.rstrip("/").rpartition("/")[2]


def located(given: str | os.PathLike[str]) -> Path | Remote:
    """What a person names as a place of data: a path or a ``file:`` URL of this machine, or another URL."""
    parts = urlsplit(str(given))
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    return Remote(str(given)) if parts.scheme and "://" in str(given) else Path(given)
