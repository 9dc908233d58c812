"""Builds what a project describes; `recsys.engine.duckdb` alone opens DuckDB."""
