"""A hierarchical music recommender in SQL, embedded in DuckDB."""

__version__ = "0.1.0"
