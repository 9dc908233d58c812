"""The two engines that a build can run on: one machine with DuckDB, or a cluster with Spark."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from recsys.backends.database import Database, Limits, Size
from recsys.backends.duckdb.database import Writer
from recsys.engine import manifest
from recsys.engine.manifest import Record
from recsys.engine.publish import Workplace
from recsys.errors import UsageError
from recsys.project.contract import Context

if TYPE_CHECKING:
    from recsys.backends.spark.store import Store

NAMES = ("duckdb", "spark")
INSTALL = "pip install 'recsys[spark]'"
GLOB = frozenset("*?[]{}\\")  # what Spark would take for a pattern in a path


class Engine(Protocol):
    """How a build opens its database, and which relations of the published warehouse it can go on from."""

    settings: dict[str, str]
    shared: Path | None
    """A scratch folder that workers on other machines reach, once it is open; None without workers."""

    def kept(self, warehouse: Path) -> dict[str, Record]: ...
    def open(self, workplace: Workplace, context: Context, records: Mapping[str, Record]) -> Database: ...


def engine(
    name: str, store: str | None, warehouse: Path, limits: Limits, build_id: str, size: Size
) -> Engine:
    """The engine of a build; UsageError for one whose packages are missing, or a store that is none."""
    if name == "duckdb":
        if store is not None:
            raise UsageError(f"--store {store}: expected with --engine spark, whose files it is for")
        return _Machine(limits, size)
    require_spark()
    from recsys.backends.spark.store import Store

    return _Cluster(Store.of(store, warehouse, build_id), limits, size)


def require_spark() -> None:
    """UsageError where the packages are missing that a cluster's driver needs."""
    try:
        import pyspark  # noqa: F401
        import sqlglot  # noqa: F401
    except ImportError as error:
        raise UsageError(f"--engine spark: not installed ({error}): {INSTALL}") from None


class _Machine:
    """DuckDB: everything is in the warehouse's file."""

    def __init__(self, limits: Limits, size: Size) -> None:
        self.limits, self.size = limits, size
        self.settings = {"engine": "duckdb"}
        self.shared: Path | None = None

    def kept(self, warehouse: Path) -> dict[str, Record]:
        settings, records = manifest.published(warehouse)
        return records if settings.get("engine", "duckdb") == "duckdb" else {}

    def open(self, workplace: Workplace, context: Context, records: Mapping[str, Record]) -> Database:
        return Writer(workplace.database, self.limits, workplace.spill, self.size.rows)


class _Cluster:
    """Spark: relations are in a store, and the warehouse's file says where."""

    def __init__(self, store: Store, limits: Limits, size: Size) -> None:
        self.store, self.limits, self.size = store, limits, size
        if GLOB & set(str(store.folder)):
            raise UsageError(
                f"{store.folder}: expected a path of a store without any of {' '.join(sorted(GLOB))}"
            )
        self.settings = {"engine": "spark", "store": str(store.folder)}
        self.shared: Path | None = store.scratch("")

    def kept(self, warehouse: Path) -> dict[str, Record]:
        """What was made on a cluster and whose files are in this store still."""
        settings, records = manifest.published(warehouse)
        if any(settings.get(name) != value for name, value in self.settings.items()):
            return {}
        return {
            name: one
            for name, one in records.items()
            if one.kind not in ("table", "view") or self._place(one).is_dir()
        }

    def _place(self, one: Record) -> Path:
        return self.store.place(one.name, one.build_id)

    def _in_use(self, warehouse: Path) -> list[Path] | None:
        """Folders that the published warehouse may read; None where there is one that cannot be asked."""
        found = manifest.read(warehouse)
        return [self._place(one) for one in found.values()] if found or not warehouse.exists() else None

    def open(self, workplace: Workplace, context: Context, records: Mapping[str, Record]) -> Database:
        from recsys.backends.spark.database import SparkDatabase

        kept = {name: self._place(one) for name, one in records.items() if one.kind in ("table", "view")}
        self.store.open(self._in_use(workplace.warehouse))
        writer = Writer(workplace.database, self.limits, workplace.spill)
        try:
            return SparkDatabase(writer, self.store, context, kept, self.size.rows)
        except BaseException:
            writer.close()
            self.store.discard()
            raise
