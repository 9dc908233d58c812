"""An import under way: what it works with, and the facts about the data that its steps have found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from recsys.sources.importing import feedback, times
from recsys.sources.importing.attributes import Attribute
from recsys.sources.importing.engine import Engine
from recsys.sources.importing.options import Options
from recsys.sources.importing.tables import Table

UNKNOWN = feedback.Kind("", "")


@dataclass(frozen=True)
class Job:
    """Hold the request and the tools of the steps.

    Parameters
    ----------
    options : Options
        The request.
    engine : Engine
        Runs the statements.
    folder : Path
        Folder to write, which has a folder ``scratch``.
    tell : callable
        ``tell(name)`` names the step that begins.
    notes : list of str
        Sentences about what was detected; steps append to it.
    """

    options: Options
    engine: Engine
    folder: Path
    tell: Callable[[str], None]
    notes: list[str] = field(default_factory=list)


@dataclass
class State:
    """Hold the facts about the data that the steps have found so far."""

    ratings: Table
    columns: dict[str, str | None]
    style: times.Style | None
    items: Table | None = None
    item_columns: dict[str, str | None] = field(default_factory=dict)
    attributes: list[Attribute] = field(default_factory=list)
    kind: feedback.Kind = UNKNOWN
    liked: float | None = None
    latest: float = 0.0
    merged: int = 0

    @property
    def has_numeric_times(self) -> bool:
        """Return whether times are numbers of seconds or parts of a second."""
        return self.style is not None and self.style.name == "number"
