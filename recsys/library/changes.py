"""Change warehouses and data: build, append, forget."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsys.backends.database import Limits
from recsys.engine.build import Options
from recsys.engine.build import build as run
from recsys.engine.forgetting import Forgotten, Request
from recsys.engine.forgetting import forget as remove
from recsys.engine.rebuilding import rebuild_options
from recsys.errors import UsageError
from recsys.library.paths import Pathlike
from recsys.library.warehouse import Warehouse, open
from recsys.serving.ids import Id
from recsys.serving.scalars import many_ids
from recsys.sources.remote import located

if TYPE_CHECKING:
    from recsys.engine.manifest import Record
    from recsys.engine.plan import Step
    from recsys.sources.appending.append import Appended


logger = logging.getLogger("recsys")


def build(
    data: Pathlike,
    warehouse: Pathlike,
    *,
    sql_only: bool = False,
    paper: bool = False,
    no_candidates: bool = False,
    parameters: Mapping[str, Any] | None = None,
    select: Iterable[str] = (),
    full_refresh: bool = False,
    tune: bool = False,
    threads: int | None = None,
    memory: str = "4GB",
    device: str = "auto",
    engine: str = "duckdb",
    spark_master: str | None = None,
    store: str | None = None,
    sql: Pathlike | None = None,
) -> Warehouse:
    """Build a warehouse from a data directory, running only the models that changed, and open it.

    The logger ``recsys`` reports each model (INFO) and models that had to be left out (WARNING).

    Parameters
    ----------
    data : str or path
        The data directory; with ``engine="spark"`` also a URL that Spark reads.
    warehouse : str or path
        The warehouse file to create or update.
    sql_only : bool, default False
        Whether to leave the learned models out.
    paper : bool, default False
        Whether to build the paper's models alone: those that ``parameters.toml`` lists under ``[published]``
        and not under ``[published_in]``.
    no_candidates : bool, default False
        Whether to build without a test file.
    parameters : mapping of str to Any, optional
        Values for ``sql/parameters.toml`` by dotted name, such as ``{"bayes.confidence": 25}``.
    select : iterable of str, optional
        Models to build: ``NAME``, ``+NAME`` with all it reads, ``NAME+`` with all that reads it.
        Default: all.
    full_refresh : bool, default False
        Whether to rebuild every model.
    threads : int, optional
        Default: the number of processors.
    memory : str, default "4GB"
        DuckDB's memory limit.
    device : str, default "auto"
        Device of the neural models: ``auto``, ``cpu`` or ``cuda``.
    engine : str, default "duckdb"
        ``duckdb``, or ``spark`` for a cluster.
    spark_master : str, optional
        URL of the Spark master, for ``engine="spark"``.
    store : str, optional
        Folder or ``file:`` URL of the cluster's relations. Default: next to the warehouse.
    sql : str or path, optional
        Folder of models. Default: the models that ship with the package.

    Returns
    -------
    Warehouse
        The built warehouse, open.

    Raises
    ------
    InputError
        The data break the format; the message names file, line and text.
    UsageError
        An argument cannot be used.
    BuildError
        A model failed. After any error the previous warehouse is unchanged.
    """
    options = Options(
        data=located(data),
        warehouse=Path(warehouse),
        sql=None if sql is None else Path(sql),
        overrides=tuple(f"{name}={_written(value)}" for name, value in (parameters or {}).items()),
        selected=tuple(select),
        sql_only=sql_only,
        paper=paper,
        no_candidates=no_candidates,
        full_refresh=full_refresh,
        tune=tune,
        limits=Limits.of(threads, memory),
        device=device,
        engine=engine,
        spark_master=spark_master,
        store=store,
    )
    run(options, _Log())
    return open(warehouse)


def append(
    rows: Any,
    *,
    data: Pathlike,
    warehouse: Pathlike | None = None,
    items: Any = None,
    threads: int | None = None,
    memory: str = "1GB",
    sql: Pathlike | None = None,
) -> Appended:
    """Add interactions to imported data and, without learning, to the warehouse that was built from them.

    The logger ``recsys`` gets the sentences that the command prints.

    Parameters
    ----------
    rows : str, path, data frame or list of these
        Files, patterns, data frames of pandas or polars, Arrow tables or DuckDB relations, with the columns
        of the import.
    data : str or path
        The data directory that ``import_ratings`` made.
    warehouse : str or path, optional
        The warehouse. The lists of users with new rows are made anew.
    items : str, path or data frame, optional
        New items, with the columns of the items file of the import.
    threads : int, optional
        Default: the number of processors.
    memory : str, default "1GB"
        DuckDB's memory limit.
    sql : str or path, optional
        Folder of models that the warehouse was built with. Default: the models that ship with the package.

    Returns
    -------
    Appended
        Numbers of rows that were added, replaced or left out, and of new users and items.

    Raises
    ------
    InputError
        A row cannot be used; the message names file, line and text.
    UsageError
        An argument cannot be used, or another process changes data or warehouse.
    BuildError
        The warehouse cannot be updated. After any error data and warehouse are unchanged.
    """
    from recsys.engine.appending import append as appending
    from recsys.serving.append_sentences import sentences

    options = appending.Options(
        files=[*rows] if isinstance(rows, (list, tuple)) else [rows],
        data=Path(data),
        warehouse=None if warehouse is None else Path(warehouse),
        items=items,
        sql=None if sql is None else Path(sql),
        limits=Limits.of(threads, memory),
    )
    if not options.files:
        raise UsageError("rows: expected a file or a data frame, found an empty list")
    result = appending.append(options)
    for sentence in sentences(options, result):
        logger.info("%s", sentence)
    return result.found


def forget(
    users: Id | Iterable[Id] = (),
    items: Id | Iterable[Id] = (),
    *,
    data: Pathlike,
    warehouse: Pathlike | None = None,
    rebuild: bool = False,
    threads: int | None = None,
    memory: str = "4GB",
) -> Forgotten:
    """Remove users and items from a data directory and a warehouse, with their ids and names.

    The files are written anew, so that no byte of an id or name stays in them. What models learned from the
    rows stays until the next build.

    Parameters
    ----------
    users, items : int, str or iterable
        Original ids.
    data : str or path
        Data directory that an import wrote.
    warehouse : str or path, optional
        The warehouse file. Default: change the data directory alone.
    rebuild : bool, default False
        Whether to build the warehouse at once.
    threads : int, optional
        Default: the number of processors.
    memory : str, default "4GB"
        DuckDB's memory limit.

    Returns
    -------
    Forgotten
        Numbers of users, items, ratings, relations and rows that were removed.

    Raises
    ------
    UnknownIdError
        A user or item is neither in the data nor in the warehouse; nothing changes.
    UsageError
        The data or the warehouse cannot be changed, or are in use; nothing changes.
    """
    if rebuild and warehouse is None:
        raise UsageError("rebuild=True: give the warehouse to build")
    request = Request(
        users=[str(one) for one in many_ids(users, "user")],
        items=[str(one) for one in many_ids(items, "item")],
        data=Path(data),
        warehouse=None if warehouse is None else Path(warehouse),
        limits=Limits.of(threads, memory),
    )
    found = remove(request)
    if rebuild and warehouse is not None:
        run(rebuild_options(request.data, Path(warehouse), request.limits), _Log())
    return found


def _written(value: Any) -> str:
    """Format a value as ``--set`` reads it."""
    return value if isinstance(value, str) else json.dumps(value)


class _Log:
    """Report a build to the logger ``recsys``."""

    def planned(self, steps: list[Step], dropped: list[str], seconds: Mapping[str, float]) -> None:
        """Ignore the plan."""

    def started(self, step: Step) -> None:
        """Ignore the start of a model."""

    def advanced(self, fraction: float, message: str = "") -> None:
        """Ignore progress."""

    def finished(self, step: Step, record: Record) -> None:
        """Log a finished model."""
        logger.info(
            "%s: %s rows, %.2f s (%s)", step.name, f"{record.row_count:,}", record.seconds, step.reason
        )

    def left_out(self, models: Sequence[str], reason: str) -> None:
        """Log models that were left out for one reason."""
        logger.warning("left out %s: %s", ", ".join(models), reason)
