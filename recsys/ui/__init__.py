"""The explorer: browse a warehouse, read-only."""
