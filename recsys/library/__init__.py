"""Build and query warehouses from a program or a notebook.

Every result is a `duckdb.DuckDBPyRelation`. It is computed when it is read, with ``.df()``, ``.pl()``,
``.to_arrow_table()``, ``.fetchall()``, ``.show()`` or ``.write_parquet()``; the last streams, so that a
result of any size fits. A relation is valid while its warehouse is open.
"""

from recsys.library.changes import append, build, forget
from recsys.library.warehouse import Warehouse, open

__all__ = ["Warehouse", "append", "build", "forget", "open"]
