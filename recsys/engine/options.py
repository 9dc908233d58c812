"""Define what a build is asked to do, whom it reports to, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from recsys.backends.database import Limits
from recsys.engine.manifest import Record
from recsys.engine.plan import Step
from recsys.sources.remote import Remote


@dataclass(frozen=True)
class Options:
    """Hold the options of a build; `recsys.library.build` describes them."""

    data: Path | Remote
    warehouse: Path
    sql: Path | None = None
    overrides: tuple[str, ...] = ()
    selected: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    sql_only: bool = False
    paper: bool = False
    no_candidates: bool = False
    full_refresh: bool = False
    tune: bool = False
    plan_only: bool = False
    limits: Limits = field(default_factory=Limits)
    device: str = "auto"
    engine: str = "duckdb"
    spark_master: str | None = None
    store: str | None = None


class Reporter(Protocol):
    """Show the progress of a build to the user."""

    def planned(self, steps: list[Step], dropped: list[str], seconds: Mapping[str, float]) -> None:
        """Report the plan, the relations that it drops, and the seconds expected of each model."""

    def started(self, step: Step) -> None:
        """Report that a model starts."""

    def advanced(self, fraction: float, message: str = "") -> None:
        """Report the finished share (0..1) of what is running."""

    def finished(self, step: Step, record: Record) -> None:
        """Report that a model finished."""

    def left_out(self, models: Sequence[str], reason: str) -> None:
        """Report models that are left out for one reason."""


@dataclass(frozen=True)
class Result:
    """Hold the outcome of a build: models that ran, models that were kept, models left out with reasons.

    ``stale`` are relations that were not selected although a full build would rebuild them.
    """

    ran: tuple[str, ...]
    kept: tuple[str, ...]
    stale: tuple[str, ...]
    left_out: Mapping[str, str]
    seconds: float
