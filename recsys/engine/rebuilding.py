"""Options to build a warehouse again, after its data changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from recsys.backends.database import Limits
from recsys.engine import manifest
from recsys.engine.options import Options
from recsys.project.files import parameters_file
from recsys.project.parameters import Parameters
from recsys.sources import parquet
from recsys.sources.remote import Remote

LEARNED = "lists.ease"  # a relation that every build with learned models has
RESCALED = ("liked.rating", "dataset.top_count")  # of counts: follow the data as they grow


def rebuild_options(data: Path | Remote, warehouse: Path, limits: Limits, sql: Path | None = None) -> Options:
    """Return the options of a build like the last one: learned models or not, and the same parameters.

    Parameters
    ----------
    data : Path or Remote
        Data directory.
    warehouse : Path
        What to build.
    limits : Limits
        Of the build.
    sql : Path, optional
        Folder of models. Default: those that ship with the program.

    Returns
    -------
    Options
    """
    metadata = parquet.metadata(data) if isinstance(data, Path) else {}
    found = Parameters.load(parameters_file(sql), (), parquet.parameters(metadata))
    current = {
        name: value
        for name, value in found.flat().items()
        if name not in RESCALED or metadata.get("top_count") is None
    }
    return Options(
        data,
        warehouse,
        sql=sql,
        overrides=tuple(different(current, manifest.parameters(warehouse))),
        sql_only=LEARNED not in manifest.read(warehouse),
        limits=limits,
    )


def different(current: Mapping[str, object], built: Mapping[str, str]) -> list[str]:
    """Return the overrides ``NAME=VALUE`` that give parameters the values of a build.

    Parameters
    ----------
    current : mapping
        Values without overrides, by dotted name.
    built : mapping of str to str
        Values of the build.
    """
    return [
        f"{name}={built[name]}"
        for name, value in current.items()
        if built.get(name, str(value)) != str(value)
    ]
