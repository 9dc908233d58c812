"""Settings of learners: sections of ``sql/parameters.toml`` as frozen dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from recsys.errors import UsageError
from recsys.project.contract import Context

Settings = TypeVar("Settings")


def parse(kind: type[Settings], section: Mapping[str, Any]) -> Settings:
    """Convert a section of the parameters to a settings dataclass.

    Parameters
    ----------
    kind : type
        A dataclass whose fields are the known keys.
    section : mapping
        Keys and values of the section.

    Returns
    -------
    kind

    Raises
    ------
    UsageError
        A key is unknown or missing.
    """
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    if unknown := sorted(section.keys() - known):
        raise UsageError(f"unknown parameter {unknown[0]!r}: expected one of {', '.join(sorted(known))}")
    try:
        return kind(**section)
    except TypeError as error:
        raise UsageError(f"parameters of {kind.__name__}: {error}") from error


def solver(chosen: str, context: Context) -> str:
    """Resolve 'auto' to a solver: 'spark' where there is a cluster, else 'local'.

    Parameters
    ----------
    chosen : {'local', 'spark', 'auto'}
    context : Context

    Returns
    -------
    {'local', 'spark'}
    """
    has_cluster = context.has_frames or not (context.spark_master or "local").startswith("local")
    return chosen if chosen != "auto" else "spark" if has_cluster else "local"
