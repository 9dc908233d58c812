"""Define the two engines of a build: DuckDB on one machine, or Spark on a cluster."""

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
GLOB = frozenset("*?[]{}\\")  # characters that Spark treats as a glob


class Engine(Protocol):
    """Open the database of a build, and say which published relations it can reuse."""

    settings: dict[str, str]
    shared: Path | None
    """A scratch folder that workers on other machines reach, once it is open; None without workers."""

    def kept(self, warehouse: Path) -> dict[str, Record]:
        """Return the records of the published relations that this engine can reuse."""

    def open(self, workplace: Workplace, context: Context, records: Mapping[str, Record]) -> Database:
        """Open the database of the build."""


def engine(
    name: str, store: str | None, warehouse: Path, limits: Limits, build_id: str, size: Size
) -> Engine:
    """Return the engine of a build; raise UsageError if packages are missing or the store is invalid."""
    if name == "duckdb":
        if store is not None:
            raise UsageError(f"--store {store}: only for --engine spark; add it, or leave --store out")
        return _Machine(limits, size)
    require_spark()
    from recsys.backends.spark.store import Store

    return _Cluster(Store.of(store, warehouse, build_id), limits, size)


def require_spark() -> None:
    """Raise UsageError if the packages of a cluster's driver are missing."""
    try:
        import pyspark  # noqa: F401
        import sqlglot  # noqa: F401
    except ImportError as error:
        raise UsageError(f"--engine spark: not installed ({error}); {INSTALL}") from None


class _Machine:
    """Build with DuckDB: everything is in the warehouse file."""

    def __init__(self, limits: Limits, size: Size) -> None:
        self.limits, self.size = limits, size
        self.settings = {"engine": "duckdb"}
        self.shared: Path | None = None

    def kept(self, warehouse: Path) -> dict[str, Record]:
        """Return the records of a warehouse that DuckDB built."""
        settings, records = manifest.published(warehouse)
        return records if settings.get("engine", "duckdb") == "duckdb" else {}

    def open(self, workplace: Workplace, context: Context, records: Mapping[str, Record]) -> Database:
        """Open the private database."""
        return Writer(workplace.database, self.limits, workplace.spill, self.size.rows)


class _Cluster:
    """Build with Spark: relations are in a store, and the warehouse file says where."""

    def __init__(self, store: Store, limits: Limits, size: Size) -> None:
        self.store, self.limits, self.size = store, limits, size
        if GLOB & set(str(store.folder)):
            raise UsageError(
                f"{store.folder}: the path of a store must have none of {' '.join(sorted(GLOB))}; "
                "choose another --store"
            )
        self.settings = {"engine": "spark", "store": str(store.folder)}
        self.shared: Path | None = store.scratch("")

    def kept(self, warehouse: Path) -> dict[str, Record]:
        """Return the records of relations made on a cluster whose files are still in this store."""
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
        """Return folders that the published warehouse may read; None if it exists but cannot be read."""
        found = manifest.read(warehouse)
        return [self._place(one) for one in found.values()] if found or not warehouse.exists() else None

    def open(self, workplace: Workplace, context: Context, records: Mapping[str, Record]) -> Database:
        """Open the store and the private database."""
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
