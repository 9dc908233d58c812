"""The engines that run SQL: the common interface, DuckDB, and Spark."""
