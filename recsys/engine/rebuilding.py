"""Say how to build a warehouse again, after its data changed."""

from __future__ import annotations

from pathlib import Path

from recsys.backends.database import Limits
from recsys.engine import manifest
from recsys.engine.options import Options

LEARNED = "lists.ease"  # a relation that every build with learned models has


def rebuild_options(data: Path, warehouse: Path, limits: Limits) -> Options:
    """Return the options of a build of the kind that the warehouse had: with learned models or without.

    Parameters
    ----------
    data, warehouse : Path
        What to build.
    limits : Limits
        Of the build.

    Returns
    -------
    Options
    """
    return Options(data, warehouse, sql_only=LEARNED not in manifest.read(warehouse), limits=limits)
