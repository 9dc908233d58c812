"""Settings of the learners: sections of ``sql/parameters.toml`` as frozen dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from recsys.errors import UsageError
from recsys.project.contract import Context

Settings = TypeVar("Settings")


def parse(kind: type[Settings], section: Mapping[str, Any]) -> Settings:
    """A section as ``kind``; UsageError names a key that ``kind`` does not know or misses."""
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    if unknown := sorted(section.keys() - known):
        raise UsageError(f"unknown parameter {unknown[0]!r}: expected one of {', '.join(sorted(known))}")
    try:
        return kind(**section)
    except TypeError as error:
        raise UsageError(f"parameters of {kind.__name__}: {error}") from error


def solver(chosen: str, context: Context) -> str:
    """``local`` for this process, or ``spark``, which ``auto`` means where there is a cluster."""
    has_cluster = context.has_frames or not (context.spark_master or "local").startswith("local")
    return chosen if chosen != "auto" else "spark" if has_cluster else "local"
