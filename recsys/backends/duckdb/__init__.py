"""DuckDB: connections to warehouses, and the private database of a build."""
