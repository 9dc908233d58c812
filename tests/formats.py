"""The format of a warehouse: its relations and their columns, under a number that is raised when they change.

``tests/backends/formats`` has the list of the relations of the current format, and a small warehouse of each
earlier one. Where a relation changes that a release has had: store a warehouse of the old format, raise
`FORMAT_VERSION`, and write the list anew::

    python -m tests.formats --keep      # before the change: stores N.duckdb.xz
    python -m tests.formats             # after it: writes N.txt
"""

from __future__ import annotations

import lzma
import sys
import tempfile
from pathlib import Path

import duckdb

from recsys.backends.duckdb.connection import FORMAT_VERSION
from tests.conftest import SMALL
from tests.given import build_sql, write_directory

FOLDER = Path(__file__).parent / "backends" / "formats"
LISTED = """
    select table_schema || '.' || table_name || ': ' || string_agg(column_name, ', ' order by ordinal_position)
    from information_schema.columns where table_catalog = current_database()
    group by table_schema, table_name
    union all
    select if(schema_name = 'main', '', schema_name || '.') || function_name || '(' || array_to_string(parameters, ', ') || ')'
    from duckdb_functions() where function_type = 'table_macro' and not internal
    order by all"""


def relations(warehouse: Path) -> str:
    """Return a line for each relation and table macro of a warehouse."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return "".join(f"{line}\n" for (line,) in connection.execute(LISTED).fetchall())


def earlier() -> list[int]:
    """Return the numbers of the formats that a warehouse is stored of."""
    return sorted(int(path.name.split(".")[0]) for path in FOLDER.glob("*.duckdb.xz"))


def stored(number: int, folder: Path) -> Path:
    """Unpack the stored warehouse of a format."""
    warehouse = folder / f"format_{number}.duckdb"
    warehouse.write_bytes(lzma.decompress((FOLDER / f"{number}.duckdb.xz").read_bytes()))
    return warehouse


def main(words: list[str]) -> None:
    """Store a warehouse of this format, or write the list of its relations."""
    with tempfile.TemporaryDirectory() as folder:
        warehouse = Path(folder) / "w.duckdb"
        build_sql(write_directory(Path(folder) / "data", SMALL), warehouse)
        if words == ["--keep"]:
            packed = lzma.compress(warehouse.read_bytes(), preset=9)
            (FOLDER / f"{FORMAT_VERSION}.duckdb.xz").write_bytes(packed)
        else:
            (FOLDER / f"{FORMAT_VERSION}.txt").write_text(relations(warehouse), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
