"""What a person asks of an import, and what it found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

DUPLICATES = ("refuse", "last", "mean")


@dataclass(frozen=True)
class Options:
    """What a person asked of an import; ``columns`` and ``item_columns`` name columns by what they hold."""

    files: Sequence[str]
    out: Path
    columns: Mapping[str, str] = field(default_factory=dict)
    items: str | None = None
    item_columns: Mapping[str, str] = field(default_factory=dict)
    separator: str | None = None
    scale: tuple[float, float] | None = None
    holdout: int = 3
    seed: int = 1
    duplicates: str = "refuse"
    force: bool = False
    threads: int = 2
    memory: str = "4GB"


@dataclass
class Result:
    """What an import found and wrote: the column of each thing, the scale, and counts."""

    columns: dict[str, str | None]
    item_columns: dict[str, str | None]
    scale: tuple[float, float]
    is_scale_given: bool
    counts: dict[str, int]
