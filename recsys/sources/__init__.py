"""Read data directories: the Cup's text format and Parquet, submissions, and imports of other files."""
